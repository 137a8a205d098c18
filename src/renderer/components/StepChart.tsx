import { useCallback, useMemo, useRef } from 'react';
import { type Drawing, useCanvas } from '../lib/canvas.ts';
import styles from './StepChart.module.css';

export interface StepPoint {
  /** Place along the axis: time or index. */
  at: number;
  /** Null leaves a gap. Drawn from a float: the exact value stands in text beside. */
  value: number | null;
}

interface StepChartProps {
  points: readonly StepPoint[];
  /** Where the present point is; drawn as a dot. */
  now?: number | null;
  height?: number;
  /** Says in words what is drawn. */
  label: string;
  onPick?: (at: number) => void;
}

interface Scale {
  first: number;
  last: number;
  low: number;
  top: number;
}

/** Bounds of what is drawn; null: there is nothing to draw. */
function scaleOf(points: readonly StepPoint[]): Scale | null {
  let low = Number.POSITIVE_INFINITY;
  let top = Number.NEGATIVE_INFINITY;
  for (const { value } of points) {
    if (value === null) continue;
    low = Math.min(low, value);
    top = Math.max(top, value);
  }
  if (low > top) return null;
  const first = points[0]!.at;
  return { first, last: Math.max(first + 1, points.at(-1)!.at), low, top };
}

const xOf = ({ first, last }: Scale, at: number, width: number): number =>
  4 + ((at - first) / (last - first)) * (width - 8);
const yOf = ({ low, top }: Scale, value: number, high: number): number =>
  top === low ? high / 2 : high - 5 - ((value - low) / (top - low)) * (high - 10);

/** The last point with a value at or before a place. */
function pointAt(points: readonly StepPoint[], now: number): { at: number; value: number } | null {
  let from = 0;
  let to = points.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (points[middle]!.at <= now) from = middle + 1;
    else to = middle;
  }
  for (let at = from - 1; at >= 0; at -= 1) {
    const { at: place, value } = points[at]!;
    if (value !== null) return { at: place, value };
  }
  return null;
}

/** Values that hold until the next one, as a line of steps. The line is drawn once; only the dot moves. */
export function StepChart({ points, now = null, height = 56, label, onPick }: StepChartProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scale = useMemo(() => scaleOf(points), [points]);
  const draw = useCallback(
    ({ context, width, height: high, colour }: Drawing) => {
      if (scale === null) return;
      const x = (at: number) => xOf(scale, at, width);
      const y = (value: number) => yOf(scale, value, high);
      if (scale.low < 0 && scale.top > 0) {
        context.fillStyle = colour('--line2');
        context.fillRect(0, Math.round(y(0)), width, 1);
      }
      context.strokeStyle = colour('--accent');
      context.lineWidth = 1.6;
      context.beginPath();
      let drawing = false;
      for (const [index, point] of points.entries()) {
        if (point.value === null) {
          drawing = false;
          continue;
        }
        if (!drawing) context.moveTo(x(point.at), y(point.value));
        else context.lineTo(x(point.at), y(point.value));
        context.lineTo(x(points[index + 1]?.at ?? scale.last), y(point.value));
        drawing = true;
      }
      context.stroke();
    },
    [points, scale],
  );
  const width = useCanvas(canvas, draw);
  const pick = (event: React.MouseEvent) => {
    if (onPick === undefined || scale === null) return;
    const box = event.currentTarget.getBoundingClientRect();
    const { first, last } = scale;
    const at = first + ((event.clientX - box.left - 4) / Math.max(1, width - 8)) * (last - first);
    const before = points.filter((point) => point.at <= at);
    onPick((before.at(-1) ?? points[0]!).at);
  };
  const dot = now === null || scale === null || width === 0 ? null : pointAt(points, now);
  return (
    <div className={styles.chart} style={{ height }}>
      <canvas ref={canvas} role="img" aria-label={label} onClick={pick} />
      {dot === null || scale === null ? null : (
        <span
          className={styles.dot}
          style={{
            transform: `translate(${xOf(scale, dot.at, width)}px, ${yOf(scale, dot.value, height)}px)`,
          }}
        />
      )}
    </div>
  );
}
