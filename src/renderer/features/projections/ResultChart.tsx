import { lazy, Suspense, useMemo } from 'react';
import type { ChartKind } from '../../components/PointChart.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { Select } from '../../components/Select.tsx';
import { EmptyState, Skeleton } from '../../components/States.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { type ChartChoice, drawn, numberColumns } from './chartPoints.ts';
import styles from './console.module.css';
import type { SqlAnswer } from './useSqlAnswer.ts';

// The charts are large and few look at them: they come when they are asked for.
const PointChart = lazy(() => import('../../components/PointChart.tsx'));

interface ResultChartProps {
  data: SqlAnswer;
  choice: ChartChoice | null;
  onChoice: (choice: ChartChoice) => void;
}

/** A result as bars, a line or points; says what of it is drawn. */
export function ResultChart({ data, choice, onChoice }: ResultChartProps) {
  const { columns, rows } = data;
  const numbers = useMemo(() => numberColumns(columns, rows), [columns, rows]);
  const picture = useMemo(
    () => (choice === null ? null : drawn(columns, rows, choice)),
    [columns, rows, choice],
  );
  if (choice === null || picture === null)
    return (
      <EmptyState title="There is no number to draw">
        A chart needs at least one column of numbers: count, sum or an amount.
      </EmptyState>
    );
  const { points, axis, without, beyond } = picture;
  const [xName, yName] = [choice.x, choice.y].map((at) => shown(columns[at]!.name)) as [string, string];
  const option = (at: number) => ({ value: String(at), label: shown(columns[at]!.name) });
  return (
    <>
      <div className={styles.chartBar}>
        <Segmented<ChartKind>
          label="Chart"
          value={choice.kind}
          onValue={(kind) => onChoice({ ...choice, kind })}
          options={[
            { value: 'bar', label: 'Bars' },
            { value: 'line', label: 'Line' },
            { value: 'scatter', label: 'Points' },
          ]}
        />
        <span className={styles.axis}>
          x
          <Select
            label="x"
            value={String(choice.x)}
            onValue={(x) => onChoice({ ...choice, x: Number(x) })}
            options={columns.map((_, at) => option(at))}
          />
        </span>
        <span className={styles.axis}>
          y
          <Select
            label="y"
            value={String(choice.y)}
            onValue={(y) => onChoice({ ...choice, y: Number(y) })}
            options={numbers.map(option)}
          />
        </span>
        <span className={styles.chartNote}>
          {beyond > 0
            ? `The first ${formatCount(points.length + without)} of ${plural(rows.length, 'row')} are drawn`
            : data.more
              ? `The ${plural(points.length, 'row')} shown are drawn; the result has more`
              : `All ${plural(points.length, 'row')} are drawn`}
          {without > 0 ? `, ${formatCount(without)} without a value left out` : ''}.
        </span>
      </div>
      <Suspense fallback={<Skeleton lines={8} />}>
        <PointChart
          kind={choice.kind}
          points={points}
          axis={axis}
          xTitle={xName}
          yTitle={yName}
          label={`${yName} by ${xName}, ${plural(points.length, 'point')}`}
        />
      </Suspense>
    </>
  );
}
