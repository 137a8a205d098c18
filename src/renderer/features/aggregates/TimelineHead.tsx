import { ChevronDown, Undo2 } from 'lucide-react';
import { memo, type ReactNode } from 'react';
import type { TimelineInfo } from '../../../contract/aggregates.ts';
import { Button } from '../../components/Button.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Menu } from '../../components/Menu.tsx';
import { ScreenHead } from '../../components/Panel.tsx';
import { Tag } from '../../components/Tag.tsx';
import { go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatDay, formatIso, plural } from '../../lib/format.ts';
import { ReportButton } from '../check/ReportDialog.tsx';
import { MarkButton } from '../compare/MarkButton.tsx';
import { ExportButton } from '../workspace/ExportButton.tsx';
import styles from './aggregates.module.css';
import { asOfWords } from './asOf.ts';
import { eventMark, typeTitle } from './names.ts';
import { markOf, type Timeline, useRowsAt } from './useTimeline.ts';

const LONGEST_SENTENCE = 48;
const shortened = (text: string): string =>
  text.length > LONGEST_SENTENCE ? `${text.slice(0, LONGEST_SENTENCE - 1)}…` : text;

interface TimelineHeadProps {
  timeline: Timeline;
  info: TimelineInfo;
}

/** Whose life it is, what is known of it, and as of when. At the end of that line: the children. */
export function TimelineHead({ timeline, info, children }: TimelineHeadProps & { children: ReactNode }) {
  return (
    <>
      <Head timeline={timeline} info={info} />
      <div className={styles.asOf}>
        <AsOf timeline={timeline} info={info} />
        {children}
      </div>
    </>
  );
}

const Head = memo(function Head({ timeline, info }: TimelineHeadProps) {
  const { ref } = info;
  const { row } = timeline;
  const hasOwnTitle = info.title !== null && info.title !== ref.id;
  const versions =
    info.firstVersion === null || info.lastVersion === null
      ? null
      : `v${info.firstVersion}–v${info.lastVersion}`;
  const facts = [
    `${plural(info.total, 'event')} in ${plural(info.topics.length, 'topic')}`,
    versions,
    info.firstAt === null ? null : `since ${formatDay(info.firstAt)}`,
  ].filter((fact) => fact !== null);
  const compensate = (event: number | null) => {
    timeline.flush();
    go(['compensate', ref.type, ref.id], { event });
  };
  return (
    <ScreenHead
      title={typeTitle(ref.type)}
      id={shown(info.title ?? ref.id)}
      note={
        <span className={styles.facts}>
          {info.status === null ? null : <Tag tone="good">{shown(info.status)}</Tag>}
          <span className="ellipsis" title={info.topics.map((topic) => shown(topic)).join('\n')}>
            {facts.join(' · ')}
          </span>
          {hasOwnTitle ? (
            <span className={styles.rawId} title={`${shown(ref.type)} ${shown(ref.id)}`}>
              {shown(ref.id)}
            </span>
          ) : null}
          <CopyButton text={ref.id} label="Copy the id" />
        </span>
      }
    >
      <MarkButton {...markOf(timeline)} />
      <ReportButton owner={ref} />
      <ExportButton filter={{ aggregate: ref }} what={`All events of ${shown(ref.id)}`} name={ref.id} />
      <Menu
        align="end"
        trigger={
          <Button look="primary">
            <Undo2 />
            Compensate…
            <ChevronDown />
          </Button>
        }
        groups={[
          {
            id: 'what',
            label: 'Write a new event that',
            items: [
              {
                id: 'event',
                label:
                  row === undefined
                    ? 'corrects the chosen event'
                    : `corrects ${eventMark(row)} ${shown(row.type)}`,
                disabled: row === undefined || row.type === '',
                run: () => compensate(row?.id ?? null),
              },
              { id: 'aggregate', label: 'adjusts this aggregate', run: () => compensate(null) },
            ],
          },
        ]}
      />
    </ScreenHead>
  );
});

const AsOf = memo(function AsOf({ timeline, info }: TimelineHeadProps) {
  const rowAt = useRowsAt(timeline.subject, [info.within - 1]);
  const last = rowAt(info.within - 1);
  return (
    <>
      <span
        title={info.order.moved
          .map((each) => `occurred ${formatIso(each.occurredAt)}, recorded ${formatIso(each.recordedAt)}`)
          .join('\n')}
      >
        {shown(
          asOfWords(
            timeline.subject.cut,
            info,
            last === undefined ? null : `${eventMark(last)} ${shortened(last.sentence)}`,
          ),
        )}
      </span>
      {info.coverage.state === 'partial' ? (
        <span className={styles.partial} title={shown(info.coverage.summary)}>
          {shown(info.coverage.summary)}
        </span>
      ) : null}
    </>
  );
});
