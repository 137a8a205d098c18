import { Play } from 'lucide-react';
import { Button } from '../../components/Button.tsx';
import { Callout } from '../../components/Panel.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { toastError } from '../../components/Toast.tsx';
import { go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { plural } from '../../lib/format.ts';
import { useJobs } from '../../lib/live.ts';
import { useEngineAction, useEngineQuery } from '../../lib/queries.ts';
import { cellKind, cellText } from '../projections/cells.ts';
import styles from './aggregates.module.css';
import { cutPhrase } from './asOf.ts';
import type { Subject } from './timelinePages.ts';

/** What the projection's table says of this aggregate as of the focus: read from its history, not folded. */
export function ProjectedRow({ subject, reducer }: { subject: Subject; reducer: string }) {
  const { ref, cut } = subject;
  const status = useEngineQuery(['projections', 'list'], {}).data?.projections.find(
    ({ name }) => name === reducer,
  );
  const has = status !== undefined && status.aggregateTypes !== null;
  const row = useEngineQuery(['aggregates', 'row'], { ref, cut, projection: reducer }, { enabled: has });
  const run = useEngineAction(['projections', 'run']);
  const isRunning = useJobs(({ jobs }) => jobs).some(
    ({ id, status: state }) => id === status?.jobId && state === 'running',
  );
  if (status !== undefined && !has)
    return <EmptyState title="The rows of this projection are no aggregates" />;
  if (!has)
    return (
      <EmptyState title={`${shown(reducer)} keeps no table`}>
        Choose the reducer of a projection in the bar at the top, or make a projection of it.
      </EmptyState>
    );
  if (row.error !== null) return <ErrorState error={row.error} onRetry={() => void row.refetch()} compact />;
  if (row.data === undefined) return <Skeleton lines={12} />;
  const { state, columns, cells } = row.data;
  const replay = (
    <Button
      look={state.state === 'none' ? 'primary' : 'plain'}
      icon={<Play />}
      disabled={isRunning || run.isPending}
      onClick={() =>
        run.mutate(
          { name: reducer, rebuild: status.builtAt !== null && state.state !== 'ready' },
          { onError: toastError },
        )
      }
    >
      {isRunning ? 'Replaying…' : 'Replay'}
    </Button>
  );
  if (state.state === 'none')
    return (
      <EmptyState title={`${shown(status.title)} was not replayed with its history yet`} action={replay}>
        A replay folds every captured event once; then any moment is read.
      </EmptyState>
    );
  const partial =
    state.state === 'stale'
      ? `The values are of version ${state.version} of the definition, which was changed since.`
      : state.behind > 0
        ? `${plural(state.behind, 'captured record')} not taken in yet.`
        : null;
  return (
    <>
      {partial === null ? null : (
        <Callout tone="warn" title={partial}>
          {replay}
        </Callout>
      )}
      {cells === null ? (
        <EmptyState title="There is no row for it yet">{`${shown(ref.id)} · ${cutPhrase(cut)}`}</EmptyState>
      ) : (
        <dl className={styles.projectedRow} aria-label={`Row of ${shown(reducer)}`}>
          {columns.map(({ name }, at) => {
            const cell = cells[at] ?? null;
            const kind = cellKind(cell);
            return (
              <div key={name} className={styles.projectedPair}>
                <dt>{shown(name)}</dt>
                <dd className={kind === 'number' ? styles.projectedNumber : undefined}>
                  {kind === 'null' || kind === 'empty' ? (
                    <span className={styles.noRow}>
                      {state.withheld.includes(name)
                        ? 'too large to be kept'
                        : kind === 'null'
                          ? 'NULL'
                          : 'empty text'}
                    </span>
                  ) : (
                    shown(cellText(cell, name))
                  )}
                </dd>
              </div>
            );
          })}
        </dl>
      )}
      <p className={styles.proof}>
        <Button look="quiet" onClick={() => go(['aggregates'], { columns: reducer, type: ref.type })}>
          All of them with these columns
        </Button>
      </p>
    </>
  );
}
