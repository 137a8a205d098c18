import type { AggregateRef } from '../../../contract/common.ts';
import type { InvariantTrack } from '../../../contract/invariants.ts';
import { Skeleton } from '../../components/States.tsx';
import { hrefTo } from '../../lib/address.ts';
import { formatTime, plural } from '../../lib/format.ts';
import styles from './whatif.module.css';

/** Violations that are linked below a track. */
const MOST_LINKS = 5;

/** The runs of one condition over one aggregate, an equal width for each event; and where it was broken. */
export function Track({ track, subject }: { track: InvariantTrack | undefined; subject: AggregateRef }) {
  if (track === undefined) return <Skeleton lines={1} />;
  if (track.problem !== null) return <p className={styles.warn}>{track.problem.message}</p>;
  const last = track.runs.at(-1);
  const total = last === undefined ? 0 : last.to + 1;
  const broken = track.runs.filter(({ holds }) => holds === 'false');
  const words =
    track.violations === 0
      ? track.runs.every(({ holds }) => holds === 'unknown')
        ? 'Cannot be said here: the path is never there.'
        : `Holds after every one of ${plural(total, 'event')} that says it.`
      : `Broken ${plural(track.violations, 'time')}, ${track.healed === track.violations ? 'healed each time' : `healed ${track.healed}`}.`;
  return (
    <>
      {total === 0 ? null : (
        <svg
          className={styles.track}
          viewBox={`0 0 ${total} 1`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          {track.runs.map(({ from, to, holds }) => (
            <rect
              key={from}
              x={from}
              y={0}
              width={to - from + 1}
              height={1}
              className={styles[`holds-${holds}`]}
            />
          ))}
        </svg>
      )}
      <p className={styles.trackWords}>{words}</p>
      {broken.slice(0, MOST_LINKS).map((run) => (
        <a
          key={run.fromId}
          className={styles.trackLink}
          href={hrefTo(['aggregates', subject.type, subject.id], { event: run.fromId })}
        >
          {formatTime(run.fromAt, 's')}
          {run === last ? ', still broken' : ''}
        </a>
      ))}
      {track.runsInAll > track.runs.length ? (
        <p className={styles.warn}>
          The first {plural(track.runs.length, 'run')} of {track.runsInAll} are drawn.
        </p>
      ) : null}
    </>
  );
}
