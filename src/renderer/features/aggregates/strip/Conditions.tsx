import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { memo, type ReactNode, useCallback, useRef, useState } from 'react';
import type { InvariantTrack } from '../../../../contract/invariants.ts';
import { Button } from '../../../components/Button.tsx';
import { Dialog } from '../../../components/Dialog.tsx';
import { Field, Input } from '../../../components/Field.tsx';
import type { Drawing } from '../../../lib/canvas.ts';
import { shown } from '../../../lib/escape.ts';
import { formatCount, formatTime, plural } from '../../../lib/format.ts';
import { useCommands } from '../../../lib/keys.ts';
import { callEngine, useEngineQuery } from '../../../lib/queries.ts';
import type { Subject } from '../timelinePages.ts';
import styles from './strip.module.css';
import { Lane, shareOf } from './tracks.tsx';
import type { Span } from './zoom.ts';

/** Conditions that a person watches, by type of aggregate; on this machine. */
const KEPT = 'hindcast.timeline.conditions';
const MOST_CONDITIONS = 6;
/** Violations nearer together than this (share of the width) are chosen as one: the first of them. */
const SLOT = 1 / 48;

function readKept(type: string): string[] {
  try {
    const all = JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Record<string, unknown>;
    const own = all[type];
    return Array.isArray(own) ? own.filter((each) => typeof each === 'string').slice(0, MOST_CONDITIONS) : [];
  } catch {
    return [];
  }
}

function writeKept(type: string, conditions: readonly string[]): void {
  let all: Record<string, unknown> = {};
  try {
    all = JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Record<string, unknown>;
  } catch {
    // What cannot be read is written anew.
  }
  localStorage.setItem(KEPT, JSON.stringify({ ...all, [type]: conditions }));
}

export interface Conditions {
  tracks: readonly InvariantTrack[];
  /** Those that only a person added, by expression. */
  own: readonly string[];
  remove(expression: string): void;
  dialog: ReactNode;
}

/** Conditions along the life: those of the projection that folds it, and those a person watches. */
export function useConditions(subject: Subject): Conditions {
  const { type } = subject.ref;
  const [own, setOwn] = useState(() => readKept(type));
  const [isOpen, setOpen] = useState(false);
  const asked = { ref: subject.ref, cut: subject.cut, reducer: subject.reducer };
  const declared = useEngineQuery(['invariants', 'tracks'], { ...asked, conditions: null });
  const watched = useEngineQuery(
    ['invariants', 'tracks'],
    { ...asked, conditions: own.map((expression) => ({ name: expression, expression })) },
    { enabled: own.length > 0 },
  );
  // The same condition may be declared and watched, or declared twice.
  const tracks = new Map<string, InvariantTrack>();
  for (const track of [
    ...(declared.data?.tracks ?? []),
    ...(own.length === 0 ? [] : (watched.data?.tracks ?? [])),
  ])
    if (!tracks.has(track.expression)) tracks.set(track.expression, track);
  const newest = useRef(own);
  const keep = useCallback(
    (change: (own: readonly string[]) => string[]) => {
      newest.current = change(newest.current);
      writeKept(type, newest.current);
      setOwn(newest.current);
    },
    [type],
  );
  const add = useCallback(
    (expression: string) => keep((before) => [...before.filter((each) => each !== expression), expression]),
    [keep],
  );
  const remove = useCallback(
    (expression: string) => keep((before) => before.filter((each) => each !== expression)),
    [keep],
  );
  const close = useCallback(() => setOpen(false), []);
  useCommands([
    {
      id: 'timeline.condition',
      title: 'Watch a condition on the strip',
      group: 'Timeline',
      keys: 'i',
      hint: 'watch',
      run: () => setOpen(true),
    },
  ]);
  return {
    tracks: [...tracks.values()],
    own: own.filter((each) => !(declared.data?.tracks ?? []).some((track) => track.expression === each)),
    remove,
    dialog: (
      <ConditionDialog
        open={isOpen}
        subject={subject}
        isFull={own.length >= MOST_CONDITIONS}
        onClose={close}
        onAdd={add}
      />
    ),
  };
}

interface ConditionDialogProps {
  open: boolean;
  subject: Subject;
  isFull: boolean;
  onClose: () => void;
  onAdd: (expression: string) => void;
}

