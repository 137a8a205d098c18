import { useState } from 'react';
import type { CompareRow } from '../../../contract/compare.ts';
import type { Output } from '../../../contract/contract.ts';
import type { AlignedEvent, Folded, WhatIfQuestion, whatif } from '../../../contract/whatif.ts';
import { Columns } from '../../components/Columns.tsx';
import { Panel, PanelHeader } from '../../components/Panel.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { type TableColumn, VirtualTable } from '../../components/VirtualTable.tsx';
import { go, setParams, useAddress } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatTime } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { usePagedRows } from '../../lib/pagedRows.ts';
import { callEngine } from '../../lib/queries.ts';
import { differenceColumns } from '../compare/DifferenceTable.tsx';
import { MARKS } from './LogEditor.tsx';
import styles from './whatif.module.css';

type EventsAnswer = Output<(typeof whatif)['events']>;
type StatesAnswer = Output<(typeof whatif)['states']>;

/** One aggregate, or one row, under the hypothesis that was run: both logs aligned, both states after the chosen event. */
export function Opened({ subject: ref, question }: { subject: Folded; question: WhatIfQuestion }) {
  const { params } = useAddress();
  const { cut, reducer, hypothesis } = question;
  const subject = { ref, cut, reducer, hypothesis };
  const rows = usePagedRows<AlignedEvent, EventsAnswer>(['whatif', 'events', subject], (page, signal) =>
    callEngine(['whatif', 'events'], { ...subject, ...page }, signal),
  );
  const first = rows.head?.firstIndex ?? 0;
  const at = Number(params.get('at') ?? first);
  const index = Math.max(0, Math.min(Number.isSafeInteger(at) ? at : 0, Math.max(rows.total - 1, 0)));
  const select = (next: number) => setParams({ at: next });
  const chosen = rows.getRow(index);
  const timeline = 'key' in ref ? (chosen?.row?.aggregate ?? null) : ref;
  const step = (by: -1 | 1) => {
    const next = index + by;
    if (next >= 0 && next < rows.total) select(next);
  };
  const group = 'What-if';
  useCommands([
    {
      id: 'whatif.earlier',
      title: 'One event earlier',
      group,
      keys: 'arrowleft',
      hint: 'step',
      run: () => step(-1),
    },
    {
      id: 'whatif.later',
      title: 'One event later',
      group,
      keys: 'arrowright',
      hint: 'step',
      run: () => step(1),
    },
    {
      id: 'whatif.first',
      title: 'To the first difference',
      group,
      keys: 'f',
      hint: 'first difference',
      run: () => select(first),
    },
    {
      id: 'whatif.timeline',
      title: 'Open the real timeline here',
      group,
      keys: 'o',
      hint: 'timeline',
      disabled: timeline === null || chosen === undefined || chosen.id < 0,
      run: () => timeline !== null && go(['aggregates', timeline.type, timeline.id], { event: chosen?.id }),
    },
  ]);
  if (rows.error !== null) return <ErrorState error={rows.error} onRetry={rows.retry} compact />;
  if (rows.isLoading) return <Skeleton lines={6} />;
  return (
    <Columns
      id="whatif-one"
      columns={[
        { id: 'logs', size: '53%', min: 220 },
        { id: 'states', min: 220 },
      ]}
    >
      <VirtualTable
        label="Both logs aligned"
        autoFocus
        columns={LOG_COLUMNS}
        total={rows.total}
        getRow={rows.getRow}
        onRange={rows.onRange}
        isOld={rows.isOld}
        selected={index}
        onSelect={select}
        rowClass={(each) => (each.differs ? styles.differs : undefined)}
      />
      <States subject={subject} index={index} />
    </Columns>
  );
}

function Side({ event, side }: { event: AlignedEvent; side: 'real' | 'hypothetical' }) {
  const { mark, row, type, problem } = event;
  const isThere =
    side === 'real'
      ? mark !== 'inserted' && mark !== 'moved-to' && mark !== 'row-to'
      : mark !== 'skipped' && mark !== 'moved-from' && mark !== 'row-from';
  if (!isThere) return <span className={styles.faint}>{side === 'real' ? '' : MARKS[mark]}</span>;
  const isOther = side === 'hypothetical' && mark !== 'same';
  if (side === 'hypothetical' && mark === 'same' && problem.hypothetical === problem.real)
    return <span className={styles.faint}>the same</span>;
  const words = isOther && mark !== 'moved-to' ? `${type} (${MARKS[mark]})` : (row?.sentence ?? type);
  return (
    <span className={isOther ? styles.hypo : undefined}>
      {shown(words)}
      {problem[side] === null ? null : (
        <span className={styles.warn} title={shown(problem[side])}>
          {' '}
          ⚠
        </span>
      )}
    </span>
  );
}

const LOG_COLUMNS: TableColumn<AlignedEvent>[] = [
  {
    id: 'at',
    title: 'Recorded',
    width: '144px',
    cell: ({ row }) => (row === null ? '' : formatTime(row.recordedAt, 'min')),
    hover: ({ row }) => (row === null ? '' : formatTime(row.recordedAt)),
  },
  {
    id: 'real',
    title: 'Real log',
    width: 'minmax(84px, 1.2fr)',
    cell: (event) => <Side event={event} side="real" />,
    hover: ({ row }) => shown(row?.sentence ?? ''),
  },
  {
    id: 'hypothetical',
    title: 'Hypothetical',
    width: 'minmax(104px, 0.8fr)',
    cell: (event) => <Side event={event} side="hypothetical" />,
  },
  {
    id: 'state',
    title: <span title="Whether the states differ after it">≠</span>,
    width: '32px',
    align: 'right',
    cell: ({ differs }) =>
      differs ? (
        <span className={styles.bad} title="The states differ after it">
          ≠
        </span>
      ) : (
        '='
      ),
  },
];

interface StatesProps {
  subject: Pick<WhatIfQuestion, 'cut' | 'reducer' | 'hypothesis'> & { ref: Folded };
  index: number;
}

const COLUMNS = differenceColumns({ a: 'Real', b: 'Hypothetical', delta: 'By' }, true);

function States({ subject, index }: StatesProps) {
  const [show, setShow] = useState<'differences' | 'all'>('differences');
  const [selected, setSelected] = useState(0);
  const asked = { ...subject, index, show };
  const rows = usePagedRows<CompareRow, StatesAnswer>(['whatif', 'states', asked], (page, signal) =>
    callEngine(['whatif', 'states'], { ...asked, ...page }, signal),
  );
  const { head } = rows;
  return (
    <Panel
      label="Both states"
      fills
      head={
        <PanelHeader
          title="States after it"
          note={head === undefined ? '' : `${formatCount(head.different)} differ`}
        >
          <Segmented
            label="Lines to show"
            value={show}
            onValue={setShow}
            options={[
              { value: 'differences', label: 'Differences' },
              { value: 'all', label: 'All' },
            ]}
          />
        </PanelHeader>
      }
    >
      {rows.error !== null ? (
        <ErrorState error={rows.error} onRetry={rows.retry} compact />
      ) : rows.isLoading ? (
        <Skeleton lines={4} />
      ) : rows.total === 0 ? (
        <EmptyState title="No difference here">
          Both states are the same after this event, in every digit.
        </EmptyState>
      ) : (
        <VirtualTable
          label="Both states line by line"
          columns={COLUMNS}
          total={rows.total}
          getRow={rows.getRow}
          onRange={rows.onRange}
          isOld={rows.isOld}
          selected={Math.min(selected, rows.total - 1)}
          onSelect={setSelected}
        />
      )}
    </Panel>
  );
}
