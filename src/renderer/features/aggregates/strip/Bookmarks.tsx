import { Bookmark } from 'lucide-react';
import { memo } from 'react';
import type { Mark } from '../../../../contract/cases.ts';
import { shown } from '../../../lib/escape.ts';
import { formatTime } from '../../../lib/format.ts';
import styles from './strip.module.css';
import { shareOf } from './tracks.tsx';
import type { Span } from './zoom.ts';

interface BookmarkTrackProps {
  marks: readonly Mark[];
  window: Span;
  onPick: (recordId: number) => void;
}

/** Bookmarks of all cases on events of this life. */
export const BookmarkTrack = memo(function BookmarkTrack({ marks, window, onPick }: BookmarkTrackProps) {
  return (
    <div className={styles.track}>
      {marks.map((mark) => {
        const share = shareOf(window, mark.recordedAt);
        if (share < 0 || share > 1) return null;
        const words = [
          shown(mark.title),
          shown(mark.note),
          `${shown(mark.caseName)} · ${formatTime(mark.recordedAt)}`,
        ];
        return (
          <button
            key={mark.bookmarkId}
            type="button"
            tabIndex={-1}
            className={styles.bookmark}
            style={{ left: `${share * 100}%` }}
            title={words.filter(Boolean).join('\n')}
            aria-label={`Bookmark: ${shown(mark.title)}`}
            onClick={() => onPick(mark.recordId)}
          >
            <Bookmark />
          </button>
        );
      })}
    </div>
  );
});
