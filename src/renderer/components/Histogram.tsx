import { type KeyboardEvent, type PointerEvent, useCallback, useMemo, useRef, useState } from 'react';
import { type Drawing, useCanvas } from '../lib/canvas.ts';
import { formatTime } from '../lib/format.ts';
import { apartOf, ticksOf, tickText } from '../lib/timeTicks.ts';
import styles from './Histogram.module.css';

export interface TimeRange {
  from: number;
  to: number;
}

interface HistogramProps {
  /** Recorded time of the first and last bucket's outer edges, ms. */
  from: number;
  to: number;
  /** Counts per bucket of everything (grey) … */
  all: readonly number[];
  /** … and of what matters here (accent), at most as many. */
  matching?: readonly number[];
  /** Faults per bucket, drawn over the bars in amber. */
  marks?: readonly number[];
  /** The chosen range; null: all. */
  range: TimeRange | null;
  onRange?: (range: TimeRange | null) => void;
  /** A moment drawn as a line: the cut, or the selected event. */
  at?: number | null;
  /** Moves that line: click without drag, and arrow keys when there is no brush. */
  onAt?: (time: number) => void;
  /** What lies after this moment is dimmed. */
  cut?: number | null;
  label: string;
  /** Height of the bars, px. */
  height?: number;
}

const DRAG_PX = 4;
/** Ticks of the axis are at least so far apart. */
const LABEL_PX = 120;

/**
 * Density over time. Drag to choose a range, double click for all. By keyboard: ← → move the range (or the line),
 * Shift+← → change its end, + − zoom, Esc for all.
 */
export function Histogram(props: HistogramProps) {
  const {
    from,
    to,
    all,
    matching,
    marks,
    range,
    onRange,
    at = null,
    onAt,
    cut = null,
    label,
    height = 40,
  } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drag, setDrag] = useState<{ start: number; now: number } | null>(null);
  const span = Math.max(1, to - from);
  const shownRange = useMemo(
    () =>
      drag === null ? range : { from: Math.min(drag.start, drag.now), to: Math.max(drag.start, drag.now) },
    [drag, range],
  );

  const draw = useCallback(
    ({ context, width, height: high, colour }: Drawing) => {
      const x = (time: number) => ((time - from) / span) * width;
      const step = width / all.length;
      const most = Math.max(1, ...all);
      const bar = (index: number, count: number, fill: string) => {
        if (count === 0) return;
        // A bucket with one event among thousands must still be seen.
        const barHeight = Math.max(2, Math.sqrt(count / most) * (high - 2));
        context.fillStyle = fill;
        context.fillRect(index * step, high - barHeight, Math.max(1, step - (step > 3 ? 1 : 0)), barHeight);
      };
      for (let index = 0; index < all.length; index += 1) {
        const time = from + (index + 0.5) * (span / all.length);
        const outside =
          (shownRange !== null && (time < shownRange.from || time > shownRange.to)) ||
          (cut !== null && time > cut);
        bar(index, all[index]!, colour('--bar'));
        if (!outside) bar(index, (matching ?? all)[index] ?? 0, colour('--accent'));
        if (marks?.[index]) {
          context.fillStyle = colour('--warn');
          context.fillRect(index * step, 0, Math.max(3, step - 1), 4);
        }
      }
      if (shownRange !== null) {
        context.fillStyle = colour('--accent');
        context.globalAlpha = 0.1;
        context.fillRect(x(shownRange.from), 0, x(shownRange.to) - x(shownRange.from), high);
        context.globalAlpha = 1;
        for (const edge of [shownRange.from, shownRange.to]) context.fillRect(x(edge) - 0.75, 0, 1.5, high);
      }
      for (const [time, colourName] of [
        [cut, '--accent'],
        [at, '--fg'],
      ] as const) {
        if (time === null || time < from || time > to) continue;
        context.fillStyle = colour(colourName);
        context.fillRect(x(time) - 1, 0, 2, high);
      }
    },
    [from, span, to, all, matching, marks, shownRange, at, cut],
  );
  const width = useCanvas(canvas, draw);

  const timeAt = (event: PointerEvent): number => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - box.left) / Math.max(1, box.width)));
    return Math.round(from + share * span);
  };
  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const time = timeAt(event);
    setDrag({ start: time, now: time });
    if (onRange === undefined) onAt?.(time);
  };
  const onPointerMove = (event: PointerEvent) => {
    if (drag === null) return;
    const time = timeAt(event);
    setDrag({ ...drag, now: time });
    if (onRange === undefined) onAt?.(time);
  };
  const onPointerUp = () => {
    if (drag === null) return;
    const wide = Math.abs(drag.now - drag.start) * (width / span) >= DRAG_PX;
    if (onRange !== undefined && wide) {
      onRange({ from: Math.min(drag.start, drag.now), to: Math.max(drag.start, drag.now) });
    } else if (!wide) onAt?.(drag.now);
    setDrag(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = Math.max(1, Math.round(span / Math.max(1, all.length)));
    const sign = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    const current = range ?? { from, to };
    const clamp = (time: number) => Math.max(from, Math.min(to, time));
    const used = () => {
      event.preventDefault();
      event.stopPropagation();
    };
    if (sign !== 0 && onRange === undefined) {
      used();
      onAt?.(clamp((at ?? (sign > 0 ? from : to)) + sign * step));
    } else if (sign !== 0) {
      used();
      if (event.shiftKey)
        onRange?.({ from: current.from, to: Math.max(current.from, clamp(current.to + sign * step)) });
      else {
        const move = sign < 0 ? Math.max(-step, from - current.from) : Math.min(step, to - current.to);
        onRange?.({ from: current.from + move, to: current.to + move });
      }
    } else if (onRange !== undefined && (event.key === '+' || event.key === '-')) {
      used();
      const quarter = ((current.to - current.from) / 4) * (event.key === '+' ? 1 : -2);
      const next = {
        from: clamp(Math.round(current.from + quarter)),
        to: clamp(Math.round(current.to - quarter)),
      };
      onRange(next.from <= from && next.to >= to ? null : next);
    } else if (event.key === 'Escape' && range !== null) {
      used();
      onRange?.(null);
    }
  };

  const ticks = width === 0 ? [] : ticksOf({ from, to }, width, LABEL_PX);
  const apart = apartOf(ticks, { from, to });
  const text =
    shownRange === null
      ? `${formatTime(from, 's')} to ${formatTime(to, 's')}`
      : `${formatTime(shownRange.from, 's')} to ${formatTime(shownRange.to, 's')}`;
  return (
    <div className={styles.histogram}>
      <div
        className={styles.bars}
        style={{ height }}
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={from}
        aria-valuemax={to}
        aria-valuenow={onRange === undefined ? (at ?? to) : (shownRange?.from ?? from)}
        aria-valuetext={onRange === undefined && at !== null ? formatTime(at) : text}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={() => setDrag(null)}
        onDoubleClick={() => onRange?.(null)}
        onKeyDown={onKeyDown}
      >
        <canvas ref={canvas} className={styles.canvas} />
      </div>
      <div className={styles.ticks} aria-hidden="true">
        {ticks.map((time) => (
          <span key={time} style={{ left: `${((time - from) / span) * 100}%` }}>
            {/* A label that would stand over the edge is left out; its line stays. */}
            {(1 - (time - from) / span) * width > 56 ? tickText(time, apart) : ''}
          </span>
        ))}
      </div>
    </div>
  );
}
