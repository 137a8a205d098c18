import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joined, lengthOf, type Span, within, without } from './ranges.ts';

const span = fc
  .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 8 }))
  .map(([from, length]): Span => ({ from, to: from + length }));
const spans = fc.array(span, { maxLength: 6 });
const numbersOf = (list: readonly Span[]): Set<number> =>
  new Set(list.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i)));
const sorted = (set: Set<number>) => [...set].sort((a, b) => a - b);

test('joined, without and within are what they are of sets, in order and apart', () => {
  fc.assert(
    fc.property(spans, spans, (some, others) => {
      const [a, b] = [joined(some), joined(others)];
      const [left, right] = [numbersOf(some), numbersOf(others)];
      for (const [list, numbers] of [
        [a, left],
        [without(a, b), left.difference(right)],
        [within(a, b), left.intersection(right)],
      ] as const) {
        expect(sorted(numbersOf(list))).toEqual(sorted(numbers));
        expect(lengthOf(list)).toBe(numbers.size);
        for (const [at, { from, to }] of list.entries()) {
          expect(from).toBeLessThan(to);
          if (at > 0) expect(from).toBeGreaterThanOrEqual(list[at - 1]!.to);
        }
      }
    }),
  );
});
