import {
  Bar,
  BarChart,
  CartesianGrid,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import styles from './ResultChart.module.css';

export interface ChartPoint {
  label: string;
  /** Drawn from a float; `text` is the exact value. */
  value: number;
  text: string;
}

interface ResultChartProps {
  points: readonly ChartPoint[];
  kind: 'bars' | 'line';
  /** Name of the values. */
  name: string;
  height?: number;
}

const AXIS = { stroke: 'var(--fg3)', fontSize: 11, tickLine: false } as const;

/** A chart of a query's result; hovering shows the exact value. */
export function ResultChart({ points, kind, name, height = 240 }: ResultChartProps) {
  const Chart = kind === 'bars' ? BarChart : LineChart;
  return (
    <div
      className={styles.chart}
      style={{ height }}
      role="img"
      aria-label={`Chart of ${name}, ${points.length} points`}
    >
      <ResponsiveContainer width="100%" height="100%">
        <Chart data={[...points]} margin={{ top: 8, right: 12, bottom: 4, left: 8 }}>
          <CartesianGrid stroke="var(--line)" vertical={false} />
          <XAxis dataKey="label" {...AXIS} minTickGap={24} />
          <YAxis {...AXIS} width={76} axisLine={false} />
          <Tooltip
            isAnimationActive={false}
            cursor={{ fill: 'var(--hover)', stroke: 'var(--line2)' }}
            content={({ active, payload }) => {
              const point = payload?.[0]?.payload as ChartPoint | undefined;
              if (!active || point === undefined) return null;
              return (
                <div className={styles.tip}>
                  <div>{point.label}</div>
                  <div className="mono">{point.text}</div>
                </div>
              );
            }}
          />
          {kind === 'bars' ? (
            <Bar dataKey="value" name={name} fill="var(--accent)" isAnimationActive={false} maxBarSize={36} />
          ) : (
            <Line
              dataKey="value"
              name={name}
              stroke="var(--accent)"
              strokeWidth={1.6}
              dot={false}
              isAnimationActive={false}
              type="stepAfter"
            />
          )}
        </Chart>
      </ResponsiveContainer>
    </div>
  );
}
