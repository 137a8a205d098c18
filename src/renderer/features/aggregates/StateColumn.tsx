import { useQuery } from '@tanstack/react-query';
import { Copy, History } from 'lucide-react';
import { memo, useCallback, useMemo, useRef, useState } from 'react';
import type { TimelineInfo } from '../../../contract/aggregates.ts';
import { formatJson, parseJson } from '../../../core/json.ts';
import { IconButton } from '../../components/Button.tsx';
import { CopyButton, copyText } from '../../components/CopyButton.tsx';
import { Callout, Panel, PanelHeader } from '../../components/Panel.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import type { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatDuration, formatTime, plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { showProblem } from '../events/showProblem.ts';
import styles from './aggregates.module.css';
import { cutPhrase } from './asOf.ts';
import { copyChosen } from './copyChosen.ts';
import { eventMark } from './names.ts';
import { ProjectedRow } from './ProjectedRow.tsx';
import { LongStateTree, StateTree } from './StateTree.tsx';
import { askText, wholeText } from './stateText.ts';
import { TextLines } from './TextLines.tsx';
import { proofQuery, type StateAnswer, useLongWaits } from './timelinePages.ts';
import type { ShownState, Timeline } from './useTimeline.ts';

interface StateColumnProps {
  timeline: Timeline;
  info: TimelineInfo;
  state: ShownState;
}

/** The state after the chosen event: what it changed in place, and at the edge who set each value. */
export const StateColumn = memo(function StateColumn({ timeline, info, state }: StateColumnProps) {
  const { row, index, subject } = timeline;
  const answer = state.data;
  const [proved, setProved] = useState<number | null>(null);
  const newest = useRef({ subject, index });
  newest.current = { subject, index };
  const prove = useCallback(() => setProved(newest.current.index), []);
  const copyAll = useCallback(async () => {
    const text = await wholeText(newest.current.subject, newest.current.index, '');
    if (text !== null) await copyText(text);
  }, []);
  useStateCommands(timeline, prove);
  const title =
    timeline.view === 'row'
      ? `Row of ${shown(info.reducer.name)}`
      : index < 0
        ? 'State before the first event'
        : row === undefined
          ? 'State'
          : `State after ${eventMark(row)}`;
  const note =
    timeline.view === 'row' ? (
      cutPhrase(subject.cut)
    ) : (
      <>
        {row === undefined ? '' : formatTime(row.recordedAt)}
        {answer === undefined ? null : (
          <span className={styles.foldNote}>
            {row === undefined ? '' : ' · '}fold of {plural(answer.folded, 'event')} ·{' '}
            {formatDuration(answer.tookMs)}
          </span>
        )}
      </>
    );
  return (
    <Panel
      label="State"
      fills
      className={styles.statePanel}
      head={
        <PanelHeader title={title} note={note}>
          {row?.afterCut === true ? <Tag tone="warn">after the cut</Tag> : null}
          <Folding />
          <StateTools view={timeline.view} setView={timeline.setView} onProve={prove} onCopy={copyAll} />
        </PanelHeader>
      }
    >
      {timeline.view === 'row' ? (
        <ProjectedRow subject={subject} reducer={info.reducer.name} />
      ) : state.error !== null ? (
        <ErrorState error={state.error} onRetry={() => void state.refetch()} compact />
      ) : answer === undefined ? (
        <Skeleton lines={12} />
      ) : (
        <>
          {proved === index ? (
            <Proof timeline={timeline} hash={answer.index === index ? answer.hash : null} />
          ) : null}
          {answer.problems.length === 0 ? null : (
            <Callout
              tone="warn"
              title={`${plural(answer.problems.length, 'event')} could not be folded with ${shown(info.reducer.name)}`}
            >
              {shown(answer.problems[0]!.message)}
              {answer.problems.length > 1 ? ` (and ${answer.problems.length - 1} more)` : ''}
            </Callout>
          )}
          <StateBody timeline={timeline} answer={answer} />
        </>
      )}
    </Panel>
  );
});

/** Shown as soon as a state is waited for longer than a moment. */
function Folding() {
  const isLong = useLongWaits(({ waits }) => waits > 0);
  return (
    <span role="status" className="faint">
      {isLong ? 'Folding…' : ''}
    </span>
  );
}

interface StateToolsProps extends Pick<Timeline, 'view' | 'setView'> {
  onProve: () => void;
  onCopy: () => Promise<void>;
}

