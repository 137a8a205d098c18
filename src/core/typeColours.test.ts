import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coloursOfTypes } from './typeColours.ts';

const together = (...groups: number[][]) => groups.map((group) => new Map(group.map((type) => [type, 1])));

describe('coloursOfTypes', () => {
  it('gives types that are seen together different colours, wherever they stand in the order', () => {
    const colours = coloursOfTypes([1, 2, 3, 4, 5, 6], together([1, 4, 5], [2, 3, 6]), 3);
    expect(new Set([colours[0], colours[3], colours[4]]).size).toBe(3);
    expect(new Set([colours[1], colours[2], colours[5]]).size).toBe(3);
  });

  it('spreads types that are seen alone, and shares the colour of the rarest when there are too few', () => {
    expect(coloursOfTypes([1, 2, 3, 4], [], 3)).toEqual([0, 1, 2, 0]);
    const often = [
      new Map([
        [1, 900],
        [2, 5],
        [3, 100],
        [4, 800],
      ]),
    ];
    expect(coloursOfTypes([1, 2, 3, 4], often, 3)[3]).toBe(1);
  });

  it('never changes a colour because of a type that comes later', () => {
    const groups = fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 30 })), { maxLength: 6 });
    fc.assert(
      fc.property(
        groups,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 9 }),
        (all, count, palette) => {
          const types = Array.from({ length: 30 }, (_, at) => at + 1);
          const whole = coloursOfTypes(types, together(...all), palette);
          expect(coloursOfTypes(types.slice(0, count), together(...all), palette)).toEqual(
            whole.slice(0, count),
          );
          for (const colour of whole) expect(colour).toBeLessThan(palette);
        },
      ),
    );
  });
});
