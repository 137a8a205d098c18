import { Clock, TriangleAlert } from 'lucide-react';
import { type CSSProperties, type KeyboardEvent, memo, useCallback, useMemo, useRef, useState } from 'react';
import type { TimelineInfo, TimelineRow } from '../../../contract/aggregates.ts';
import { IconButton } from '../../components/Button.tsx';
import { cx } from '../../components/cx.ts';
import { Input } from '../../components/Field.tsx';
import { Kbd } from '../../components/Kbd.tsx';
import { Panel, PanelHeader } from '../../components/Panel.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { TypeMark } from '../../components/TypeMark.tsx';
import { VirtualList } from '../../components/VirtualList.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatSigned, formatTime } from '../../lib/format.ts';
import { usePagedRows } from '../../lib/pagedRows.ts';
import { type ColourOf, useTypeColours } from '../../lib/typeColour.ts';
import { shortTopic } from '../events/eventColumns.tsx';
import { showProblem } from '../events/showProblem.ts';
import styles from './aggregates.module.css';
import { cutLabel } from './asOf.ts';
import { findEvents } from './findEvents.ts';
import { isSevere } from './names.ts';
import { askPage, type EventsAnswer, eventsKey, PAGE_ROWS } from './timelinePages.ts';
import type { Timeline } from './useTimeline.ts';

interface EventColumnProps {
  timeline: Timeline;
  info: TimelineInfo;
  find: boolean;
  onFind: (open: boolean) => void;
}

/** The events in fold order, each a sentence; what is after the cut stands dimmed below its line. */
export const EventColumn = memo(function EventColumn({ timeline, info, find, onFind }: EventColumnProps) {
  const { index, subject } = timeline;
  const rows = usePagedRows<TimelineRow, EventsAnswer>(
    eventsKey(subject),
    (page, signal) => askPage(subject, page, signal),
    { pageSize: PAGE_ROWS },
  );
  const colourOf = useTypeColours();
  const renderLine = useCallback(
    (row: TimelineRow) => <EventLine row={row} colourOf={colourOf} />,
    [colourOf],
  );
  const list = useRef<HTMLDivElement>(null);
  const closeFind = () => {
    onFind(false);
    list.current?.querySelector<HTMLElement>('[role=listbox]')?.focus();
  };
  const digits = Math.max(`${info.total}`.length, `${info.lastVersion ?? ''}`.length);
  const { cut } = subject;
  const isCut = cut.knownOn !== null || cut.trueOn !== null;
  const divider = useMemo(
    () => (isCut && info.within < info.total ? { before: info.within, text: cutLabel(cut) } : null),
    [isCut, info.within, info.total, cut],
  );
  return (
    <Panel
      label="Events"
      fills
      className={styles.listPanel}
      head={
        find ? (
          <FindBar timeline={timeline} total={info.total} onClose={closeFind} />
        ) : (
          <PanelHeader
            title="Events"
            note={
              isCut ? `${formatCount(info.within)} of ${formatCount(info.total)}` : formatCount(info.total)
            }
          >
            <button type="button" className={styles.findButton} onClick={() => onFind(true)}>
              Find <Kbd keys="/" />
            </button>
          </PanelHeader>
        )
      }
    >
      {rows.error !== null ? (
        <ErrorState error={rows.error} onRetry={rows.retry} compact />
      ) : rows.isLoading ? (
        <Skeleton lines={10} />
      ) : rows.total === 0 ? (
        <EmptyState title="No events">This aggregate has no committed event in the workspace.</EmptyState>
      ) : null}
      <div ref={list} className={styles.fill} style={{ '--digits': digits } as CSSProperties}>
        {rows.total === 0 ? null : (
          <VirtualList
            label="Events of the aggregate"
            autoFocus
            total={rows.total}
            getRow={rows.getRow}
            onRange={rows.onRange}
            isOld={rows.isOld}
            selected={index}
            onSelect={timeline.pick}
            follow={timeline.follow}
            divider={divider}
            rowClass={rowClass}
            render={renderLine}
            reuses
          />
        )}
      </div>
    </Panel>
  );
});

function rowClass(row: TimelineRow): string | undefined {
  const severe = row.faults.some(isSevere);
  return cx(
    styles.event,
    row.afterCut && styles.after,
    row.faults.length > 0 && (severe ? styles.flagBad : styles.flagWarn),
  );
}

const EventLine = memo(function EventLine({ row, colourOf }: { row: TimelineRow; colourOf: ColourOf }) {
  const when =
    row.moved && row.occurredAt !== null
      ? formatTime(row.occurredAt)
      : `${formatTime(row.recordedAt)} · ${shown(shortTopic(row.place.topic))}`;
  return (
    <div className={styles.line}>
      <span className={styles.mark}>{row.version ?? row.index + 1}</span>
      <TypeMark letter={row.letter} colour={colourOf(row.type)} isFaint={row.afterCut} />
      <span className={styles.words}>
        <span className={styles.sentence} title={shown(row.sentence)}>
          {shown(row.sentence)}
        </span>
        {row.moved || row.faults.length > 0 ? (
          <span className={cx(styles.sub, styles.subWithMarks)}>
            <span className="ellipsis">{when}</span>
            {row.moved ? (
              <span
                className={styles.moved}
                title={`Recorded ${formatTime(row.recordedAt)} in ${shown(row.place.topic)}; it stands where it occurred`}
              >
                <Clock /> backdated
              </span>
            ) : null}
            {row.faults.length === 0 ? null : (
              <span
                className={row.faults.some(isSevere) ? styles.bad : styles.warn}
                title={row.faults.map((fault) => shown(fault)).join('\n')}
              >
                <TriangleAlert /> {row.faults.length === 1 ? '' : row.faults.length}
                <span className="sr-only">{row.faults.map((fault) => shown(fault)).join('; ')}</span>
              </span>
            )}
          </span>
        ) : (
          <span className={styles.sub}>{when}</span>
        )}
      </span>
      {row.amount === null ? null : (
        <span className={cx(styles.amount, styles[`amount-${row.tone}`])}>{formatSigned(row.amount)}</span>
      )}
    </div>
  );
});

interface FindBarProps {
  timeline: Timeline;
  total: number;
  onClose: () => void;
}

function FindBar({ timeline, total, onClose }: FindBarProps) {
  const [text, setText] = useState('');
  const [answer, setAnswer] = useState('');
  const search = async (direction: 1 | -1) => {
    if (text.trim() === '') return;
    const { matches, searched } = await findEvents(timeline.subject, text);
    const next =
      direction === 1
        ? (matches.find((at) => at > timeline.index) ?? matches[0])
        : (matches.findLast((at) => at < timeline.index) ?? matches.at(-1));
    if (next === undefined) setAnswer('none');
    else {
      timeline.select(next);
      setAnswer(`${formatCount(matches.indexOf(next) + 1)} of ${formatCount(matches.length)}`);
    }
    if (searched < total) setAnswer((before) => `${before} in the first ${formatCount(searched)}`);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onClose();
    else if (event.key === 'Enter') search(event.shiftKey ? -1 : 1).catch(showProblem);
    else return;
    event.preventDefault();
  };
  return (
    <div className={styles.findBar}>
      <Input
        autoFocus
        value={text}
        onValue={(value) => {
          setText(value);
          setAnswer('');
        }}
        onKeyDown={onKeyDown}
        placeholder="Part of a sentence, type or topic; Enter"
        aria-label="Find in the events"
        end={<span className={styles.findAnswer}>{answer}</span>}
      />
      <IconButton label="Close" onClick={onClose}>
        ×
      </IconButton>
    </div>
  );
}
