import { describe, expect, it } from 'vitest';
import { choiceOf, choiceText, drawn, firstChoice } from './chartPoints.ts';

const columns = [
  { name: 'day', type: null },
  { name: 'kind', type: null },
  { name: 'sum', type: 'decimal' },
];
const rows = [
  ['2025-06-02', 'a', { decimal: '9007199254740993.50' }],
  ['2025-06-01', 'b', { decimal: '1.00' }],
  [null, 'c', { decimal: '2.00' }],
  ['2025-06-03', 'd', null],
];

describe('a result as a chart', () => {
  it('begins with the last column of numbers over the first column', () => {
    expect(firstChoice(columns, rows)).toEqual({ kind: 'line', x: 0, y: 2 });
    expect(firstChoice(columns.slice(0, 2), rows)).toBeNull();
    expect(firstChoice([columns[2]!], [[{ decimal: '1' }]])).toEqual({ kind: 'bar', x: 0, y: 0 });
  });

  it('keeps exact values beside the drawn ones, sorts a line, and counts what has no value', () => {
    const { axis, points, without, beyond } = drawn(columns, rows, { kind: 'line', x: 0, y: 2 });
    expect(axis).toBe('times');
    expect(points.map(({ yText }) => yText.replaceAll('\u202f', ''))).toEqual([
      '1.00',
      '9007199254740993.50',
    ]);
    expect(points[0]!.x).toBe(Date.parse('2025-06-01T00:00:00Z'));
    expect([without, beyond]).toEqual([2, 0]);
  });

  it('says how many rows are beyond what is drawn', () => {
    const many = Array.from({ length: 500 }, (_, n) => [String(n), n]);
    const picture = drawn([columns[1]!, { name: 'n', type: null }], many, { kind: 'bar', x: 0, y: 1 });
    expect([picture.points.length, picture.beyond]).toEqual([400, 100]);
  });

  it('is kept by the names of columns', () => {
    const text = choiceText({ kind: 'bar', x: 1, y: 2 }, columns);
    expect(choiceOf(text, columns)).toEqual({ kind: 'bar', x: 1, y: 2 });
    expect(choiceOf(text, columns.slice(0, 2))).toBeNull();
    expect(choiceOf('{', columns)).toBeNull();
  });
});
