import { Boxes, RotateCcw } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import type { AggregateRef } from '../../../contract/common.ts';
import type { Output } from '../../../contract/contract.ts';
import type { AlignedEvent, Hypothesis, LogChange, whatif } from '../../../contract/whatif.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Callout } from '../../components/Panel.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { VirtualList } from '../../components/VirtualList.tsx';
import { getAddress, go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { useFocus } from '../../lib/focus.ts';
import { formatSigned, formatTime, plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { usePagedRows } from '../../lib/pagedRows.ts';
import { callEngine } from '../../lib/queries.ts';
import { showProblem } from '../events/showProblem.ts';
import { ChangeDialog, type EventText } from './ChangeDialog.tsx';
import { changesOf, setChanges, useDraft, withoutChangesOf } from './draft.ts';
import styles from './whatif.module.css';

type EventsAnswer = Output<(typeof whatif)['events']>;

export const MARKS: Record<AlignedEvent['mark'], string> = {
  same: '',
  edited: 'edited',
  skipped: 'skipped',
  inserted: 'inserted',
  'moved-from': 'moved away',
  'moved-to': 'moved here',
  'row-from': 'to another row',
  'row-to': 'from another row',
};

interface LogEditorProps {
  subject: AggregateRef | null;
  hypothesis: Hypothesis;
}

/** The log of one aggregate, to be changed as a trial: x skip, e edit, i insert, Alt with the arrows moves. */
export function LogEditor({ subject, hypothesis }: LogEditorProps) {
  if (subject === null)
    return (
      <EmptyState
        icon={<Boxes />}
        title="Choose an aggregate"
        action={<Button onClick={() => go(['aggregates'])}>Show all aggregates</Button>}
      >
        Open one and press W in its timeline: its events come here, to be skipped, edited, moved, or joined by
        new ones.
      </EmptyState>
    );
  return <Log key={`${subject.type} ${subject.id}`} subject={subject} hypothesis={hypothesis} />;
}

function Log({ subject: ref, hypothesis }: { subject: AggregateRef; hypothesis: Hypothesis }) {
  const { cut } = useFocus();
  const overlay = useDraft((draft) => draft.overlay);
  const changes = changesOf(overlay, ref);
  // The timeline hands over the place it stood at; changes that are there already may have shifted it.
  const [selected, setSelected] = useState(() => Math.max(0, Number(getAddress().params.get('at')) || 0));
  const [editing, setEditing] = useState<{ what: 'edit' | 'insert'; event: EventText; id: number } | null>(
    null,
  );
  const asked = { ref, cut, reducer: null, hypothesis };
  const rows = usePagedRows<AlignedEvent, EventsAnswer>(['whatif', 'events', asked], (page, signal) =>
    callEngine(['whatif', 'events'], { ...asked, ...page }, signal),
  );
  const row = rows.getRow(selected);
  const put = (next: LogChange[]) => setChanges(ref, next);
  const isReal = row !== undefined && row.id >= 0 && row.mark !== 'moved-from';

  const toggleSkip = () => {
    if (row === undefined) return;
    if (row.mark === 'same' && row.id >= 0) put([...changes, { change: 'skip', id: row.id }]);
    else put(withoutChangesOf(changes, row.id));
  };
  const openEdit = () => {
    if (row === undefined || !isReal || row.mark === 'skipped') return;
    const edited = changes.findLast((change) => change.change === 'edit' && change.id === row.id);
    if (edited?.change === 'edit') {
      setEditing({ what: 'edit', id: row.id, event: { type: edited.type ?? row.type, data: edited.data } });
      return;
    }
    callEngine(['whatif', 'payload'], { id: row.id })
      .then((event) => setEditing({ what: 'edit', id: row.id, event }))
      .catch(showProblem);
  };
  const openInsert = () => {
    if (row === undefined || row.mark === 'skipped' || row.mark === 'moved-from') return;
    setEditing({ what: 'insert', id: row.id, event: { type: '', data: '{\n  \n}' } });
  };
  const move = (by: -1 | 1) => {
    if (row === undefined || !isReal || row.mark === 'skipped') return;
    const others = changes.filter((change) => change.change !== 'move' || change.id !== row.id);
    const target = neighbour(rows.getRow, rows.total, selected, by);
    if (target === undefined) return;
    put([...others, { change: 'move', id: row.id, after: target.after }]);
    setSelected(target.index);
  };
  const onKey = (event: KeyboardEvent) => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    event.stopPropagation();
    move(event.key === 'ArrowUp' ? -1 : 1);
  };
  const group = 'What-if';
  useCommands([
    {
      id: 'whatif.skip',
      title: 'Skip the event, or take its change back',
      group,
      keys: 'x',
      hint: 'skip',
      run: toggleSkip,
    },
    {
      id: 'whatif.edit',
      title: 'Edit the payload of the event',
      group,
      keys: 'e',
      hint: 'edit',
      run: openEdit,
    },
    {
      id: 'whatif.insert',
      title: 'Insert an event after this one',
      group,
      keys: 'i',
      hint: 'insert',
      run: openInsert,
    },
    { id: 'whatif.move', title: 'Move the event earlier or later', group, keys: 'alt+arrowup', hint: 'move' },
  ]);
  const head = rows.head;
  return (
    <div className={styles.fill}>
      <div className={styles.tools}>
        <span className={styles.toolsText}>
          {changes.length === 0 ? (
            'as it is:'
          ) : (
            <b className={styles.changed}>{plural(changes.length, 'change')}</b>
          )}{' '}
          <code>{shown(ref.id)}</code>
        </span>
        <Button look="quiet" keys="x" disabled={row === undefined} onClick={toggleSkip}>
          {row === undefined || row.mark === 'same' ? 'Skip' : 'As it was'}
        </Button>
        <Button look="quiet" keys="e" disabled={!isReal} onClick={openEdit}>
          Edit
        </Button>
        <Button look="quiet" keys="i" disabled={row === undefined} onClick={openInsert}>
          Insert
        </Button>
        <IconButton label="All as it was" disabled={changes.length === 0} onClick={() => put([])}>
          <RotateCcw />
        </IconButton>
      </div>
      {head === undefined || head.problems.length === 0 ? null : (
        <Callout tone="warn" title="Not every change can be made">
          {head.problems.map(({ change, message }) => (
            <div key={change}>
              Change {change + 1}: {shown(message)}
            </div>
          ))}
        </Callout>
      )}
      {rows.error !== null ? (
        <ErrorState error={rows.error} onRetry={rows.retry} compact />
      ) : rows.isLoading ? (
        <Skeleton lines={8} />
      ) : rows.total === 0 ? (
        <EmptyState title="No events">
          The time in the top bar takes in no event of this aggregate.
        </EmptyState>
      ) : (
        <div className={styles.fill} onKeyDownCapture={onKey}>
          <VirtualList
            label="Hypothetical log"
            autoFocus
            total={rows.total}
            getRow={rows.getRow}
            onRange={rows.onRange}
            isOld={rows.isOld}
            selected={Math.min(selected, rows.total - 1)}
            onSelect={setSelected}
            onOpen={openEdit}
            rowClass={(each) => (each.differs ? styles.differs : undefined)}
            render={(each) => <LogLine event={each} />}
          />
        </div>
      )}
      {editing === null ? null : (
        <ChangeDialog
          what={editing.what}
          event={editing.event}
          onClose={() => setEditing(null)}
          onDone={({ type, data }) => {
            const { id } = editing;
            if (editing.what === 'insert') put([...changes, { change: 'insert', after: id, type, data }]);
            else {
              const others = changes.filter((change) => change.change !== 'edit' || change.id !== id);
              put([...others, { change: 'edit', id, data, type }]);
            }
            setEditing(null);
          }}
        />
      )}
    </div>
  );
}

/** Where an event comes to stand one place up or down among those of the hypothetical log. */
function neighbour(
  getRow: (index: number) => AlignedEvent | undefined,
  total: number,
  from: number,
  by: -1 | 1,
): { after: number | null; index: number } | undefined {
  const isThere = (row: AlignedEvent | undefined) => row?.mark !== 'skipped' && row?.mark !== 'moved-from';
  let at = from + by;
  while (at >= 0 && at < total && !isThere(getRow(at))) at += by;
  const other = getRow(at);
  if (other === undefined) return undefined;
  if (by === 1) return { after: other.id, index: at };
  let before = at - 1;
  while (before >= 0 && !isThere(getRow(before))) before -= 1;
  return { after: before < 0 ? null : getRow(before)!.id, index: at };
}

function LogLine({ event }: { event: AlignedEvent }) {
  const { row, mark, type } = event;
  const isGone = mark === 'skipped' || mark === 'moved-from';
  return (
    <div className={styles.logLine}>
      <span className={styles.words}>
        <span className={isGone ? styles.gone : styles.sentence}>{shown(row?.sentence ?? type)}</span>
        <span className={styles.sub}>
          {mark === 'same' ? null : <span className={styles.mark}>{MARKS[mark]}</span>}
          {row === null ? '' : formatTime(row.recordedAt)}
        </span>
      </span>
      {row?.amount == null ? null : <span className={styles.amount}>{formatSigned(row.amount)}</span>}
    </div>
  );
}
