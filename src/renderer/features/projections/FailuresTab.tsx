import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import type { Output } from '../../../contract/contract.ts';
import type { ProjectionStatus, projections } from '../../../contract/projections.ts';
import { Button } from '../../components/Button.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { toastError } from '../../components/Toast.tsx';
import { type TableColumn, VirtualTable } from '../../components/VirtualTable.tsx';
import { go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { usePagedRows } from '../../lib/pagedRows.ts';
import { callEngine, useEngineAction } from '../../lib/queries.ts';
import styles from './projections.module.css';

type Failures = Output<(typeof projections)['failures']>;
type Failure = Failures['rows'][number];

const COLUMNS: readonly TableColumn<Failure>[] = [
  {
    id: 'place',
    title: 'Place',
    width: 'minmax(220px, 340px)',
    mono: true,
    cell: ({ place }) => `${shown(place.topic)} [${place.partition}] @ ${formatCount(place.offset)}`,
    hover: ({ place }) => `${shown(place.topic)} [${place.partition}] @ ${place.offset}`,
  },
  {
    id: 'type',
    title: 'Type',
    width: 'minmax(140px, 220px)',
    cell: ({ type }) => (type === '' ? <span className="faint">no type</span> : shown(type)),
  },
  {
    id: 'message',
    title: 'Why',
    width: 'minmax(240px, 1fr)',
    cell: ({ message }) => shown(message),
    hover: ({ message }) => shown(message),
  },
];

/** Records that could not be folded; they changed nothing, and are not lost. */
export function FailuresTab({
  status,
  isBusy,
  onBuild,
}: {
  status: ProjectionStatus;
  isBusy: boolean;
  onBuild: () => void;
}) {
  const [selected, setSelected] = useState(0);
  const retry = useEngineAction(['projections', 'retry']);
  const run = (recordIds: number[] | null) =>
    retry.mutate({ name: status.name, recordIds }, { onError: toastError });
  const isWaiting = isBusy || retry.isPending;
  const retryOne = () => {
    const row = rows.getRow(selected);
    if (row !== undefined) run([row.id]);
  };
  const rows = usePagedRows<Failure, Failures>(
    ['projections', 'failures', status.name, status.failed, status.builtAt],
    (page, signal) => callEngine(['projections', 'failures'], { name: status.name, ...page }, signal),
  );
  useCommands([
    {
      id: 'projections.retryOne',
      title: 'Retry the chosen failed event',
      group: 'Projections',
      keys: 'r',
      hint: 'retry',
      disabled: isWaiting || rows.total === 0,
      run: retryOne,
    },
    {
      id: 'projections.retryAll',
      title: 'Retry all failed events',
      group: 'Projections',
      keys: 'shift+r',
      disabled: isWaiting || rows.total === 0,
      run: () => run(null),
    },
  ]);
  if (rows.error !== null && rows.head === undefined)
    return <ErrorState error={rows.error} onRetry={rows.retry} />;
  if (rows.isLoading) return <Skeleton lines={6} />;
  if (rows.total === 0)
    return (
      <EmptyState
        title={status.builtAt === null ? 'Not built yet' : 'Every record was taken in'}
        action={
          status.builtAt === null && !isBusy ? (
            <Button look="primary" onClick={onBuild}>
              Build {status.name}
            </Button>
          ) : null
        }
      >
        Events that a definition cannot apply are kept here with the reason; they are never lost.
      </EmptyState>
    );
  return (
    <>
      <div className={styles.tableLine}>
        <span className="ellipsis">
          {plural(rows.total, 'event')} could not be applied fully; all others are in the rows.
        </span>
        <span className={styles.actions}>
          <Button icon={<RotateCcw />} keys="r" disabled={isWaiting} onClick={retryOne}>
            Retry this
          </Button>
          <Button look="primary" icon={<RotateCcw />} disabled={isWaiting} onClick={() => run(null)}>
            Retry all {formatCount(rows.total)}
          </Button>
        </span>
      </div>
      <VirtualTable<Failure>
        label="Records that could not be folded"
        columns={COLUMNS}
        total={rows.total}
        getRow={rows.getRow}
        onRange={rows.onRange}
        selected={selected}
        onSelect={setSelected}
        isOld={rows.isOld}
        onOpen={(index) => {
          const row = rows.getRow(index);
          if (row !== undefined) go(['events'], { record: row.id });
        }}
      />
    </>
  );
}
