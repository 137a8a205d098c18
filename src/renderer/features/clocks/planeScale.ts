/** Where times lie on the plane of the two clocks, in pixels and back. */
import type { TimeSpan } from '../../../contract/clocks.ts';

export interface PlaneScale {
  /** Recorded time runs to the right, occurred time upwards. Outside of the spans: their ends. */
  x(recorded: number): number;
  y(occurred: number): number;
  recordedAt(x: number): number;
  occurredAt(y: number): number;
}

const share = (time: number, { from, to }: TimeSpan): number =>
  Math.max(0, Math.min(1, (time - from) / Math.max(1, to - from)));
const timeAt = (part: number, { from, to }: TimeSpan): number =>
  Math.round(from + Math.max(0, Math.min(1, part)) * (to - from));

/** Room between the edge of the plane and its first and last times, px: dots and the point are seen whole there. */
export const INSET = 10;

/** @param width @param height of the plane, px; times lie {@link INSET} within it */
export function planeScale(
  recorded: TimeSpan,
  occurred: TimeSpan,
  { width, height }: { width: number; height: number },
): PlaneScale {
  const across = Math.max(1, width - 2 * INSET);
  const up = Math.max(1, height - 2 * INSET);
  return {
    x: (time) => INSET + share(time, recorded) * across,
    y: (time) => INSET + (1 - share(time, occurred)) * up,
    recordedAt: (x) => timeAt((x - INSET) / across, recorded),
    occurredAt: (y) => timeAt(1 - (y - INSET) / up, occurred),
  };
}

/** A point on the plane; null: that clock has no limit. */
export interface Point {
  knownOn: number | null;
  trueOn: number | null;
}

/** Beyond the last time of a clock nothing is left out: the limit goes. */
const limit = (time: number, { to }: TimeSpan): number | null => (time >= to ? null : time);

export function movedTo(
  point: { known: number; true: number },
  recorded: TimeSpan,
  occurred: TimeSpan,
): Point {
  return { knownOn: limit(point.known, recorded), trueOn: limit(point.true, occurred) };
}

/** Steps into which the arrow keys divide a clock. */
const STEPS = 100;

/**
 * The point one step further along a clock; `steps` negative: back. A clock without a limit is left at its end, so that
 * the first step back from "now" is seen.
 */
export function stepped(point: Point, clock: keyof Point, steps: number, span: TimeSpan): Point {
  const at = point[clock] ?? span.to;
  const width = Math.max(1, Math.round((span.to - span.from) / STEPS));
  const next = Math.max(span.from, Math.min(span.to, at + steps * width));
  return { ...point, [clock]: limit(next, span) };
}
