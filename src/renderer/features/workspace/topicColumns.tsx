import type { TopicContents } from '../../../contract/workspaceWork.ts';
import { Tag } from '../../components/Tag.tsx';
import type { TableColumn } from '../../components/VirtualTable.tsx';
import { shown } from '../../lib/escape.ts';
import { formatBytes, formatCount, formatDay, formatTime } from '../../lib/format.ts';
import styles from './Workspace.module.css';

const day = (ms: number | null): string => (ms === null ? '—' : formatDay(ms));
const time = (ms: number | null): string => (ms === null ? 'no record' : formatTime(ms));

const TONES = { complete: 'good', partial: 'warn', empty: 'plain' } as const;

/** @param most bytes of the largest topic */
export const topicColumns = (most: number): TableColumn<TopicContents>[] => [
  {
    id: 'topic',
    title: 'Topic',
    width: 'minmax(170px, 1fr)',
    mono: true,
    cell: ({ topic }) => shown(topic),
    hover: ({ topic }) => shown(topic),
  },
  {
    id: 'records',
    title: 'Records',
    width: '78px',
    align: 'right',
    mono: true,
    cell: ({ records }) => formatCount(records),
  },
  {
    id: 'events',
    title: 'Events',
    width: '78px',
    align: 'right',
    mono: true,
    cell: ({ events }) => formatCount(events),
  },
  {
    id: 'bytes',
    title: 'Bytes',
    width: '74px',
    align: 'right',
    mono: true,
    cell: ({ bytes }) => formatBytes(bytes),
    hover: ({ bytes }) => `${formatCount(bytes)} bytes of keys, values and headers`,
  },
  {
    id: 'share',
    title: <span className="sr-only">Share</span>,
    width: '56px',
    cell: ({ bytes }) => (
      <span className={styles.share} aria-hidden="true">
        <span style={{ width: `${most === 0 ? 0 : (100 * bytes) / most}%` }} />
      </span>
    ),
  },
  {
    id: 'first',
    title: 'First',
    width: '104px',
    mono: true,
    cell: ({ firstRecordedAt }) => day(firstRecordedAt),
    hover: ({ firstRecordedAt }) => time(firstRecordedAt),
  },
  {
    id: 'last',
    title: 'Last',
    width: '104px',
    mono: true,
    cell: ({ lastRecordedAt }) => day(lastRecordedAt),
    hover: ({ lastRecordedAt }) => time(lastRecordedAt),
  },
  {
    id: 'coverage',
    title: 'Coverage',
    width: '92px',
    cell: ({ coverage }) => (
      <span className={styles.tag}>
        <Tag tone={TONES[coverage.state]} title={shown(coverage.summary)}>
          {coverage.state}
        </Tag>
      </span>
    ),
  },
];
