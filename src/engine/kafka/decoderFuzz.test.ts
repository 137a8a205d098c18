import { expect, test } from 'vitest';
import { fuzzDecoder } from '../../../test/kafka/decoderFuzz.ts';

test('20,000 altered record sets: no crash, and no wrong answer without a mark', { timeout: 120_000 }, () => {
  const figures = fuzzDecoder(20_000, 'unit');
  // That both happened shows that the alterations reach the decoder's insides and not only its checksum.
  expect(figures.marked).toBeGreaterThan(5_000);
  expect(figures.agreed).toBeGreaterThan(500);
  expect(figures.refused).toBeGreaterThan(500);
});
