import { Checkbox } from '../../components/Field.tsx';
import { Tag } from '../../components/Tag.tsx';
import type { TableColumn } from '../../components/VirtualTable.tsx';
import { shown } from '../../lib/escape.ts';
import { formatBytes, formatCount, formatRate } from '../../lib/format.ts';
import type { Rate } from './rates.ts';
import styles from './Topics.module.css';
import { keptText, type ListedTopic, type TopicSort } from './topicRows.ts';

interface ColumnChoices {
  /** All that the table may show; its longest numbers decide how wide their columns are. */
  rows: readonly ListedTopic[];
  checked: ReadonlySet<string>;
  onCheck: (name: string) => void;
  sort: { by: TopicSort; descending: boolean };
  onSort: (by: TopicSort) => void;
  /** The end as last looked at; null when it was not. */
  highOf: (topic: string) => bigint | null;
  /** Null before there are two looks. */
  rateOf: (topic: string) => Rate | null;
  /** Why sizes or lags are missing; null while they are on their way or there. */
  sizesProblem: string | null;
  lagsProblem: string | null;
  /** Said over the table and not on every row. */
  saidOnce: string | null;
}

const LETTER_PX = 7.3;
const CELL_PADDING_PX = 22;
/** Letters of the heads with their arrow. */
const HEAD_LETTERS = { estimated: 7, captured: 10 };

const orDash = (value: string | null): string => (value === null ? '—' : formatCount(value));

export function topicColumns({
  rows,
  checked,
  onCheck,
  sort,
  onSort,
  highOf,
  rateOf,
  sizesProblem,
  lagsProblem,
  saidOnce,
}: ColumnChoices): TableColumn<ListedTopic>[] {
  const sortable = (by: TopicSort) => ({
    onSort: () => onSort(by),
    sorted: sort.by === by ? (sort.descending ? ('descending' as const) : ('ascending' as const)) : null,
  });
  const width = (field: 'estimated' | 'captured'): string => {
    const longest = rows.reduce(
      (most, row) => Math.max(most, orDash(row[field]).length),
      HEAD_LETTERS[field],
    );
    return `${Math.ceil(longest * LETTER_PX + CELL_PADDING_PX)}px`;
  };
  return [
    {
      id: 'mark',
      title: <span className="sr-only">Marked</span>,
      width: '34px',
      cell: (row) => (
        <span className={styles.mark}>
          <Checkbox
            checked={checked.has(row.name)}
            onChecked={() => onCheck(row.name)}
            label={`Mark ${shown(row.name)}`}
            tabIndex={-1}
          />
        </span>
      ),
    },
    {
      id: 'name',
      title: 'Topic',
      width: 'minmax(160px, 1fr)',
      ...sortable('name'),
      hover: (row) => row.problem ?? shown(row.name),
      cell: (row) => (
        <>
          <TopicName name={shown(row.name)} /> {row.internal ? <Tag>internal</Tag> : null}
          {row.problem === null || row.problem === saidOnce ? null : (
            <span className={styles.problem}>{shown(row.problem)}</span>
          )}
        </>
      ),
    },
    {
      id: 'partitions',
      title: 'Part.',
      width: '50px',
      align: 'right',
      mono: true,
      ...sortable('partitions'),
      cell: (row) => formatCount(row.partitions),
    },
    {
      id: 'estimated',
      title: (
        <span title="High minus low: an upper bound, since compaction and transaction markers leave holes">
          About
        </span>
      ),
      width: width('estimated'),
      align: 'right',
      mono: true,
      ...sortable('estimated'),
      cell: (row) => orDash(aboutNow(row, highOf(row.name))),
    },
    {
      id: 'captured',
      title: <span title="Records in the open workspace, counted">Captured</span>,
      width: width('captured'),
      align: 'right',
      mono: true,
      ...sortable('captured'),
      cell: (row) => (row.captured === null ? <span className="faint">—</span> : formatCount(row.captured)),
    },
    {
      id: 'size',
      title: (
        <span title={sizesProblem ?? 'On the leaders’ disks: every record once, as compressed as it lies'}>
          Size
        </span>
      ),
      width: '76px',
      align: 'right',
      mono: true,
      ...sortable('size'),
      hover: ({ size }) =>
        size === null
          ? (sizesProblem ?? '')
          : `${size.leaderBytes === null ? 'leaders not known' : `${formatCount(size.leaderBytes)} bytes on the leaders`}, ${formatCount(size.replicaBytes)} bytes on all replicas`,
      cell: ({ size }) =>
        size === null || size.leaderBytes === null ? (
          <span className="faint">—</span>
        ) : (
          formatBytes(Number(size.leaderBytes))
        ),
    },
    {
      id: 'rate',
      title: <span title="Offsets per second between two looks at the end, at most 30 s apart">Rate</span>,
      width: '66px',
      align: 'right',
      mono: true,
      hover: ({ name }) => {
        const rate = rateOf(name);
        return rate === null ? 'Two looks are needed' : `over the last ${Math.round(rate.overMs / 1000)} s`;
      },
      cell: ({ name }) => {
        const rate = rateOf(name);
        return rate === null || rate.perSecond === 0 ? (
          <span className="faint">{rate === null ? '—' : '0/s'}</span>
        ) : (
          formatRate(rate.perSecond)
        );
      },
    },
    {
      id: 'lag',
      title: <span title={lagsProblem ?? 'Of the group that is furthest behind, in offsets'}>Lag</span>,
      width: '96px',
      align: 'right',
      mono: true,
      ...sortable('lag'),
      hover: ({ lag }) => lagWords(lag, lagsProblem),
      cell: ({ lag }) => (
        <>
          {lag !== null && lag.lateGroups.length > 0 ? (
            <Tag tone="bad" title={`late: ${lag.lateGroups.map((name) => shown(name)).join(', ')}`}>
              late
            </Tag>
          ) : null}{' '}
          {lag === null || lag.mostLag === null ? (
            <span className="faint">—</span>
          ) : lag.mostLag === '0' ? (
            <span className="faint">0</span>
          ) : (
            formatCount(lag.mostLag)
          )}
        </>
      ),
    },
    {
      id: 'kept',
      title: 'Kept',
      width: '92px',
      hover: (row) => `cleanup.policy ${row.cleanupPolicy ?? 'not readable'}`,
      cell: (row) => keptText(row),
    },
  ];
}

/** Letters at the end of a long name that always show: topics of one team begin alike. */
const TAIL_LETTERS = 16;
const LONG_LETTERS = 24;

function TopicName({ name }: { name: string }) {
  const letters = [...name];
  if (letters.length <= LONG_LETTERS) return name;
  return (
    <span className={styles.long}>
      <span>{letters.slice(0, -TAIL_LETTERS).join('')}</span>
      <span>{letters.slice(-TAIL_LETTERS).join('')}</span>
    </span>
  );
}

/** High − low as last looked at: the list itself is as old as its reading. */
function aboutNow({ low, estimated }: ListedTopic, high: bigint | null): string | null {
  return high === null || low === null ? estimated : String(high - BigInt(low));
}

function lagWords(lag: ListedTopic['lag'], problem: string | null): string {
  if (lag === null) return problem ?? 'No group has an offset here';
  const groups = lag.groups === 1 ? '1 group' : `${formatCount(lag.groups)} groups`;
  const most = lag.group === null ? '' : `; furthest behind: ${shown(lag.group)}`;
  const late =
    lag.lateGroups.length === 0 ? '' : `; late: ${lag.lateGroups.map((name) => shown(name)).join(', ')}`;
  return `${groups}${most}${late}`;
}
