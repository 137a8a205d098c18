import { useMemo, useState } from 'react';
import type { aggregates } from '../../../contract/aggregates.ts';
import type { ArrivalRow } from '../../../contract/clocks.ts';
import type { AggregateRef } from '../../../contract/common.ts';
import type { Output } from '../../../contract/contract.ts';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { TypeDot } from '../../components/TypeMark.tsx';
import { type TableColumn, VirtualTable } from '../../components/VirtualTable.tsx';
import { go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatSpan, formatTime } from '../../lib/format.ts';
import { usePagedRows } from '../../lib/pagedRows.ts';
import { callEngine } from '../../lib/queries.ts';
import { type ColourOf, useTypeColours } from '../../lib/typeColour.ts';

type Answer = Output<(typeof aggregates)['arrivals']>;

const columnsOf = (colourOf: ColourOf): readonly TableColumn<ArrivalRow>[] => [
  {
    id: 'recorded',
    title: 'Recorded',
    width: '200px',
    mono: true,
    cell: (row) => formatTime(row.recordedAt),
  },
  {
    id: 'occurred',
    title: 'Occurred',
    width: '200px',
    mono: true,
    cell: (row) => (row.occurredAt === null ? '' : formatTime(row.occurredAt)),
  },
  { id: 'delay', title: 'After', width: '72px', align: 'right', cell: (row) => formatSpan(row.delayMs) },
  {
    id: 'kind',
    title: 'Arrival',
    width: '96px',
    cell: (row) => <Tag tone={row.backdated ? 'bad' : 'warn'}>{row.backdated ? 'backdated' : 'late'}</Tag>,
  },
  {
    id: 'event',
    title: 'Event',
    width: 'minmax(160px, 1fr)',
    cell: (row) => (
      <>
        <TypeDot colour={colourOf(row.type)} />
        {row.version === null ? '' : `v${row.version} · `}
        {shown(row.sentence)}
      </>
    ),
    hover: (row) => shown(row.sentence),
  },
];

interface ArrivalsListProps {
  subject: AggregateRef;
  /** A row was chosen: its two times. */
  onChoose: (row: ArrivalRow) => void;
}

/** The events that arrived after the fact, in the order they were recorded. Enter opens the timeline at one. */
export function ArrivalsList({ subject, onChoose }: ArrivalsListProps) {
  const [selected, setSelected] = useState(-1);
  const colourOf = useTypeColours();
  const columns = useMemo(() => columnsOf(colourOf), [colourOf]);
  const rows = usePagedRows<ArrivalRow, Answer>(['aggregates', 'arrivals', subject], (page, signal) =>
    callEngine(['aggregates', 'arrivals'], { ref: subject, ...page }, signal),
  );
  if (rows.error !== null) return <ErrorState error={rows.error} onRetry={rows.retry} compact />;
  if (rows.isLoading) return <Skeleton lines={4} />;
  if (rows.total === 0)
    return (
      <EmptyState title="Nothing arrived after the fact">
        Every event was recorded within a day of its occurring and in the order of its occurring, as far as
        the clocks of producers tell.
      </EmptyState>
    );
  return (
    <VirtualTable
      label="Events that arrived after the fact"
      columns={columns}
      total={rows.total}
      getRow={rows.getRow}
      onRange={rows.onRange}
      isOld={rows.isOld}
      selected={Math.min(selected, rows.total - 1)}
      onSelect={(index) => {
        setSelected(index);
        const row = rows.getRow(index);
        if (row !== undefined) onChoose(row);
      }}
      onOpen={(index) => {
        const row = rows.getRow(index);
        if (row !== undefined) go(['aggregates', subject.type, subject.id], { event: row.id });
      }}
    />
  );
}
