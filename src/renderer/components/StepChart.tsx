import { useCallback, useRef } from 'react';
import { type Drawing, useCanvas } from '../lib/canvas.ts';

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

/** Values that hold until the next one, as a line of steps. */
export function StepChart({ points, now = null, height = 56, label, onPick }: StepChartProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const draw = useCallback(
    ({ context, width, height: high, colour }: Drawing) => {
      const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
      if (values.length === 0) return;
      const low = Math.min(...values);
      const top = Math.max(...values);
      const first = points[0]!.at;
      const last = Math.max(first + 1, points.at(-1)!.at);
      const x = (at: number) => 4 + ((at - first) / (last - first)) * (width - 8);
      const y = (value: number) =>
        top === low ? high / 2 : high - 5 - ((value - low) / (top - low)) * (high - 10);
      if (low < 0 && top > 0) {
        context.fillStyle = colour('--line2');
        context.fillRect(0, Math.round(y(0)), width, 1);
      }
      context.strokeStyle = colour('--accent');
      context.lineWidth = 1.6;
      context.beginPath();
      let drawing = false;
      let dot: [number, number] | null = null;
      for (const [index, point] of points.entries()) {
        if (point.value === null) {
          drawing = false;
          continue;
        }
        if (!drawing) context.moveTo(x(point.at), y(point.value));
        else context.lineTo(x(point.at), y(point.value));
        context.lineTo(x(points[index + 1]?.at ?? last), y(point.value));
        drawing = true;
        if (now !== null && point.at <= now) dot = [x(point.at), y(point.value)];
      }
      context.stroke();
      if (dot === null) return;
      context.fillStyle = colour('--accent');
      context.beginPath();
      context.arc(dot[0], dot[1], 3.2, 0, Math.PI * 2);
      context.fill();
    },
    [points, now],
  );
  const width = useCanvas(canvas, draw);
  const pick = (event: React.MouseEvent) => {
    if (onPick === undefined || points.length === 0) return;
    const box = event.currentTarget.getBoundingClientRect();
    const first = points[0]!.at;
    const last = points.at(-1)!.at;
    const at = first + ((event.clientX - box.left - 4) / Math.max(1, width - 8)) * (last - first);
    const before = points.filter((point) => point.at <= at);
    onPick((before.at(-1) ?? points[0]!).at);
  };
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={label}
      onClick={pick}
      style={{ width: '100%', height, display: 'block' }}
    />
  );
}
