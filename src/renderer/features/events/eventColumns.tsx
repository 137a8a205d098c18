import type { EventRow } from '../../../contract/common.ts';
import { RecordedTime } from '../../components/RecordedTime.tsx';
import { Tag } from '../../components/Tag.tsx';
import { TypeDot } from '../../components/TypeMark.tsx';
import type { TableColumn } from '../../components/VirtualTable.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatIso } from '../../lib/format.ts';
import type { ColourOf } from '../../lib/typeColour.ts';
import styles from './events.module.css';

const KIND_TAG = {
  event: null,
  plain: <Tag title="Readable, but no event mapping fits it">plain</Tag>,
  tombstone: (
    <Tag tone="warn" title="A record with a null value: it deletes its key in a compacted topic">
      tombstone
    </Tag>
  ),
  undecodable: (
    <Tag tone="bad" title="The bytes could not be read; they are kept as received">
      undecoded
    </Tag>
  ),
  control: <Tag title="A transaction marker of the broker">control</Tag>,
} as const;

/** What a record is, where it is not simply a committed event. */
export function RowTags({ row }: { row: EventRow }) {
  return (
    <>
      {row.verdict === 'aborted' ? (
        <Tag tone="warn" title="Its transaction was aborted: no committed reader sees it">
          aborted
        </Tag>
      ) : row.verdict === 'open' ? (
        <Tag tone="warn" title="Its transaction had not ended when it was captured">
          open
        </Tag>
      ) : null}
      {KIND_TAG[row.kind]}
    </>
  );
}

/** The part of a topic's name that says which one it is (`bank.customers.events` → `customers`); the whole is on hover. */
export function shortTopic(topic: string): string {
  const parts = topic.split('.').filter((part) => part !== '' && part !== 'events');
  return parts.at(-1) ?? topic;
}

const placeText = ({ place }: EventRow): string =>
  `${shown(place.topic)} [${place.partition}] @ ${formatCount(place.offset)}`;

/** Pixels from which on a table has room for whole types and ids; below `MEDIUM` the sentence needs all there is. */
const WIDE = 1100;
const MEDIUM = 900;

/** The table's columns for a width in pixels: narrow tables say the same in less room. */
export function eventColumns(width: number, colourOf: ColourOf): TableColumn<EventRow>[] {
  const at = (wide: string, medium: string, narrow: string): string =>
    width >= WIDE ? wide : width >= MEDIUM ? medium : narrow;
  return [
    {
      id: 'recorded',
      title: 'Recorded (UTC)',
      width: at('196px', '184px', '182px'),
      hover: (row) => formatIso(row.recordedAt),
      cell: (row) => <RecordedTime at={row.recordedAt} logAt={row.logAt} />,
    },
    {
      id: 'type',
      title: 'Type',
      width: at('minmax(178px, 0.7fr)', '152px', '138px'),
      hover: (row) => shown(row.type),
      cell: (row) =>
        row.type === '' ? (
          '—'
        ) : (
          <>
            <TypeDot colour={colourOf(row.type)} />
            <span className={styles.struck}>{shown(row.type)}</span>
          </>
        ),
    },
    {
      id: 'aggregate',
      title: 'Aggregate',
      width: at('minmax(118px, 0.75fr)', '100px', '90px'),
      mono: true,
      hover: (row) => (row.aggregate === null ? '' : shown(`${row.aggregate.type} ${row.aggregate.id}`)),
      cell: (row) => (row.aggregate === null ? '—' : shown(row.aggregate.id)),
    },
    {
      id: 'version',
      title: 'v',
      width: at('52px', '40px', '36px'),
      align: 'right',
      mono: true,
      cell: (row) => row.version ?? '',
    },
    {
      id: 'sentence',
      title: 'What happened',
      width: at('minmax(260px, 1.4fr)', 'minmax(220px, 1fr)', 'minmax(180px, 1fr)'),
      hover: (row) => shown(row.sentence),
      cell: (row) => (
        <>
          <span className={styles.tags}>
            <RowTags row={row} />
          </span>{' '}
          <span className={styles.struck}>{shown(row.sentence)}</span>
        </>
      ),
    },
    {
      id: 'topic',
      title: 'Topic',
      width: at('150px', '128px', '124px'),
      hover: placeText,
      cell: (row) => (
        <span className={styles.topicCell}>
          <span className="ellipsis">{shown(shortTopic(row.place.topic))}</span>
          <span className="faint">[{row.place.partition}]</span>
        </span>
      ),
    },
    {
      id: 'offset',
      title: 'Offset',
      width: at('92px', '72px', '62px'),
      align: 'right',
      mono: true,
      hover: placeText,
      cell: (row) => formatCount(row.place.offset),
    },
  ];
}
