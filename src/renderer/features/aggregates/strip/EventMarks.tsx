import { useQuery } from '@tanstack/react-query';
import { memo } from 'react';
import { cx } from '../../../components/cx.ts';
import { shown } from '../../../lib/escape.ts';
import { formatTime } from '../../../lib/format.ts';
import { callEngine } from '../../../lib/queries.ts';
import type { ColourOf } from '../../../lib/typeColour.ts';
import type { Subject } from '../timelinePages.ts';
import { useRowsAt } from '../useTimeline.ts';
import styles from './strip.module.css';
import { shareOf } from './tracks.tsx';
import type { Span } from './zoom.ts';

interface EventMarksProps {
  subject: Subject;
  window: Span;
  total: number;
  /** Events in the window, about. */
  count: number;
  colourOf: ColourOf;
  onPick: (index: number) => void;
}

/** The events of a near window one by one, each a letter in the colour of its type. */
export const EventMarks = memo(function EventMarks({
  subject,
  window,
  total,
  count,
  colourOf,
  onPick,
}: EventMarksProps) {
  const before = useQuery({
    queryKey: ['aggregates', 'locate', { ...subject, target: { time: window.from - 1 } }],
    queryFn: ({ signal }) =>
      callEngine(['aggregates', 'locate'], { ...subject, target: { time: window.from - 1 } }, signal),
  }).data?.index;
  const first = before == null ? 0 : before + 1;
  const indexes =
    before === undefined
      ? []
      : Array.from({ length: Math.min(count + 4, total - first) }, (_, at) => first + at);
  const rowAt = useRowsAt(subject, indexes);
  return (
    <div className={cx(styles.track, styles.marks)}>
      {indexes.map((index) => {
        const row = rowAt(index);
        if (row === undefined) return null;
        const share = shareOf(window, row.recordedAt);
        if (share < 0 || share > 1) return null;
        return (
          <button
            key={index}
            type="button"
            tabIndex={-1}
            className={styles.event}
            // Those at the ends of a life are whole, too.
            style={{
              left: `clamp(7px, ${share * 100}%, 100% - 7px)`,
              color: `var(${colourOf(row.type)})`,
            }}
            title={`${shown(row.sentence)}\n${shown(row.type)} · ${formatTime(row.recordedAt)}`}
            aria-label={shown(row.sentence)}
            onClick={() => onPick(index)}
          >
            {shown(row.letter)}
          </button>
        );
      })}
    </div>
  );
});
