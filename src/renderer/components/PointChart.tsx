import {
  Bar,
  BarChart,
  CartesianGrid,
  Line,
  LineChart,
  ResponsiveContainer,
  Scatter,
  ScatterChart,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { formatDecimal, formatTick } from '../lib/format.ts';
import styles from './PointChart.module.css';

export type ChartKind = 'bar' | 'line' | 'scatter';

/** A row of a result as a point. Drawn from floats; the exact values stand in the tooltip. */
export interface ChartPoint {
  /** Place along the axis where it is one of numbers or times. */
  x: number | null;
  y: number | null;
  /** As they are to be read. */
  xText: string;
  yText: string;
}

interface PointChartProps {
  kind: ChartKind;
  points: readonly ChartPoint[];
  /** names: one place for each point, in the order given. */
  axis: 'names' | 'numbers' | 'times';
  xTitle: string;
  yTitle: string;
  /** Says in words what is drawn. */
  label: string;
}

const MARGIN = { top: 12, right: 56, bottom: 22, left: 16 };
const TICK = { fill: 'var(--fg2)', fontSize: 11 };
const GRID = { stroke: 'var(--line)', vertical: false } as const;

const shortNumber = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 2 });
const FITS = 1_000_000;

/** A tick as the numbers of the table are written, as long as that is short. */
const tickText = (value: number): string =>
  Math.abs(value) < FITS ? formatDecimal(String(value)) : shortNumber.format(value);

/** Bars, a line or points. The arrow keys move from point to point while it has the focus. */
export default function PointChart({ kind, points, axis, xTitle, yTitle, label }: PointChartProps) {
  const data = points.map((point, at) => ({ ...point, at }));
  const span = spanOf(points);
  const x = (
    <XAxis
      dataKey={axis === 'names' ? 'at' : 'x'}
      type={axis === 'names' ? 'category' : 'number'}
      scale={axis === 'names' ? 'auto' : 'linear'}
      domain={['dataMin', 'dataMax']}
      tick={TICK}
      stroke="var(--line2)"
      minTickGap={24}
      tickFormatter={(value: number) => {
        if (axis === 'names') return clipped(points[value]?.xText ?? '');
        return axis === 'times' ? formatTick(value, span) : tickText(value);
      }}
      label={{ value: xTitle, position: 'insideBottom', offset: -14, fill: 'var(--fg2)', fontSize: 11 }}
    />
  );
  const y = (
    <YAxis
      dataKey={kind === 'scatter' ? 'y' : undefined}
      type="number"
      tick={TICK}
      stroke="var(--line2)"
      width={64}
      tickFormatter={tickText}
      label={{ value: yTitle, angle: -90, position: 'insideLeft', fill: 'var(--fg2)', fontSize: 11 }}
    />
  );
  const tooltip = (
    <Tooltip
      isAnimationActive={false}
      cursor={kind === 'bar' ? { fill: 'var(--hover)' } : { stroke: 'var(--line2)' }}
      content={({ active, payload }) => {
        const point = payload?.[0]?.payload as ChartPoint | undefined;
        if (!active || point === undefined) return null;
        return (
          <dl className={styles.tooltip}>
            <dt>{xTitle}</dt>
            <dd>{point.xText}</dd>
            <dt>{yTitle}</dt>
            <dd>{point.yText}</dd>
          </dl>
        );
      }}
    />
  );
  return (
    <figure className={styles.chart} aria-label={label}>
      <ResponsiveContainer width="100%" height="100%">
        {kind === 'bar' ? (
          <BarChart data={data} margin={MARGIN} title={label}>
            <CartesianGrid {...GRID} />
            {x}
            {y}
            {tooltip}
            <Bar dataKey="y" fill="var(--accent)" isAnimationActive={false} maxBarSize={48} />
          </BarChart>
        ) : kind === 'line' ? (
          <LineChart data={data} margin={MARGIN} title={label}>
            <CartesianGrid {...GRID} />
            {x}
            {y}
            {tooltip}
            <Line
              dataKey="y"
              stroke="var(--accent)"
              strokeWidth={1.6}
              dot={data.length <= 60 ? { r: 2.5, fill: 'var(--accent)' } : false}
              isAnimationActive={false}
              connectNulls={false}
            />
          </LineChart>
        ) : (
          <ScatterChart data={data} margin={MARGIN} title={label}>
            <CartesianGrid stroke="var(--line)" />
            {x}
            {y}
            {tooltip}
            <Scatter dataKey="y" fill="var(--accent)" isAnimationActive={false} />
          </ScatterChart>
        )}
      </ResponsiveContainer>
    </figure>
  );
}

/** From the first to the last place along the axis. */
const spanOf = (points: readonly ChartPoint[]): number => {
  const places = points.flatMap(({ x }) => (x === null ? [] : [x]));
  return places.length === 0
    ? 0
    : places.reduce((a, b) => Math.max(a, b)) - places.reduce((a, b) => Math.min(a, b));
};

const clipped = (text: string): string => (text.length > 18 ? `${text.slice(0, 17)}…` : text);
