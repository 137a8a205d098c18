import { expect, test } from 'vitest';
import { RowElements } from './rowElements.ts';

const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

test('a row keeps its element as long as it is on the screen', () => {
  const elements = new RowElements();
  let before = new Map<number, number>();
  for (const first of [0, 1, 2, 5, 4, 9, 12, 11, 3]) {
    const rows = range(first, first + 9);
    const elementOf = elements.at(first, first + 9);
    const now = new Map(rows.map((row) => [row, elementOf(row)]));
    expect(new Set(now.values()).size).toBe(rows.length);
    for (const [row, element] of before) if (now.has(row)) expect(now.get(row)).toBe(element);
    before = now;
  }
});

test('after a jump the elements stand in the order in which they stood', () => {
  const elements = new RowElements();
  const order = (first: number) => range(first, first + 9).map(elements.at(first, first + 9));
  order(0);
  const before = order(7);
  expect(order(500_003)).toEqual(before);
  expect(order(31)).toEqual(before);
});

test('fewer rows at the end, more when the window grows', () => {
  const elements = new RowElements();
  for (const [first, last] of [
    [0, 9],
    [95, 99],
    [90, 99],
    [0, 24],
    [10, 34],
  ] as const) {
    const rows = range(first, last).map(elements.at(first, last));
    expect(new Set(rows).size).toBe(last - first + 1);
    expect(Math.min(...rows)).toBeGreaterThanOrEqual(0);
  }
});
