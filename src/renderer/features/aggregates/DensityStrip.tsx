import { type KeyboardEvent, useMemo, useRef } from 'react';
import type { Output } from '../../../contract/contract.ts';
import type { aggregates, TimelineInfo } from '../../../contract/events.ts';
import { cx } from '../../components/cx.ts';
import { Histogram } from '../../components/Histogram.tsx';
import { shown } from '../../lib/escape.ts';
import { formatTime, plural } from '../../lib/format.ts';
import { callEngine, useEngineQuery } from '../../lib/queries.ts';
import { showProblem } from '../events/showProblem.ts';
import styles from './aggregates.module.css';
import { isSevere } from './names.ts';
import type { Timeline } from './useTimeline.ts';

const BUCKETS = 200;
/** Marks of a track nearer than this (share of the width) stand as one. */
const SLOT = 1 / 160;

type Strip = Output<(typeof aggregates)['strip']>;

/** The whole life over recorded time: density, faults, late arrivals; dragging moves the chosen event. */
export function DensityStrip({ timeline, info }: { timeline: Timeline; info: TimelineInfo }) {
  const { subject, row, index } = timeline;
  const strip = useEngineQuery(['aggregates', 'strip'], {
    ref: subject.ref,
    cut: subject.cut,
    buckets: BUCKETS,
  });
  const scrub = useScrub(timeline);
  const data = strip.data;
  if (data === undefined || data.from === null || data.to === null)
    return <div className={styles.stripEmpty} />;
  const from = data.from;
  const to = Math.max(data.to, from + 1);
  const cut = subject.cut.knownOn ?? subject.cut.trueOn;
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (by === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    timeline.select(Math.max(-1, Math.min(info.total - 1, index + by)));
  };
  const share = (time: number) => Math.max(0, Math.min(1, (time - from) / (to - from)));
  const at = row?.recordedAt ?? null;
  const lines = (
    <>
      {cut === null || cut < from || cut > to ? null : (
        <span className={styles.cutMark} style={{ left: `${share(cut) * 100}%` }} />
      )}
      {at === null ? null : <span className={styles.playMark} style={{ left: `${share(at) * 100}%` }} />}
    </>
  );
  return (
    <div className={styles.strip}>
      <span className={styles.stripLabel}>events</span>
      <div onKeyDownCapture={onKeyDown}>
        <Histogram
          label="Recorded time: choose an event"
          from={from}
          to={to}
          all={data.counts}
          range={null}
          at={at}
          onAt={scrub}
          cut={cut}
          height={36}
        />
      </div>
      {data.faults.length === 0 ? null : (
        <>
          <span className={styles.stripLabel}>faults</span>
          <FaultTrack faults={data.faults} share={share} onPick={timeline.select}>
            {lines}
          </FaultTrack>
        </>
      )}
      {data.late.length === 0 ? null : (
        <>
          <span className={styles.stripLabel}>arrived late</span>
          <div className={styles.track}>
            {data.late.map((late) => (
              <button
                key={late.index}
                type="button"
                tabIndex={-1}
                className={styles.late}
                style={{
                  left: `${share(late.occurredAt) * 100}%`,
                  width: `max(8px, ${(share(late.recordedAt) - share(late.occurredAt)) * 100}%)`,
                }}
                title={`Occurred ${formatTime(late.occurredAt)}, recorded ${formatTime(late.recordedAt)}`}
                aria-label={`Late arrival recorded ${formatTime(late.recordedAt)}`}
                onClick={() => timeline.select(late.index)}
              />
            ))}
            {lines}
          </div>
        </>
      )}
    </div>
  );
}

interface FaultTrackProps {
  faults: Strip['faults'];
  share: (time: number) => number;
  onPick: (index: number) => void;
  children: React.ReactNode;
}

function FaultTrack({ faults, share, onPick, children }: FaultTrackProps) {
  const slots = useMemo(() => {
    const found = new Map<number, Strip['faults']>();
    for (const fault of faults) {
      const slot = Math.floor(share(fault.at) / SLOT);
      found.set(slot, [...(found.get(slot) ?? []), fault]);
    }
    return [...found.values()];
  }, [faults, share]);
  return (
    <div className={styles.track}>
      {slots.map((group) => (
        <button
          key={group[0]!.index}
          type="button"
          tabIndex={-1}
          className={cx(styles.fault, group.some((each) => isSevere(each.text)) && styles.severe)}
          style={{ left: `${share(group[0]!.at) * 100}%` }}
          title={[
            ...group.slice(0, 3).map((each) => shown(each.text)),
            group.length > 3 ? `and ${group.length - 3} more` : '',
          ]
            .filter(Boolean)
            .join('\n')}
          aria-label={`${plural(group.length, 'fault')}: ${shown(group[0]!.text)}`}
          onClick={() => onPick(group[0]!.index)}
        />
      ))}
      {children}
    </div>
  );
}

/** Moves to the event at a time; while one question is under way only the newest next one is kept. */
function useScrub({ subject, select }: Timeline): (time: number) => void {
  const busy = useRef(false);
  const next = useRef<number | null>(null);
  const run = async (time: number): Promise<void> => {
    busy.current = true;
    try {
      const { index } = await callEngine(['aggregates', 'locate'], { ...subject, target: { time } });
      if (index !== null) select(index);
    } catch (error) {
      showProblem(error);
    } finally {
      busy.current = false;
      const waiting = next.current;
      next.current = null;
      if (waiting !== null) void run(waiting);
    }
  };
  return (time) => {
    if (busy.current) next.current = time;
    else void run(time);
  };
}
