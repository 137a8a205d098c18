import { expect, test } from 'vitest';
import { MAX_SCROLL_PX, rowForKey, scaleOf, windowAt } from './virtual.ts';

test('the visible rows of a short list', () => {
  expect(windowAt(0, 280, 1000, 28, 0)).toEqual({ first: 0, last: 10, top: 0 });
  expect(windowAt(290, 280, 1000, 28, 0)).toEqual({ first: 10, last: 21, top: -10 });
  expect(windowAt(0, 280, 0, 28)).toEqual({ first: 0, last: -1, top: 0 });
});

test('ten million rows: the ends of the scroll range are the ends of the list', () => {
  const scale = scaleOf(10_000_000, 28, 800);
  expect(scale.scaled).toBe(true);
  expect(scale.height).toBe(MAX_SCROLL_PX);
  expect(scale.toOffset(0)).toBe(0);
  const end = windowAt(scale.toOffset(MAX_SCROLL_PX - 800), 800, 10_000_000, 28, 0);
  expect(end.last).toBe(9_999_999);
  expect(scale.toOffset(scale.toScrollTop(123_456_789))).toBeCloseTo(123_456_789, 3);
});

test('a list that fits is not scaled', () => {
  const scale = scaleOf(1000, 28, 800);
  expect(scale).toMatchObject({ scaled: false, height: 28_000, fullRange: 27_200 });
  expect(scale.toOffset(500)).toBe(500);
  expect(scaleOf(3, 28, 800).toOffset(0)).toBe(0);
});

test('keys of a list', () => {
  expect(rowForKey('ArrowDown', 9, 10, 5)).toBe(9);
  expect(rowForKey('PageUp', 3, 10, 5)).toBe(0);
  expect(rowForKey('End', 3, 10, 5)).toBe(9);
  expect(rowForKey('a', 3, 10, 5)).toBeNull();
  expect(rowForKey('Home', 0, 0, 5)).toBeNull();
});
