import fc from 'fast-check';
import { expect, test } from 'vitest';
import { apartOf, ticksOf, tickText } from './timeTicks.ts';

const words = (from: string, to: string, width: number, label?: number): string[] => {
  const window = { from: Date.parse(from), to: Date.parse(to) };
  const ticks = ticksOf(window, width, label);
  return ticks.map((at) => tickText(at, apartOf(ticks, window)));
};

test('ticks are round moments, said as shortly as they differ', () => {
  expect(words('2025-03-03T00:00Z', '2026-01-16T00:00Z', 1200, 120)).toContain('May 2025');
  expect(words('2001-05-03T00:00Z', '2013-01-16T00:00Z', 1200)).toContain('2006');
  expect(words('2025-11-18T03:00Z', '2025-11-18T09:00Z', 900)).toContain('05:00');
  expect(words('2025-11-17T12:00Z', '2025-11-18T12:00Z', 900)).toContain('18 Nov');
});

test('ticks lie within their window, in order, and at least the room of a label apart', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: Date.UTC(2100, 0) }),
      fc.integer({ min: 1, max: 4e12 }),
      fc.integer({ min: 200, max: 2000 }),
      (from, length, width) => {
        const window = { from, to: from + length };
        const ticks = ticksOf(window, width, 80);
        for (const [index, at] of ticks.entries()) {
          expect(at).toBeGreaterThanOrEqual(window.from);
          expect(at).toBeLessThanOrEqual(window.to);
          // Months differ by three days: a tenth less room than asked.
          if (index > 0) expect(((at - ticks[index - 1]!) / length) * width).toBeGreaterThan(80 * 0.9);
        }
      },
    ),
  );
});
