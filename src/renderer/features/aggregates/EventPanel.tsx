import { memo, useEffect, useRef, useState } from 'react';
import type { ChangeOut, TimelineRow } from '../../../contract/aggregates.ts';
import type { RecordDetail } from '../../../contract/events.ts';
import { Button } from '../../components/Button.tsx';
import { cx } from '../../components/cx.ts';
import { Callout, Panel, PanelHeader, Section } from '../../components/Panel.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { DiffValue } from '../../components/Value.tsx';
import { hrefTo } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatSpan, formatTime } from '../../lib/format.ts';
import { callEngine, queryClient, useEngineQuery } from '../../lib/queries.ts';
import { FieldList } from '../events/FieldList.tsx';
import { formatFilter } from '../events/filterText.ts';
import { IntegrityList } from '../events/IntegrityList.tsx';
import { SentenceLine } from '../sentences/SentenceLine.tsx';
import styles from './aggregates.module.css';
import { eventMark, isSevere } from './names.ts';
import { knownRow } from './timelinePages.ts';
import { Upcast } from './Upcast.tsx';
import type { ShownState, Timeline } from './useTimeline.ts';
import { ValueHistory } from './ValueHistory.tsx';

interface EventPanelProps {
  timeline: Timeline;
  state: ShownState;
  /** While one scrubs or plays, what needs a further question waits. */
  isMoving: boolean;
}

/** The chosen event: what is wrong with it, what it changed, how the chosen value came about, its envelope. */
export const EventPanel = memo(function EventPanel({ timeline, state, isMoving }: EventPanelProps) {
  const { index } = timeline;
  usePrefetchedNeighbours(timeline, isMoving);
  // The event before stays until the row of the next is there: nothing jumps.
  const last = useRef(timeline.row);
  if (timeline.row !== undefined) last.current = timeline.row;
  const row = timeline.row ?? last.current;
  const rested = useRef(row);
  if (row === undefined || index < 0)
    return (
      <Panel look="raised" label="Chosen event">
        {index < 0 ? (
          <EmptyState title="Before the first event">Step on with → to see what happened first.</EmptyState>
        ) : (
          <Skeleton lines={8} />
        )}
      </Panel>
    );
  // What needs a further question stays that of the event where one last stood still.
  if (!isMoving || rested.current === undefined) rested.current = row;
  const isFresh = row.index === index && state.data?.index === index && !state.isPlaceholderData;
  return (
    <Panel
      look="raised"
      label="Chosen event"
      head={
        <PanelHeader title={row.type === '' ? 'Record' : shown(row.type)} note={eventMark(row)}>
          {row.version === null ? (
            <Tag tone="warn" title="The event declares no version; this is its place in the stream">
              derived version
            </Tag>
          ) : null}
        </PanelHeader>
      }
    >
      <SentenceLine row={row} />
      <Faults row={row} />
      <div className={cx(!isFresh && styles.old)}>
        <Changes
          changes={state.data?.changes ?? null}
          omitted={state.data?.changesOmitted ?? 0}
          timeline={timeline}
        />
      </div>
      <div className={cx(rested.current.id !== row.id && styles.old)}>
        <Upcast row={rested.current} subject={timeline.subject} />
      </div>
      <ValueHistory timeline={timeline} answer={state.data} isMoving={isMoving} />
      <Envelope id={rested.current.id} isOld={rested.current.id !== row.id} />
    </Panel>
  );
});

function Faults({ row }: { row: TimelineRow }) {
  return (
    <>
      {row.moved && row.occurredAt !== null && !row.faults.some((fault) => fault.startsWith('Backdated')) ? (
        <Callout tone="warn" title="Backdated">
          Occurred {formatTime(row.occurredAt)}, recorded {formatSpan(row.recordedAt - row.occurredAt)} later.
          In occurred order it stands where it belongs.
        </Callout>
      ) : null}
      {row.faults.map((fault) => {
        const [title, rest] = splitFault(fault);
        return (
          <Callout key={fault} tone={isSevere(fault) ? 'bad' : 'warn'} title={shown(title)}>
            {rest === '' ? null : shown(rest)}
          </Callout>
        );
      })}
    </>
  );
}

