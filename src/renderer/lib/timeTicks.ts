/** Where the axes of time have their ticks, and what stands at them: the same on every screen. */
import { formatTick } from './format.ts';

/** Milliseconds since 1970, both ends inclusive. */
interface TimeWindow {
  from: number;
  to: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  SECOND,
  2 * SECOND,
  5 * SECOND,
  10 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
];
/** Room for a label and some air. */
const LABEL_PX = 92;

/** Round moments in a window, at least so many pixels apart: months and years by the calendar, the rest by the clock. */
export function ticksOf(window: TimeWindow, widthPx: number, labelPx: number = LABEL_PX): number[] {
  const length = Math.max(1, window.to - window.from);
  const least = (length * labelPx) / Math.max(200, widthPx);
  const step = STEPS.find((each) => each >= least);
  const ticks: number[] = [];
  if (step !== undefined) {
    for (let at = Math.ceil(window.from / step) * step; at <= window.to; at += step) ticks.push(at);
    return ticks;
  }
  const months = [1, 2, 3, 6, 12, 24, 60, 120, 600, 1200].find((each) => each * 30 * DAY >= least) ?? 12_000;
  const start = new Date(window.from);
  let month = start.getUTCFullYear() * 12 + start.getUTCMonth();
  month = Math.ceil(month / months) * months;
  for (; ; month += months) {
    const at = Date.UTC(Math.floor(month / 12), month % 12, 1);
    if (at > window.to || Number.isNaN(at)) return ticks;
    if (at >= window.from) ticks.push(at);
  }
}

/** What a tick says, by how far the ticks are apart: `2025`, `Nov 2025`, `18 Nov`, `14:05`, `14:05:09.120`. */
export function tickText(at: number, apartMs: number): string {
  if (apartMs >= 360 * DAY) return `${new Date(at).getUTCFullYear()}`;
  if (apartMs >= 27 * DAY) return formatTick(at, 401 * DAY);
  if (apartMs >= DAY) return formatTick(at, 4 * DAY);
  if (at % DAY === 0) return formatTick(at, 4 * DAY);
  if (apartMs >= MINUTE) return formatTick(at, HOUR);
  return formatTick(at, apartMs >= SECOND ? MINUTE : SECOND);
}

/** How far the ticks of a window are apart, ms; where there is one or none: the whole window. */
export const apartOf = (ticks: readonly number[], { from, to }: TimeWindow): number =>
  ticks.length > 1 ? ticks[1]! - ticks[0]! : Math.max(1, to - from);
