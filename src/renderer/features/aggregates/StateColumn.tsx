import type { UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { TimelineInfo } from '../../../contract/events.ts';
import { formatJson, parseJson } from '../../../core/json.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { JsonTree } from '../../components/JsonTree.tsx';
import { Callout, Panel, PanelHeader } from '../../components/Panel.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import type { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { formatDuration, formatSpan, formatTime, plural } from '../../lib/format.ts';
import styles from './aggregates.module.css';
import { eventMark, setterOf } from './names.ts';
import type { StateAnswer } from './timelinePages.ts';
import { type Timeline, useRowsAt } from './useTimeline.ts';

interface StateColumnProps {
  timeline: Timeline;
  info: TimelineInfo;
  state: UseQueryResult<StateAnswer, EngineError>;
}

/** The state after the chosen event: what it changed in place, and at the edge who set each value. */
export function StateColumn({ timeline, info, state }: StateColumnProps) {
  const { row, index, path } = timeline;
  const answer = state.data;
  const json = useMemo(() => (answer === undefined ? '' : formatJson(parseJson(answer.state), 2)), [answer]);
  const isAfter = row?.afterCut === true;
  const title =
    index < 0
      ? 'State before the first event'
      : row === undefined
        ? 'State'
        : `State after ${eventMark(row)}`;
  const note = [
    row === undefined ? '' : formatTime(row.recordedAt),
    answer === undefined
      ? ''
      : `fold of ${plural(answer.folded, 'event')} · ${formatDuration(answer.tookMs)}`,
  ]
    .filter(Boolean)
    .join(' · ');
  return (
    <Panel
      label="State"
      fills
      className={styles.statePanel}
      head={
        <PanelHeader title={title} note={note}>
          {isAfter ? <Tag tone="warn">after the cut</Tag> : null}
          <Segmented
            label="Ways to see the state"
            value={timeline.view}
            onValue={timeline.setView}
            options={[
              { value: 'tree', label: 'Tree' },
              { value: 'json', label: 'JSON' },
            ]}
          />
          <CopyButton text={() => json} label="Copy the state as JSON" />
        </PanelHeader>
      }
    >
      {state.error !== null ? (
        <ErrorState error={state.error} onRetry={() => void state.refetch()} compact />
      ) : answer === undefined ? (
        <Skeleton lines={12} />
      ) : (
        <>
          {answer.problems.length === 0 ? null : (
            <Callout
              tone="warn"
              title={`${plural(answer.problems.length, 'event')} could not be folded with ${shown(info.reducer.name)}`}
            >
              {shown(answer.problems[0]!.message)}
              {answer.problems.length > 1 ? ` (and ${answer.problems.length - 1} more)` : ''}
            </Callout>
          )}
          {timeline.view === 'json' ? (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling text must be reachable by keyboard.
            <pre className={styles.json} tabIndex={0}>
              {shown(json, true)}
            </pre>
          ) : answer.state === '{}' || answer.state === 'null' ? (
            <p className={styles.nothingYet}>
              {index < 0 ? 'Nothing has happened yet: the state is empty.' : 'The state is empty.'}
            </p>
          ) : (
            <StateTree timeline={timeline} answer={answer} path={path} />
          )}
        </>
      )}
    </Panel>
  );
}

function StateTree({
  timeline,
  answer,
  path,
}: {
  timeline: Timeline;
  answer: StateAnswer;
  path: string | null;
}) {
  const changes = useMemo(() => new Map(answer.changes.map((change) => [change.path, change])), [answer]);
  const blame = useMemo(() => new Map(answer.blame.map((entry) => [entry.path, entry.index])), [answer]);
  const rowAt = useRowsAt(timeline.subject, [answer.index, ...answer.blame.map((entry) => entry.index)]);
  const now = rowAt(answer.index);
  return (
    <JsonTree
      json={answer.state}
      label="State"
      changes={changes}
      selected={path}
      onSelect={timeline.setPath}
      blame={(at) => {
        const setter = blame.get(at) ?? (path === at ? setterOf(answer.blame, at) : null);
        if (setter === null) return undefined;
        const row = rowAt(setter);
        if (row === undefined) return '…';
        const age =
          now === undefined
            ? ''
            : setter === answer.index
              ? 'now'
              : formatSpan(now.recordedAt - row.recordedAt);
        return (
          <span
            title={`${shown(row.type)}: ${shown(row.sentence)}\n${formatTime(row.recordedAt)}`}
            className={setter === answer.index ? styles.blameNow : undefined}
          >
            {eventMark(row)} · {age}
          </span>
        );
      }}
    />
  );
}
