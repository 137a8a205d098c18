import { Boxes, RotateCcw } from 'lucide-react';
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react';
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

/**
 * What is done with the chosen event; `select` and `move` go by so many places, `place` chooses one, `find` the event of an
 * id, which is near.
 */
type Act = 'skip' | 'edit' | 'insert' | 'move' | 'select' | 'place' | 'find';
type Queued = readonly [what: Act, by: number];

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
  const rows = usePagedRows<AlignedEvent, EventsAnswer>(
    ['whatif', 'events', asked],
    (page, signal) => callEngine(['whatif', 'events'], { ...asked, ...page }, signal),
    { chosen: selected },
  );
  const at = Math.min(selected, rows.total - 1);
  const row = rows.getRow(at);
  const put = (next: LogChange[]) => setChanges(ref, next);
  const isReal = row !== undefined && row.id >= 0 && row.mark !== 'moved-from';

  /** A change gives places of the list to others; the event that it is about stays chosen. */
  const change = (id: number, next: LogChange[]) => {
    put(next);
    setEarly((others) => [['find', id], ...others]);
  };
  /** How many dialogs were asked for: only the newest one opens, however late its payload comes. */
  const dialogs = useRef(0);
  const openDialog = () => {
    dialogs.current += 1;
    // What was pressed behind it was meant for the dialog.
    setEarly([]);
  };
  const acts: Record<Act, (by: number) => void> = {
    skip() {
      if (row === undefined) return;
      const isAsItWas = row.mark === 'same' && row.id >= 0;
      change(
        row.id,
        isAsItWas ? [...changes, { change: 'skip', id: row.id }] : withoutChangesOf(changes, row.id),
      );
    },
    edit() {
      if (row === undefined || !isReal || row.mark === 'skipped') return;
      openDialog();
      const edited = changes.findLast((change) => change.change === 'edit' && change.id === row.id);
      if (edited?.change === 'edit') {
        setEditing({ what: 'edit', id: row.id, event: { type: edited.type ?? row.type, data: edited.data } });
        return;
      }
      const opened = dialogs.current;
      callEngine(['whatif', 'payload'], { id: row.id })
        .then((event) => opened === dialogs.current && setEditing({ what: 'edit', id: row.id, event }))
        .catch(showProblem);
    },
    insert() {
      if (row === undefined || row.mark === 'skipped' || row.mark === 'moved-from') return;
      openDialog();
      setEditing({ what: 'insert', id: row.id, event: { type: '', data: '{\n  \n}' } });
    },
    move(by) {
      if (row === undefined || !isReal || row.mark === 'skipped') return;
      const after = behindWhich(rows.getRow, rows.total, at, by);
      if (after === undefined) return;
      // Only the last change may go: those behind another one name inserted events by their place among the changes.
      const last = changes.at(-1);
      const others = last?.change === 'move' && last.id === row.id ? changes.slice(0, -1) : changes;
      change(row.id, [...others, { change: 'move', id: row.id, after }]);
    },
    select(by) {
      setSelected(Math.max(0, at + by));
    },
    place: setSelected,
    find(id) {
      setSelected(placeOf(rows.getRow, rows.total, at, id));
    },
  };
  // Every change makes other rows of the log: keys that are quicker wait for these, in their order.
  const [early, setEarly] = useState<readonly Queued[]>([]);
  const isComing = (index: number) =>
    index >= 0 && index < rows.total && rows.getRow(index) === undefined && rows.error === null;
  const isWaiting = rows.isLoading || rows.isOld || [at - 1, at, at + 1].some(isComing);
  const act = (what: Act, by = 0) => {
    if (isWaiting || early.length > 0) setEarly((others) => [...others, [what, by]]);
    else acts[what](by);
  };
  // In an effect of layout, all that is set is set in one rendering: the next key finds its event.
  useLayoutEffect(() => {
    const [next] = early;
    if (next === undefined || isWaiting) return;
    setEarly(([, ...others]) => others);
    acts[next[0]](next[1]);
  });
  /** The rows that are awaited stand at other places: what was clicked is an event. */
  const pick = (index: number) => {
    const clicked = rows.getRow(index);
    const find: Queued[] = clicked === undefined ? [] : [['find', clicked.id]];
    if (early.length > 0) return setEarly((others) => [...others, ['place', index], ...find]);
    setSelected(index);
    if (rows.isOld) setEarly(find);
  };
  const onKey = (event: KeyboardEvent) => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    event.stopPropagation();
    act('move', event.key === 'ArrowUp' ? -1 : 1);
  };
  const group = 'What-if';
  useCommands([
    {
      id: 'whatif.skip',
      title: 'Skip the event, or take its change back',
      group,
      keys: 'x',
      hint: 'skip',
      run: () => act('skip'),
    },
    {
      id: 'whatif.edit',
      title: 'Edit the payload of the event',
      group,
      keys: 'e',
      hint: 'edit',
      run: () => act('edit'),
    },
    {
      id: 'whatif.insert',
      title: 'Insert an event after this one',
      group,
      keys: 'i',
      hint: 'insert',
      run: () => act('insert'),
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
        <Button look="quiet" keys="x" disabled={row === undefined} onClick={() => act('skip')}>
          {row === undefined || row.mark === 'same' ? 'Skip' : 'As it was'}
        </Button>
        <Button look="quiet" keys="e" disabled={!isReal} onClick={() => act('edit')}>
          Edit
        </Button>
        <Button look="quiet" keys="i" disabled={row === undefined} onClick={() => act('insert')}>
          Insert
        </Button>
        <IconButton
          label="All as it was"
          disabled={changes.length === 0}
          onClick={() => {
            setEarly([]);
            put([]);
          }}
        >
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
            selected={at}
            onPick={pick}
            onSelect={(index) => (early.length > 0 ? act('select', index - at) : setSelected(index))}
            onOpen={() => act('edit')}
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
              const edit: LogChange = { change: 'edit', id, data, type };
              const place = changes.findIndex((change) => change.change === 'edit' && change.id === id);
              put(place === -1 ? [...changes, edit] : changes.with(place, edit));
            }
            setEditing(null);
          }}
        />
      )}
    </div>
  );
}

type GetRow = (index: number) => AlignedEvent | undefined;

/**
 * The event behind which one comes that goes a place up or down in the hypothetical log; null: it becomes the first.
 * Undefined: it cannot.
 */
function behindWhich(getRow: GetRow, total: number, from: number, by: number): number | null | undefined {
  const isThere = (row: AlignedEvent | undefined) => row?.mark !== 'skipped' && row?.mark !== 'moved-from';
  const next = (index: number) => {
    let to = index + by;
    while (to >= 0 && to < total && !isThere(getRow(to))) to += by;
    return to;
  };
  const other = next(from);
  if (by > 0 || other < 0) return getRow(other)?.id;
  const before = next(other);
  return before < 0 ? null : getRow(before)?.id;
}

/** No change moves its event further than this in the list, unless it takes back others. */
const NEAR = 200;

/** Where the event with this id stands in the hypothetical log, looked for from a place on; not found: that place. */
function placeOf(getRow: GetRow, total: number, from: number, id: number): number {
  for (let away = 0; away < NEAR; away += 1)
    for (const index of [from + away, from - away]) {
      const row = index < 0 || index >= total ? undefined : getRow(index);
      if (row?.id === id && row.mark !== 'moved-from') return index;
    }
  return from;
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
