import { useState } from 'react';
import type { Output } from '../../../contract/contract.ts';
import type { ProjectionStatus, projections } from '../../../contract/projections.ts';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { type TableColumn, VirtualTable } from '../../components/VirtualTable.tsx';
import { go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount } from '../../lib/format.ts';
import { usePagedRows } from '../../lib/pagedRows.ts';
import { callEngine } from '../../lib/queries.ts';
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
export function FailuresTab({ status }: { status: ProjectionStatus }) {
  const [selected, setSelected] = useState(0);
  const rows = usePagedRows<Failure, Failures>(
    ['projections', 'failures', status.name, status.failed, status.builtAt],
    (page, signal) => callEngine(['projections', 'failures'], { name: status.name, ...page }, signal),
  );
  if (rows.error !== null && rows.head === undefined)
    return <ErrorState error={rows.error} onRetry={rows.retry} />;
  if (rows.isLoading) return <Skeleton lines={6} />;
  if (rows.total === 0)
    return (
      <EmptyState title={status.builtAt === null ? 'Not built yet' : 'Every record was taken in'}>
        Records that a reducer cannot fold are kept here with the reason, and are left out of the rows.
      </EmptyState>
    );
  return (
    <>
      <p className={styles.moreLine}>
        These records changed nothing in the rows. Enter opens one in Events; correct the definition and
        rebuild to take them in.
      </p>
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