/** Asks for a condition; what it finds is said while it is typed. */
const ConditionDialog = memo(function ConditionDialog(props: ConditionDialogProps) {
  const { open, subject, isFull, onClose, onAdd } = props;
  const [text, setText] = useState('');
  const expression = text.trim();
  const { ref, cut, reducer } = subject;
  const tried = useQuery({
    queryKey: ['invariants', 'tracks', { ref, cut, reducer, conditions: expression }],
    queryFn: ({ signal }) =>
      callEngine(
        ['invariants', 'tracks'],
        { ref, cut, reducer, conditions: [{ name: expression, expression }] },
        signal,
      ),
    enabled: open && expression !== '' && expression.length <= 10_000,
  });
  const track = tried.data?.tracks[0];
  const problem = isFull
    ? `There are ${MOST_CONDITIONS} already; remove one first.`
    : (track?.problem?.message ?? tried.error?.message ?? '');
  const submit = () => {
    if (expression === '' || track === undefined || problem !== '') return;
    onAdd(expression);
    setText('');
    onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      onSubmit={submit}
      title="Watch a condition"
      description="It is looked at after every event, and its runs are drawn on the strip."
      footer={
        <Button look="primary" type="submit" disabled={track === undefined || problem !== ''}>
          Watch
        </Button>
      }
    >
      <Field
        layout="above"
        label="Condition on the state"
        hint={track === undefined || track.problem !== null ? 'balance >= 0' : verdictOf(track)}
        error={problem}
      >
        <Input mono autoFocus value={text} onValue={setText} />
      </Field>
    </Dialog>
  );
});

/** What was found, in words: `holds everywhere`, `broken 3 times, 2 healed`. */
function verdictOf({ violations, healed, runs }: InvariantTrack): string {
  if (violations > 0) return `broken ${plural(violations, 'time')}, ${formatCount(healed)} healed`;
  return runs.some(({ holds }) => holds === 'true') ? 'never broken' : 'cannot be said of any event';
}

/** The name of a condition beside its track. */
export const ConditionLabel = memo(function ConditionLabel({
  track,
  onRemove,
}: {
  track: InvariantTrack;
  onRemove: ((expression: string) => void) | null;
}) {
  return (
    <span
      className={styles.label}
      title={`${shown(track.expression)}: ${track.problem?.message ?? verdictOf(track)}`}
    >
      <span>{shown(track.name)}</span>
      {onRemove === null ? null : (
        <button
          type="button"
          className={styles.remove}
          aria-label={`Stop watching ${shown(track.name)}`}
          onClick={() => onRemove(track.expression)}
        >
          <X />
        </button>
      )}
    </span>
  );
});

interface ConditionTrackProps {
  track: InvariantTrack;
  window: Span;
  onPick: (index: number) => void;
}

/** Runs of a condition: green where it holds, red where it is broken, hatched where it cannot be said. */
export const ConditionTrack = memo(function ConditionTrack({ track, window, onPick }: ConditionTrackProps) {
  const { runs } = track;
  const draw = useCallback(
    ({ context, width, height, colour }: Drawing) => {
      const x = (time: number) => shareOf(window, time) * width;
      const colours = { true: colour('--add'), false: colour('--bad'), unknown: colour('--line2') };
      // Broken runs are drawn last and never thinner than can be seen.
      for (const kind of ['unknown', 'true', 'false'] as const) {
        context.fillStyle = colours[kind];
        context.globalAlpha = kind === 'true' ? 0.32 : 1;
        for (let at = 0; at < runs.length; at += 1) {
          const run = runs[at]!;
          if (run.holds !== kind) continue;
          // It stays so until the next event says otherwise.
          const from = x(run.fromAt);
          const to = x(runs[at + 1]?.fromAt ?? Math.max(run.toAt, window.to));
          if (to < 0 || from > width) continue;
          context.fillRect(from, 0, Math.max(kind === 'false' ? 3 : 1, to - from), height);
        }
      }
      context.globalAlpha = 1;
    },
    [runs, window],
  );
  const slots = new Map<number, { run: InvariantTrack['runs'][number]; more: number }>();
  for (const run of runs) {
    if (run.holds !== 'false' || run.toAt < window.from || run.fromAt > window.to) continue;
    const at = Math.floor(Math.max(0, shareOf(window, run.fromAt)) / SLOT);
    const slot = slots.get(at);
    if (slot === undefined) slots.set(at, { run, more: 0 });
    else slot.more += 1;
  }
  return (
    <div className={styles.track}>
      <Lane
        label={`${shown(track.name)}: ${track.problem?.message ?? verdictOf(track)}`}
        draw={draw}
        className={styles.under}
      />
      {[...slots.values()].map(({ run, more }) => (
        <button
          key={run.from}
          type="button"
          tabIndex={-1}
          className={styles.brokenRun}
          style={{ left: `${Math.max(0, shareOf(window, run.fromAt)) * 100}%` }}
          title={`${shown(track.name)} is broken from ${formatTime(run.fromAt)}, ${plural(run.to - run.from + 1, 'event')}${more === 0 ? '' : `; ${formatCount(more)} more beside it`}`}
          aria-label={`${shown(track.name)} broken from ${formatTime(run.fromAt)}`}
          onClick={() => onPick(run.from)}
        />
      ))}
    </div>
  );
});