/** `Version gap: 3 is missing` or `Same content as v3, 4 s earlier` → title and text. */
function splitFault(fault: string): [string, string] {
  const [, title, rest] = /^(.*?)(?:: |, )(.*)$/s.exec(fault) ?? [];
  if (title === undefined || rest === undefined) return [fault, ''];
  return [title, `${rest.charAt(0).toUpperCase()}${rest.slice(1)}.`];
}

/** Changes listed at first, and at most; all are marked in the state. */
const FEW_CHANGES = 6;
const MOST_CHANGES = 200;

interface ChangesProps {
  changes: readonly ChangeOut[] | null;
  /** Changes beyond those given. */
  omitted: number;
  timeline: Timeline;
}

function Changes({ changes, omitted, timeline }: ChangesProps) {
  const [all, setAll] = useState(false);
  if (changes === null)
    return (
      <Section title="Changed by this event">
        <Skeleton lines={3} />
      </Section>
    );
  const total = changes.length + omitted;
  const listed = changes.slice(0, all ? MOST_CHANGES : FEW_CHANGES);
  return (
    <Section title="Changed by this event" note={total < 4 ? undefined : formatCount(total)}>
      {total === 0 ? <span className="faint">Nothing in the state.</span> : null}
      {listed.map((change) => (
        <button
          key={change.path}
          type="button"
          className={cx(styles.change, timeline.path === change.path && styles.changeOn)}
          onClick={() => timeline.setPath(change.path)}
        >
          <span className={styles.changePath}>{shown(change.path)}</span>
          <DiffValue before={change.before} after={change.after} delta={change.delta} arrow />
        </button>
      ))}
      {total > listed.length && !all ? (
        <Button look="quiet" onClick={() => setAll(true)}>
          All {formatCount(total)} changes
        </Button>
      ) : null}
      {all && total > listed.length ? (
        <span className="faint">{formatCount(total - listed.length)} more; all are marked in the state.</span>
      ) : null}
      {all && total > FEW_CHANGES ? (
        <Button look="quiet" onClick={() => setAll(false)}>
          Fewer
        </Button>
      ) : null}
    </Section>
  );
}

/** @param isOld the event on the screen is another one already */
const Envelope = memo(function Envelope({ id, isOld }: { id: number; isOld: boolean }) {
  const detail = useEngineQuery(['events', 'get'], { id });
  if (detail.error !== null)
    return <ErrorState error={detail.error} onRetry={() => void detail.refetch()} compact />;
  if (detail.data === undefined) return <Skeleton lines={8} />;
  const isBehind = isOld || detail.isPlaceholderData;
  return (
    <div className={cx(isBehind && styles.old)} aria-busy={isBehind}>
      <EnvelopeOf record={detail.data} />
    </div>
  );
});

const EnvelopeOf = memo(function EnvelopeOf({ record }: { record: RecordDetail }) {
  const { row } = record;
  const { place } = row;
  const rawFilter = { topics: [place.topic], from: row.recordedAt, to: row.recordedAt };
  return (
    <>
      <Section title="Envelope">
        <FieldList record={record} />
      </Section>
      <Section title="Record">
        <div className={styles.place}>
          <span className="mono" title={shown(place.topic)}>
            {shown(place.topic)} [{place.partition}] @ {formatCount(place.offset)}
          </span>
          <span className={styles.placeLinks}>
            <a href={hrefTo(['events'], { q: formatFilter(rawFilter), record: row.id, tab: 'raw' })}>
              Raw bytes
            </a>
            <a href={hrefTo(['events'], { record: row.id })}>Among all events</a>
          </span>
        </div>
      </Section>
      <IntegrityList integrity={record.integrity} />
    </>
  );
});

function usePrefetchedNeighbours({ subject, index }: Timeline, isMoving: boolean): void {
  useEffect(() => {
    if (isMoving) return;
    for (const neighbour of [index + 1, index - 1]) {
      const id = knownRow(subject, neighbour)?.id;
      if (id === undefined) continue;
      void queryClient.prefetchQuery({
        queryKey: ['events', 'get', { id }],
        queryFn: () => callEngine(['events', 'get'], { id }),
      });
    }
  }, [subject, index, isMoving]);
}
