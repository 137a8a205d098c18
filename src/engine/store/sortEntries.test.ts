import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sortEntries } from './sortEntries.ts';

test('entries in the order of their rows come out as all 64 bits sort', () => {
  const code = fc.oneof(fc.nat(3), fc.bigInt(0n, 2n ** 44n - 1n).map(Number));
  fc.assert(
    fc.property(fc.array(code, { maxLength: 500 }), (codes) => {
      const entries = BigUint64Array.from(codes, (each, row) => (BigInt(each) << 20n) | BigInt(row));
      const wanted = entries.slice().sort();
      const sorted = sortEntries(new Uint32Array(entries.buffer));
      expect(new BigUint64Array(sorted.buffer)).toEqual(wanted);
    }),
  );
});
