import { memo, useCallback, useMemo, useRef } from 'react';
import { cx } from '../../../components/cx.ts';
import { type Drawing, useCanvas } from '../../../lib/canvas.ts';
import { shown } from '../../../lib/escape.ts';
import { formatCount, formatTime, plural } from '../../../lib/format.ts';
import { isSevere } from '../names.ts';
import { drawMarks } from './drawing.ts';
import styles from './strip.module.css';
import type { Strip } from './useStrip.ts';
import { lengthOf, type Span } from './zoom.ts';

/** Marks nearer than this (share of the width) stand as one. */
const SLOT = 1 / 160;

/** Where a moment stands, as a share of the width; may lie outside 0…1. */
export const shareOf = (window: Span, time: number): number => (time - window.from) / lengthOf(window);

const percent = (share: number): string => `${Math.round(share * 1e5) / 1e3}%`;

interface LaneProps {
  label: string;
  draw: (drawing: Drawing) => void;
  className?: string | undefined;
}

/** A line of the strip that is only drawn. */
export function Lane({ label, draw, className }: LaneProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useCanvas(canvas, draw);
  return (
    <div className={cx(styles.lane, className)}>
      <canvas ref={canvas} role="img" aria-label={label} />
    </div>
  );
}

interface FaultTrackProps {
  strip: Strip;
  faults: Strip['faults'];
  window: Span;
  onPick: (index: number) => void;
}

/** Faults as marks that can be chosen; where there are more than an answer holds, the rest is drawn by its buckets. */
export const FaultTrack = memo(function FaultTrack({ strip, faults, window, onPick }: FaultTrackProps) {
  const slots = useMemo(() => {
    const found = new Map<number, Strip['faults']>();
    for (const fault of faults) {
      const share = shareOf(window, fault.at);
      if (share < 0 || share > 1) continue;
      const slot = Math.floor(share / SLOT);
      const there = found.get(slot);
      if (there === undefined) found.set(slot, [fault]);
      else there.push(fault);
    }
    return [...found.values()];
  }, [faults, window]);
  const draw = useCallback(
    (drawing: Drawing) => drawMarks(drawing, strip, strip.faultCounts, window),
    [strip, window],
  );
  return (
    <div className={styles.track}>
      {strip.faultsOmitted > 0 ? (
        <Lane
          label={`${formatCount(strip.faultsOmitted)} more events with faults: zoom in`}
          draw={draw}
          className={styles.under}
        />
      ) : null}
      {slots.map((group) => {
        const [first] = group;
        const more = group.length > 3 ? `and ${formatCount(group.length - 3)} more` : '';
        return (
          <button
            key={first!.index}
            type="button"
            tabIndex={-1}
            className={cx(styles.fault, group.some((each) => isSevere(each.text)) && styles.severe)}
            style={{ left: percent(shareOf(window, first!.at)) }}
            title={[...group.slice(0, 3).map((each) => shown(each.text)), more].filter(Boolean).join('\n')}
            aria-label={`${plural(group.length, 'fault')}: ${shown(first!.text)}`}
            onClick={() => onPick(first!.index)}
          />
        );
      })}
    </div>
  );
});

interface LateTrackProps {
  late: Strip['late'];
  window: Span;
  onPick: (index: number) => void;
}

/** Late arrivals: from when they occurred to when they were recorded. */
export const LateTrack = memo(function LateTrack({ late, window, onPick }: LateTrackProps) {
  const seen = late.filter(
    ({ occurredAt, recordedAt }) => recordedAt >= window.from && occurredAt <= window.to,
  );
  return (
    <div className={styles.track}>
      {seen.map(({ index, occurredAt, recordedAt }) => {
        const from = Math.max(0, shareOf(window, occurredAt));
        const to = Math.min(1, shareOf(window, recordedAt));
        return (
          <button
            key={index}
            type="button"
            tabIndex={-1}
            className={cx(styles.late, shareOf(window, recordedAt) > 1 && styles.open)}
            style={{ left: percent(from), width: `max(8px, ${percent(to - from)})` }}
            title={`Occurred ${formatTime(occurredAt)}, recorded ${formatTime(recordedAt)}`}
            aria-label={`Late arrival recorded ${formatTime(recordedAt)}`}
            onClick={() => onPick(index)}
          />
        );
      })}
    </div>
  );
});
