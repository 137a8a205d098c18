import { clockWords } from '../lib/clockWords.ts';
import { formatTime } from '../lib/format.ts';
import { cx } from './cx.ts';
import styles from './RecordedTime.module.css';

/** A recorded time, marked where its record stands at another moment of the log. Milliseconds since 1970. */
export function RecordedTime({ at, logAt }: { at: number; logAt: number }) {
  const words = clockWords(at, logAt);
  // Markers stand elsewhere as a rule: nothing is wrong with them.
  const isTurned = logAt > at;
  return (
    <span className={cx(styles.time, isTurned && styles.turned)} title={words ?? undefined}>
      {formatTime(at)}
      {isTurned ? <span className="sr-only"> {words}</span> : null}
    </span>
  );
}
