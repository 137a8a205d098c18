import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INSET, movedTo, planeScale, stepped } from './planeScale.ts';

const recorded = { from: 1000, to: 2000 };
const occurred = { from: 0, to: 1900 };

describe('the plane of the two clocks', () => {
  it('has recorded time to the right and occurred time upwards, and finds a time again', () => {
    const scale = planeScale(recorded, occurred, { width: 500, height: 380 });
    expect([scale.x(1000), scale.x(2000), scale.y(0), scale.y(1900)]).toEqual([
      INSET,
      500 - INSET,
      380 - INSET,
      INSET,
    ]);
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 2000 }),
        fc.integer({ min: 0, max: 1900 }),
        (known, happened) => {
          expect(Math.abs(scale.recordedAt(scale.x(known)) - known)).toBeLessThanOrEqual(1);
          expect(Math.abs(scale.occurredAt(scale.y(happened)) - happened)).toBeLessThanOrEqual(1);
        },
      ),
    );
    expect(scale.recordedAt(-20)).toBe(1000);
    expect(scale.occurredAt(-20)).toBe(1900);
  });

  it('stands at one moment when all events have one time', () => {
    const scale = planeScale({ from: 5, to: 5 }, { from: 5, to: 5 }, { width: 10, height: 10 });
    expect([scale.x(5), scale.recordedAt(7)]).toEqual([INSET, 5]);
  });

  it('takes the limit away at the end of a clock', () => {
    expect(movedTo({ known: 1500, true: 1900 }, recorded, occurred)).toEqual({ knownOn: 1500, trueOn: null });
    expect(movedTo({ known: 2000, true: 7 }, recorded, occurred)).toEqual({ knownOn: null, trueOn: 7 });
  });

  it('steps along one clock and stays within it', () => {
    const now = { knownOn: null, trueOn: null };
    expect(stepped(now, 'knownOn', -1, recorded)).toEqual({ knownOn: 1990, trueOn: null });
    expect(stepped({ ...now, knownOn: 1990 }, 'knownOn', 1, recorded)).toEqual(now);
    expect(stepped({ ...now, trueOn: 5 }, 'trueOn', -10, occurred)).toEqual({ knownOn: null, trueOn: 0 });
  });
});
