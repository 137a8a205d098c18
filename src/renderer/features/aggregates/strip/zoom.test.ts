import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  holding,
  lengthOf,
  movedBy,
  NARROWEST_MS,
  questionOf,
  readWindow,
  windowText,
  within,
  zoomedAt,
} from './zoom.ts';

const whole = { from: 1_000_000, to: 2_000_000 };

describe('windows of the strip', () => {
  it('keeps the moment under the pointer where it is', () => {
    const window = { from: 1_400_000, to: 1_600_000 };
    const near = zoomedAt(whole, window, 1_450_000, 0.5)!;
    expect(near).toEqual({ from: 1_425_000, to: 1_525_000 });
    expect((1_450_000 - near.from) / lengthOf(near)).toBeCloseTo(0.25);
  });

  it('ends at the whole: far out there is no window', () => {
    expect(zoomedAt(whole, { from: 1_400_000, to: 1_600_000 }, 1_500_000, 100)).toBeNull();
    expect(movedBy(whole, { from: 1_400_000, to: 1_600_000 }, 9e9)).toEqual({
      from: 1_800_000,
      to: 2_000_000,
    });
    expect(movedBy(whole, { from: 1_400_000, to: 1_600_000 }, -9e9)).toEqual({
      from: 1_000_000,
      to: 1_200_000,
    });
  });

  it('is never narrower than an instant and never leaves the whole', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -3_000_000, max: 3_000_000 }),
        fc.integer({ min: -10, max: 3_000_000 }),
        (from, length) => {
          const window = within(whole, { from, to: from + length });
          if (window === null) return;
          expect(window.from).toBeGreaterThanOrEqual(whole.from);
          expect(window.to).toBeLessThanOrEqual(whole.to);
          expect(lengthOf(window)).toBeGreaterThanOrEqual(NARROWEST_MS);
        },
      ),
    );
  });

  it('follows a moment that leaves it', () => {
    const window = { from: 1_400_000, to: 1_600_000 };
    expect(holding(whole, window, 1_500_000)).toBe(window);
    expect(holding(whole, window, 1_700_000)).toEqual({ from: 1_600_000, to: 1_800_000 });
    expect(holding(whole, null, 1_700_000)).toBeNull();
  });

  it('asks for bars of powers of two that hold the window, and for the same ones a little aside', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1.6e12, max: 1.8e12 }),
        fc.integer({ min: NARROWEST_MS, max: 4e11 }),
        fc.integer({ min: 300, max: 1900 }),
        (from, length, width) => {
          const window = { from, to: from + length };
          const asked = questionOf(window, width);
          const bar = (asked.to - asked.from) / asked.buckets;
          expect(Number.isInteger(Math.log2(bar))).toBe(true);
          expect(asked.from).toBeLessThanOrEqual(window.from);
          expect(asked.to).toBeGreaterThanOrEqual(window.to);
          expect(asked.buckets).toBeLessThanOrEqual(2000);
          expect(Number.isInteger(asked.buckets)).toBe(true);
        },
      ),
    );
    const a = questionOf({ from: 1_700_000_010_000, to: 1_700_000_110_000 }, 1000);
    expect(questionOf({ from: 1_700_000_010_500, to: 1_700_000_110_500 }, 1000)).toEqual(a);
  });

  it('stands in the address and is read from it, never guessed', () => {
    const window = { from: 1_767_225_599_999, to: 1_767_225_699_999 };
    expect(readWindow(windowText(window))).toEqual(window);
    expect(windowText(null)).toBeNull();
    for (const text of [null, '', '..', 'a..b', '2025-01-01..2026-01-01', `${windowText(window)}..x`])
      expect(readWindow(text)).toBeNull();
  });
});
