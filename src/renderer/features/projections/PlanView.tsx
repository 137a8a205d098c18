import { useState } from 'react';
import type { Cut } from '../../../core/model.ts';
import { Checkbox } from '../../components/Field.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { shown } from '../../lib/escape.ts';
import { formatDuration } from '../../lib/format.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import styles from './console.module.css';

/** How SQLite would answer a statement, in plain words; its own on demand. */
export function PlanView({
  statement,
  cut,
}: {
  statement: { sql: string; parameters: Record<string, string> } | null;
  cut: Cut;
}) {
  const [raw, setRaw] = useState(false);
  const plan = useEngineQuery(
    ['sql', 'plan'],
    { ...(statement ?? { sql: 'SELECT 1', parameters: {} }), cut },
    { enabled: statement !== null },
  );
  if (statement === null)
    return (
      <EmptyState title="How a statement would be answered">
        Write a SELECT and choose Plan: nothing of it is run.
      </EmptyState>
    );
  if (plan.error !== null) return <ErrorState error={plan.error} compact />;
  if (plan.data === undefined) return <Skeleton lines={5} />;
  const { steps, tookMs } = plan.data;
  const heavy = steps.filter((step) => step.heavy).length;
  return (
    <div className={styles.plan}>
      <div className={styles.planHead}>
        <span className="dim">
          {heavy === 0
            ? 'Nothing is read whole and nothing is sorted: it stays quick however much there is.'
            : 'What reads whole tables or sorts is marked: it takes longer the more there is.'}{' '}
          Prepared in {formatDuration(tookMs)}; nothing was run.
        </span>
        <Checkbox checked={raw} onChecked={setRaw}>
          SQLite’s own words
        </Checkbox>
      </div>
      <ol className={styles.planSteps} aria-label="Steps of the plan">
        {steps.map((step, nth) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: two steps may be the same; their place tells them apart.
            key={nth}
            style={{ paddingLeft: 12 + step.depth * 20 }}
            data-heavy={step.heavy || undefined}
          >
            <span>
              {shown(step.words)}
              {step.heavy ? <span className="sr-only"> (takes longer the more there is)</span> : null}
            </span>
            {raw ? <code>{shown(step.detail)}</code> : null}
          </li>
        ))}
      </ol>
    </div>
  );
}
