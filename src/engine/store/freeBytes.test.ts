import { expect, test } from 'vitest';
import { freeBytes } from './freeBytes.ts';

test('memory of its own is given back, memory that others share is left alone', () => {
  const own = new Uint8Array(new ArrayBuffer(64 * 1024)).fill(1);
  freeBytes(own);
  expect(own.length).toBe(0);
  const whole = new Uint8Array(new ArrayBuffer(100)).fill(2);
  freeBytes(whole.subarray(10));
  freeBytes(whole.subarray(0, 50));
  expect(whole).toEqual(new Uint8Array(100).fill(2));
  const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(3);
  freeBytes(shared);
  expect(shared.length).toBe(8);
});
