import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { ChangeOut, TimelineRow } from '../../../contract/events.ts';
import { cx } from '../../components/cx.ts';
import { Callout, Panel, PanelHeader, Section } from '../../components/Panel.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { DiffValue } from '../../components/Value.tsx';
import { hrefTo } from '../../lib/address.ts';
import type { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatSpan, formatTime } from '../../lib/format.ts';
import { callEngine, queryClient, useEngineQuery } from '../../lib/queries.ts';
import { FieldList } from '../events/FieldList.tsx';
import { formatFilter } from '../events/filterText.ts';
import { IntegrityList } from '../events/IntegrityList.tsx';
import styles from './aggregates.module.css';
import { eventMark, isSevere } from './names.ts';
import type { StateAnswer } from './timelinePages.ts';
import type { Timeline } from './useTimeline.ts';
import { ValueHistory } from './ValueHistory.tsx';

interface EventPanelProps {
  timeline: Timeline;
  state: UseQueryResult<StateAnswer, EngineError>;
}

/** The chosen event: what is wrong with it, what it changed, how the chosen value came about, its envelope. */
export function EventPanel({ timeline, state }: EventPanelProps) {
  const { row, index } = timeline;
  usePrefetchedNeighbours(timeline);
  if (row === undefined)
    return (
      <Panel look="raised" label="Chosen event">
        {index < 0 ? (
          <EmptyState title="Before the first event">Step on with → to see what happened first.</EmptyState>
        ) : (
          <Skeleton lines={8} />
        )}
      </Panel>
    );
  const isFresh = state.data?.index === index && !state.isPlaceholderData;
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
      <Faults row={row} />
      <div className={cx(!isFresh && styles.old)}>
        <Changes changes={state.data?.changes ?? null} timeline={timeline} />
      </div>
      <ValueHistory timeline={timeline} answer={state.data} />
      <Envelope row={row} />
    </Panel>
  );
}

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

const MOST_CHANGES = 60;

function Changes({ changes, timeline }: { changes: readonly ChangeOut[] | null; timeline: Timeline }) {
  return (
    <Section
      title="Changed by this event"
      note={changes === null || changes.length < 4 ? undefined : formatCount(changes.length)}
    >
      {changes === null ? (
        <Skeleton lines={3} />
      ) : changes.length === 0 ? (
        <span className="faint">Nothing in the state.</span>
      ) : (
        <>
          {changes.slice(0, MOST_CHANGES).map((change) => (
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
          {changes.length > MOST_CHANGES ? (
            <span className="faint">
              {formatCount(changes.length - MOST_CHANGES)} more; all are marked in the state.
            </span>
          ) : null}
        </>
      )}
    </Section>
  );
}

function Envelope({ row }: { row: TimelineRow }) {
  const detail = useEngineQuery(['events', 'get'], { id: row.id });
  if (detail.error !== null)
    return <ErrorState error={detail.error} onRetry={() => void detail.refetch()} compact />;
  if (detail.data === undefined) return <Skeleton lines={8} />;
  const record = detail.data;
  const { place } = row;
  const rawFilter = { topics: [place.topic], from: row.recordedAt, to: row.recordedAt };
  return (
    <div className={cx(detail.isPlaceholderData && styles.old)}>
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
    </div>
  );
}

function usePrefetchedNeighbours({ rows, index }: Timeline): void {
  const before = rows.getRow(index - 1)?.id;
  const after = rows.getRow(index + 1)?.id;
  useEffect(() => {
    for (const id of [after, before]) {
      if (id === undefined) continue;
      void queryClient.prefetchQuery({
        queryKey: ['events', 'get', { id }],
        queryFn: () => callEngine(['events', 'get'], { id }),
      });
    }
  }, [before, after]);
}
