/** Where times lie on the plane of the two clocks, in pixels and back. */
import type { TimeSpan } from '../../../contract/clocks.ts';

export interface PlaneScale {
  /** Recorded time runs to the right, occurred time upwards. Outside of the spans: the edge. */
  x(recorded: number): number;
  y(occurred: number): number;
  recordedAt(x: number): number;
  occurredAt(y: number): number;
}

const share = (time: number, { from, to }: TimeSpan): number =>
  Math.max(0, Math.min(1, (time - from) / Math.max(1, to - from)));
const timeAt = (part: number, { from, to }: TimeSpan): number =>
  Math.round(from + Math.max(0, Math.min(1, part)) * (to - from));

/** @param width @param height of the plane, px */
export function planeScale(
  recorded: TimeSpan,
  occurred: TimeSpan,
  { width, height }: { width: number; height: number },
): PlaneScale {
  return {
    x: (time) => share(time, recorded) * width,
    y: (time) => (1 - share(time, occurred)) * height,
    recordedAt: (x) => timeAt(x / Math.max(1, width), recorded),
    occurredAt: (y) => timeAt(1 - y / Math.max(1, height), occurred),
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
