import { Bookmark, Trash2 } from 'lucide-react';
import { type KeyboardEvent, useRef } from 'react';
import type { BookmarkOut, CaseOut } from '../../../contract/cases.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Panel, PanelHeader } from '../../components/Panel.tsx';
import { EmptyState } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { toastError } from '../../components/Toast.tsx';
import { go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatTime } from '../../lib/format.ts';
import { openView } from '../../lib/openView.ts';
import { callEngine, useEngineAction } from '../../lib/queries.ts';
import styles from './cases.module.css';
import { SavedText } from './SavedText.tsx';
import { viewText } from './viewText.ts';

/** Bookmarks of a case, each with its note beside it. ↑ ↓ go from one to the next, Enter opens its view. */
export function CaseBookmarks({ found }: { found: CaseOut }) {
  const { bookmarks } = found;
  const list = useRef<HTMLUListElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const opens = [...(list.current?.querySelectorAll<HTMLElement>('[data-open]') ?? [])];
    const at = opens.indexOf(document.activeElement as HTMLElement);
    if (at === -1) return;
    event.preventDefault();
    opens[Math.max(0, Math.min(opens.length - 1, at + (event.key === 'ArrowDown' ? 1 : -1)))]?.focus();
  };
  return (
    <Panel label="Bookmarks" head={<PanelHeader title="Bookmarks" note={formatCount(bookmarks.length)} />}>
      {bookmarks.length === 0 ? (
        <EmptyState
          icon={<Bookmark />}
          title="No bookmark yet"
          action={<Button onClick={() => go(['aggregates'])}>Show the aggregates</Button>}
        >
          Choose an event in a timeline or in the list of events and press K. The bookmark keeps the event,
          and the time and reducer by which you looked at it.
        </EmptyState>
      ) : (
        <ul ref={list} className={styles.bookmarks} onKeyDown={onKeyDown}>
          {bookmarks.map((bookmark) => (
            <BookmarkCard key={bookmark.id} caseId={found.id} bookmark={bookmark} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function BookmarkCard({ caseId, bookmark }: { caseId: string; bookmark: BookmarkOut }) {
  const { id, title, note, event, record, aggregate, view } = bookmark;
  const remove = useEngineAction(['cases', 'removeBookmark']);
  return (
    <li className={styles.bookmark}>
      <div className={styles.subject}>
        <button
          type="button"
          data-open
          className={styles.open}
          title="Open this view, as it was"
          onClick={() => openView(view)}
        >
          <Bookmark />
          <span>{shown(title)}</span>
        </button>
        <div className={styles.facts}>
          {aggregate === null ? null : (
            <span>
              {shown(aggregate.type)} <span className="mono">{shown(aggregate.id)}</span>
            </span>
          )}
          {record === null ? null : <span className="mono">{formatTime(record.recordedAt)}</span>}
          {event === null ? null : (
            <span className="mono">
              {shown(event.topic)} [{event.partition}] @ {formatCount(event.offset)}
            </span>
          )}
          {event !== null && record === null ? <Tag tone="warn">not in this workspace</Tag> : null}
        </div>
        {record === null || record.sentence === title || event === null ? null : (
          <div className={styles.focus}>now said: {shown(record.sentence)}</div>
        )}
        <div className={styles.focus}>{shown(viewText(view))}</div>
      </div>
      <div className={styles.note}>
        <SavedText
          value={note}
          rows={2}
          label={`Note on ${shown(title)}`}
          placeholder="Note"
          onSave={(text) => callEngine(['cases', 'changeBookmark'], { caseId, id, note: text })}
        />
      </div>
      <IconButton
        label={`Remove the bookmark ${shown(title)}`}
        onClick={() => remove.mutate({ caseId, id }, { onError: toastError })}
      >
        <Trash2 />
      </IconButton>
    </li>
  );
}
