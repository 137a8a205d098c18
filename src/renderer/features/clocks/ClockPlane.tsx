import { type KeyboardEvent, type PointerEvent, useCallback, useRef } from 'react';
import type { aggregates } from '../../../contract/aggregates.ts';
import type { TimeSpan } from '../../../contract/clocks.ts';
import type { Output } from '../../../contract/contract.ts';
import { type Drawing, useCanvas } from '../../lib/canvas.ts';
import { formatTime } from '../../lib/format.ts';
import { apartOf, ticksOf, tickText } from '../../lib/timeTicks.ts';
import styles from './clocks.module.css';
import { INSET, movedTo, type Point, planeScale, stepped } from './planeScale.ts';

export type Plane = Output<(typeof aggregates)['plane']>;

/** Cells of the grid that the engine counts in. */
export const GRID = { columns: 160, rows: 110 } as const;

interface ClockPlaneProps {
  plane: Plane;
  recorded: TimeSpan;
  occurred: TimeSpan;
  point: Point;
  onPoint: (point: Point) => void;
}

const BIG_STEP = 10;
/** Labels of the axes are so far apart, px; the axis upwards is taken to be so long. */
const LABEL_PX = 110;
const UP_LABEL_PX = 64;
const UP_PX = 400;
const LEAST_DOT = 2.5;
const LARGEST_DOT = 8;

/** Words for where the point stands. */
export const pointWords = ({ knownOn, trueOn }: Point): string =>
  `known on ${knownOn === null ? 'now' : formatTime(knownOn)}, true on ${trueOn === null ? 'any time' : formatTime(trueOn)}`;

/**
 * Recorded time to the right, occurred time upwards; on the diagonal an event was recorded when it occurred. The point
 * takes in what lies left of and below it. Drag it, or ← → for what is known, ↑ ↓ for what is true, Shift for ten steps.
 */
export function ClockPlane({ plane, recorded, occurred, point, onPoint }: ClockPlaneProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const draw = useCallback(
    (drawing: Drawing) => drawPlane(drawing, { plane, recorded, occurred, point }),
    [plane, recorded, occurred, point],
  );
  const width = useCanvas(canvas, draw);
  const move = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    const scale = planeScale(recorded, occurred, box);
    const there = {
      known: scale.recordedAt(event.clientX - box.left),
      true: scale.occurredAt(event.clientY - box.top),
    };
    onPoint(movedTo(there, recorded, occurred));
  };
  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    move(event);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps = event.shiftKey ? BIG_STEP : 1;
    const next =
      event.key === 'ArrowLeft'
        ? stepped(point, 'knownOn', -steps, recorded)
        : event.key === 'ArrowRight'
          ? stepped(point, 'knownOn', steps, recorded)
          : event.key === 'ArrowDown'
            ? stepped(point, 'trueOn', -steps, occurred)
            : event.key === 'ArrowUp'
              ? stepped(point, 'trueOn', steps, occurred)
              : null;
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    onPoint(next);
  };
  return (
    <div className={styles.plane}>
      <span className={styles.axisY}>Occurred</span>
      <Ticks span={occurred} ticks={upTicks(occurred)} className={styles.ticksY} edge="bottom" />
      <div
        className={styles.surface}
        role="slider"
        tabIndex={0}
        aria-label="The point on the two clocks: ← → what is known, ↑ ↓ what is true"
        aria-valuemin={recorded.from}
        aria-valuemax={recorded.to}
        aria-valuenow={point.knownOn ?? recorded.to}
        aria-valuetext={pointWords(point)}
        onPointerDown={onPointerDown}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) move(event);
        }}
        onKeyDown={onKeyDown}
      >
        <canvas ref={canvas} className={styles.canvas} />
      </div>
      <p className={styles.legend} aria-hidden="true">
        <span className={styles.onTime}>on time</span>
        <span className={styles.late}>late</span>
        <span className={styles.backdated}>backdated</span>
      </p>
      <Ticks span={recorded} ticks={acrossTicks(recorded, width)} className={styles.ticksX} edge="left" />
      <span className={styles.axisX}>Recorded</span>
    </div>
  );
}

