import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addExact,
  addText,
  exactNumber,
  numberText,
  readSmallDecimal,
  subtractExact,
  subtractText,
} from './numbers.ts';

const decimal = fc.oneof(
  fc.stringMatching(/^-?(?:0|[1-9]\d{0,5})(?:\.\d{1,9})?$/),
  fc.stringMatching(/^-?(?:0|[1-9]\d{0,18})(?:\.\d{1,12})?$/),
  fc.constantFrom('-0', '0', '-0.0', '-0.00', '0.0000001', '0.00001', '0.000012', '0.00005'),
);
const placesOf = (text: string) => text.split('.')[1]?.length ?? 0;

describe('numbers from text', () => {
  it('are JavaScript numbers exactly where they print the same text', () => {
    fc.assert(
      fc.property(decimal, (text) => {
        const number = exactNumber(text);
        expect(numberText(number)).toBe(text);
        expect(typeof number === 'number').toBe(String(Number(text)) === text);
      }),
      { numRuns: 3000 },
    );
  });

  it('are added as big.js adds them, by the short way too', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const places = Math.max(placesOf(a), placesOf(b));
        expect(addText(a, b)).toBe(new Big(a).plus(b).toFixed(places));
        expect(subtractText(a, b)).toBe(new Big(a).minus(b).toFixed(places));
      }),
      { numRuns: 3000 },
    );
  });

  it('are added as their texts are, whether they are kept as numbers or as text', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const [x, y] = [exactNumber(a), exactNumber(b)];
        for (const [left, right] of [
          [x, y],
          [x, b],
          [a, b],
        ] as const) {
          expect(addExact(left, right)).toEqual(exactNumber(addText(a, b)));
          expect(subtractExact(left, right)).toEqual(exactNumber(subtractText(a, b)));
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('are read as the nearest double, with the places that are written', () => {
    fc.assert(
      fc.property(decimal, (text) => {
        const into = { number: 0, places: 0 };
        for (const value of [text, exactNumber(text)]) {
          if (!readSmallDecimal(value, into)) continue;
          expect(into).toEqual({ number: Number(text) + 0, places: placesOf(numberText(exactNumber(text))) });
        }
      }),
      { numRuns: 3000 },
    );
    expect(readSmallDecimal('12.5 ', { number: 0, places: 0 })).toBe(false);
    expect(readSmallDecimal(1e21, { number: 0, places: 0 })).toBe(false);
    expect(readSmallDecimal(true, { number: 0, places: 0 })).toBe(false);
  });
});
