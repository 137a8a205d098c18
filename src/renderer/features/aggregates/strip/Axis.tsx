import { memo } from 'react';
import { formatDay, formatTick, formatTime } from '../../../lib/format.ts';
import styles from './strip.module.css';
import { lengthOf, type Span } from './zoom.ts';

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
const LABEL_PX = 92;

/** Round moments in a window, at least so many pixels apart: months and years by the calendar, the rest by the clock. */
export function ticksOf(window: Span, widthPx: number): number[] {
  const length = lengthOf(window);
  const least = (length * LABEL_PX) / Math.max(200, widthPx);
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
  if (apartMs >= 27 * DAY) return formatTick(at, 401 * DAY);
  if (apartMs >= DAY) return formatTick(at, 4 * DAY);
  if (at % DAY === 0) return formatTick(at, 4 * DAY);
  if (apartMs >= MINUTE) return formatTick(at, HOUR);
  return formatTick(at, apartMs >= SECOND ? MINUTE : SECOND);
}

interface AxisProps {
  window: Span;
  whole: Span;
  isZoomed: boolean;
  widthPx: number;
}

/** The times along the strip, and which part of the life it shows. Dragging it moves the window. */
export const Axis = memo(function Axis({ window, whole, isZoomed, widthPx }: AxisProps) {
  const ticks = ticksOf(window, widthPx);
  const apart = ticks.length > 1 ? ticks[1]! - ticks[0]! : lengthOf(window);
  const share = (time: number) => ((time - window.from) / lengthOf(window)) * 100;
  const place = (time: number) => ((time - whole.from) / lengthOf(whole)) * 100;
  return (
    <div
      data-axis
      className={styles.axis}
      title={isZoomed ? `${formatTime(window.from)} to ${formatTime(window.to)}` : undefined}
    >
      {ticks.map((at) => {
        const left = share(at);
        // A label that would stand over the edge is left out; its line stays.
        const fits = (1 - left / 100) * widthPx > 64;
        return (
          <span key={at} className={styles.tick} style={{ left: `${left}%` }}>
            {fits ? tickText(at, apart) : ''}
          </span>
        );
      })}
      {ticks.length === 0 ? <span className={styles.tick}>{formatDay(window.from)}</span> : null}
      {isZoomed ? (
        <span className={styles.overview}>
          <span
            className={styles.thumb}
            style={{
              left: `${place(window.from)}%`,
              width: `max(6px, ${place(window.to) - place(window.from)}%)`,
            }}
          />
        </span>
      ) : null}
    </div>
  );
});