const upTicks = (span: TimeSpan): number[] => ticksOf(span, UP_PX, UP_LABEL_PX);
const acrossTicks = (span: TimeSpan, width: number): number[] => ticksOf(span, width, LABEL_PX);

interface TicksProps {
  span: TimeSpan;
  ticks: readonly number[];
  className: string | undefined;
  /** Where times begin. */
  edge: 'left' | 'bottom';
}

function Ticks({ span, ticks, className, edge }: TicksProps) {
  const apart = apartOf(ticks, span);
  const part = (time: number) => (time - span.from) / Math.max(1, span.to - span.from);
  return (
    <div className={className} aria-hidden="true">
      {ticks.map((time) => (
        <span key={time} style={{ [edge]: `calc(${INSET}px + ${part(time)} * (100% - ${2 * INSET}px))` }}>
          {tickText(time, apart)}
        </span>
      ))}
    </div>
  );
}

type Drawn = Pick<ClockPlaneProps, 'plane' | 'recorded' | 'occurred' | 'point'>;

function drawPlane(
  { context, width, height, colour }: Drawing,
  { plane, recorded, occurred, point }: Drawn,
): void {
  const scale = planeScale(recorded, occurred, { width, height });
  const known = scale.x(point.knownOn ?? recorded.to);
  const happened = scale.y(point.trueOn ?? occurred.to);
  context.fillStyle = colour('--sel');
  context.fillRect(0, happened, known, height - happened);
  context.fillStyle = colour('--line');
  for (const time of acrossTicks(recorded, width)) context.fillRect(Math.round(scale.x(time)), 0, 1, height);
  for (const time of upTicks(occurred)) context.fillRect(0, Math.round(scale.y(time)), width, 1);
  drawDiagonal(context, scale, recorded, occurred, colour('--line2'));
  const cellWidth = (width - 2 * INSET) / GRID.columns;
  const cellHeight = (height - 2 * INSET) / GRID.rows;
  // What is late lies over what is not, wherever they come in the answer.
  for (const layer of ['--fg3', '--warn', '--bad'] as const) {
    context.fillStyle = colour(layer);
    for (let at = 0; at < plane.cells.length; at += 5) {
      const [column, row, events, late, backdated] = plane.cells.slice(at, at + 5) as [
        number,
        number,
        number,
        number,
        number,
      ];
      if ((backdated > 0 ? '--bad' : late > 0 ? '--warn' : '--fg3') !== layer) continue;
      const size = Math.min(LARGEST_DOT, LEAST_DOT + Math.log2(events));
      context.beginPath();
      const x = INSET + (column + 0.5) * cellWidth;
      context.arc(x, height - INSET - (row + 0.5) * cellHeight, size, 0, 2 * Math.PI);
      context.fill();
    }
  }
  context.strokeStyle = colour('--accent');
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(known, 0);
  context.lineTo(known, height);
  context.moveTo(0, happened);
  context.lineTo(width, happened);
  context.stroke();
  context.fillStyle = colour('--accent');
  context.beginPath();
  context.arc(known, happened, 6, 0, 2 * Math.PI);
  context.fill();
}

/** Where both clocks show the same time, as far as both have it. */
function drawDiagonal(
  context: CanvasRenderingContext2D,
  scale: ReturnType<typeof planeScale>,
  recorded: TimeSpan,
  occurred: TimeSpan,
  colour: string,
): void {
  const from = Math.max(recorded.from, occurred.from);
  const to = Math.min(recorded.to, occurred.to);
  if (from > to) return;
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.setLineDash([4, 4]);
  context.beginPath();
  context.moveTo(scale.x(from), scale.y(from));
  context.lineTo(scale.x(to), scale.y(to));
  context.stroke();
  context.setLineDash([]);
}
