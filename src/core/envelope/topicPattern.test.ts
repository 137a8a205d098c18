import { expect, test } from 'vitest';
import { closestPattern, fitsPattern } from './topicPattern.ts';

test('a star stands for any part of a name', () => {
  expect(fitsPattern('orders', 'orders')).toBe(true);
  expect(fitsPattern('orders', 'orders.eu')).toBe(false);
  expect(fitsPattern('orders.*', 'orders.eu')).toBe(true);
  expect(fitsPattern('orders.*', 'orders.')).toBe(true);
  expect(fitsPattern('*.events', 'a.b.events')).toBe(true);
  expect(fitsPattern('a*b*c', 'a-b-c')).toBe(true);
  expect(fitsPattern('a*b*c', 'a-c-b')).toBe(false);
  expect(fitsPattern('ab*ba', 'aba')).toBe(false);
  expect(fitsPattern('a*a*a', 'aa')).toBe(false);
  expect(fitsPattern('*', '')).toBe(true);
  expect(fitsPattern('a.c', 'abc')).toBe(false);
});

test('the pattern that writes out the most of a name is the closest', () => {
  const all = ['*', 'orders.*', 'orders.eu', 'other'].map((pattern) => ({ pattern }));
  expect(closestPattern(all, 'orders.eu')).toEqual({ pattern: 'orders.eu' });
  expect(closestPattern(all, 'orders.us')).toEqual({ pattern: 'orders.*' });
  expect(closestPattern(all, 'x')).toEqual({ pattern: '*' });
  expect(closestPattern([{ pattern: 'y' }], 'x')).toBeNull();
});