/** Does not hang on the event: while one moves it stays as it is. */
const StateTools = memo(function StateTools({ view, setView, onProve, onCopy }: StateToolsProps) {
  return (
    <>
      <IconButton label="Fold from the first event" keys="f" onClick={onProve}>
        <History />
      </IconButton>
      <Segmented
        label="Ways to see the state"
        value={view}
        onValue={setView}
        options={[
          { value: 'tree', label: 'Tree' },
          { value: 'json', label: 'JSON' },
          { value: 'row', label: 'Row' },
        ]}
      />
      <IconButton label="Copy the state as JSON" onClick={() => onCopy().catch(showProblem)}>
        <Copy />
      </IconButton>
    </>
  );
});

function StateBody({ timeline, answer }: { timeline: Timeline; answer: StateAnswer }) {
  const isLong = answer.state === '';
  if (timeline.view === 'json')
    return isLong ? <LongJson timeline={timeline} answer={answer} /> : <ShortJson json={answer.state} />;
  if (answer.state === '{}' || answer.state === 'null')
    return (
      <p className={styles.nothingYet}>
        {answer.index < 0 ? 'Nothing has happened yet: the state is empty.' : 'The state is empty.'}
      </p>
    );
  return isLong ? (
    <LongStateTree timeline={timeline} answer={answer} />
  ) : (
    <StateTree timeline={timeline} answer={answer} />
  );
}

function ShortJson({ json }: { json: string }) {
  const text = useMemo(() => formatJson(parseJson(json), 2), [json]);
  return <TextLines text={text} label="State as JSON" />;
}

/** The beginning of a long state; all of it is to be had by copying. */
function LongJson({ timeline, answer }: { timeline: Timeline; answer: StateAnswer }) {
  const { subject } = timeline;
  const { index } = answer;
  const part = useQuery({
    queryKey: ['aggregates', 'stateText', { ...subject, index }],
    queryFn: ({ signal }) => askText(subject, { index, path: '', from: 0 }, signal),
  });
  if (part.error !== null)
    return <ErrorState error={part.error as EngineError} onRetry={() => void part.refetch()} compact />;
  if (part.data === undefined) return <Skeleton lines={12} />;
  const { text, total } = part.data;
  return (
    <>
      {text === null || text.length >= total ? null : (
        <p className={styles.proof}>
          The first {formatCount(text.length)} of {formatCount(total)} characters; Copy takes all of them, and
          the tree shows every value.
        </p>
      )}
      <TextLines text={text ?? ''} label="State as JSON" />
    </>
  );
}

/** The same state without keyframes, and whether it is the same. */
function Proof({ timeline, hash }: { timeline: Timeline; hash: string | null }) {
  const proof = useQuery<StateAnswer, EngineError>(proofQuery(timeline.subject, timeline.index));
  if (proof.error !== null)
    return <ErrorState error={proof.error} onRetry={() => void proof.refetch()} compact />;
  const { data } = proof;
  if (data === undefined || hash === null)
    return <p className={styles.proof}>Folding from the first event, without keyframes…</p>;
  const isSame = data.hash === hash;
  return (
    <p className={styles.proof} role="status">
      <Tag tone={isSame ? 'good' : 'bad'}>{isSame ? 'same hash' : 'another hash'}</Tag>
      <span className={styles.hash} title={`${data.hash}\n${hash}`}>
        {isSame ? data.hash.slice(0, 16) : `${data.hash.slice(0, 12)} instead of ${hash.slice(0, 12)}`}
      </span>
      <span>
        {plural(data.replayed, 'event')} folded from the first one on, without keyframes, in{' '}
        {formatDuration(data.tookMs)}
      </span>
      <CopyButton text={data.hash} label="Copy the hash" />
    </p>
  );
}

function useStateCommands(timeline: Timeline, prove: () => void): void {
  const group = 'State';
  useCommands([
    {
      id: 'state.prove',
      title: 'Fold from the first event and compare the hash',
      group,
      keys: 'f',
      run: prove,
    },
    {
      id: 'state.copy.value',
      title: 'Copy the chosen value',
      group,
      keys: 'c',
      run: () => void copyChosen(timeline, 'value').catch(showProblem),
    },
    {
      id: 'state.copy.path',
      title: 'Copy the chosen path',
      group,
      keys: 'shift+c',
      run: () => void copyChosen(timeline, 'path').catch(showProblem),
    },
  ]);
}
