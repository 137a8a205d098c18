import { expect, test } from 'vitest';
import { KeyNumbers } from './keyNumbers.ts';

const encoder = new TextEncoder();

test('a key is asked about once, and stays known when its bytes are written over', () => {
  const asked: string[] = [];
  const numbers = new KeyNumbers((key) => asked.push(key));
  const bytes = Buffer.from('"balance":"stock":"größe":""');
  const at = (key: string): number => {
    const start = bytes.indexOf(key);
    return numbers.numberOf(bytes, start, start + encoder.encode(key).length);
  };
  expect([at('balance'), at('stock'), at('größe'), at('balance')]).toEqual([1, 2, 3, 1]);
  bytes.write('"largest":"cents":"balance":"" ');
  expect([at('largest'), at('cents'), at('balance')]).toEqual([4, 5, 1]);
  expect(numbers.numberOf(bytes, 1, 1)).toBe(6);
  expect(asked).toEqual(['balance', 'stock', 'größe', 'largest', 'cents', '']);
});
