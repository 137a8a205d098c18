import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { SetBy, StateLine } from '../../../contract/aggregates.ts';
import { parseJson } from '../../../core/json.ts';
import { JsonTree } from '../../components/JsonTree.tsx';
import { ErrorState, Skeleton } from '../../components/States.tsx';
import { type TreeLine, TreeView } from '../../components/TreeView.tsx';
import { Value, valueText } from '../../components/Value.tsx';
import { shown } from '../../lib/escape.ts';
import { formatSpan, formatTime, plural } from '../../lib/format.ts';
import { usePagedRows } from '../../lib/pagedRows.ts';
import { callEngine } from '../../lib/queries.ts';
import styles from './aggregates.module.css';
import { eventMark, latestInside } from './names.ts';
import { knownRow, type StateAnswer } from './timelinePages.ts';
import type { Timeline } from './useTimeline.ts';

interface StateTreeProps {
  timeline: Timeline;
  answer: StateAnswer;
}

/** The state as a tree: what the event changed in place, and at the edge who set each value and how long ago. */
export function StateTree({ timeline, answer }: StateTreeProps) {
  const { path } = timeline;
  const changes = useMemo(() => new Map(answer.changes.map((change) => [change.path, change])), [answer]);
  const setters = useMemo(() => new Map(answer.blame.map((entry) => [entry.path, entry])), [answer]);
  return (
    <JsonTree
      json={answer.state}
      label="State"
      changes={changes}
      selected={path}
      onSelect={timeline.setPath}
      blame={(at) => {
        const by = setters.get(at) ?? (path === at ? latestInside(answer.blame, at) : null);
        return by === null ? undefined : <Blame by={by} timeline={timeline} index={answer.index} />;
      }}
    />
  );
}

interface BlameProps {
  by: SetBy;
  timeline: Timeline;
  /** Place of the event after which the state is shown. */
  index: number;
}

/** `v388 · 4 s`: who set a value; a click goes there. */
function Blame({ by, timeline, index }: BlameProps) {
  const isNow = by.index === index;
  const now = knownRow(timeline.subject, index)?.recordedAt;
  const age = isNow ? 'now' : now === undefined ? '' : formatSpan(now - by.at);
  const row = knownRow(timeline.subject, by.index);
  const words = row === undefined ? '' : `${shown(row.type)}: ${shown(row.sentence)}\n`;
  return (
    <button
      type="button"
      tabIndex={-1}
      className={isNow ? styles.blameNow : styles.blame}
      title={`${words}${formatTime(by.at)}`}
      onClick={(event) => {
        event.stopPropagation();
        timeline.select(by.index);
      }}
    >
      {eventMark(by)}
      {age === '' ? '' : ` · ${age}`}
    </button>
  );
}

type LinesAnswer = { index: number; rows: StateLine[]; total: number };

/** A state that is too long to be sent whole: its lines come as they are scrolled to. */
export function LongStateTree({ timeline, answer }: StateTreeProps) {
  const { subject, path, setPath } = timeline;
  const { index } = answer;
  const [toggled, setToggled] = useState<string[]>([]);
  const [at, setAt] = useState(-1);
  const rows = usePagedRows<StateLine, LinesAnswer>(
    ['aggregates', 'stateLines', { ...subject, index, toggled }],
    (page, signal) =>
      callEngine(['aggregates', 'stateLines'], { ...subject, index, toggled, ...page }, signal),
  );
  // Lines above may have come or gone: the path counts, not its place.
  const place = at >= 0 && rows.getRow(at)?.path === path ? at : -1;
  useEffect(() => {
    if (path === null) setAt(-1);
  }, [path]);
  if (rows.error !== null) return <ErrorState error={rows.error} onRetry={rows.retry} compact />;
  if (rows.isLoading) return <Skeleton lines={12} />;
  return (
    <TreeView
      label="State"
      total={rows.total}
      lineAt={(line) => treeLine(rows.getRow(line))}
      onRange={rows.onRange}
      at={place === -1 ? at : place}
      selected={path}
      onSelect={(next, line) => {
        setAt(line);
        setPath(next);
      }}
      onToggle={(branch) =>
        setToggled((before) =>
          before.includes(branch) ? before.filter((each) => each !== branch) : [...before, branch],
        )
      }
      edge={(_, line) => {
        const by = rows.getRow(line)?.setBy ?? null;
        return by === null ? undefined : <Blame by={by} timeline={timeline} index={index} />;
      }}
    />
  );
}

function treeLine(line: StateLine | undefined): TreeLine | undefined {
  if (line === undefined) return undefined;
  const { branch, value } = line;
  let text: ReactNode = null;
  let whole: string | undefined;
  if (branch !== null)
    text = `${branch.kind === 'list' ? '[' : '{'} ${plural(branch.members, branch.kind === 'list' ? 'item' : 'field')} ${branch.kind === 'list' ? ']' : '}'}`;
  else if (value !== null) {
    const parsed = parseJson(value);
    text = <Value value={parsed} />;
    if (typeof parsed === 'string') whole = valueText(parsed);
  }
  return {
    ...line,
    value: <span title={whole}>{text}</span>,
    branch: branch !== null,
    open: branch?.open ?? false,
  };
}
