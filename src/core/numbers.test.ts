import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addText, exactNumber, numberText, subtractText } from './numbers.ts';

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
});
