import type { TopicRow } from '../../../contract/connections.ts';
import { Checkbox } from '../../components/Field.tsx';
import { Tag } from '../../components/Tag.tsx';
import type { TableColumn } from '../../components/VirtualTable.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount } from '../../lib/format.ts';
import styles from './Topics.module.css';
import { retentionText, type TopicSort } from './topicRows.ts';

interface ColumnChoices {
  /** All that the table may show; its longest numbers decide how wide their columns are. */
  rows: readonly TopicRow[];
  checked: ReadonlySet<string>;
  onCheck: (name: string) => void;
  sort: { by: TopicSort; descending: boolean };
  onSort: (by: TopicSort) => void;
}

const LETTER_PX = 7.3;
const CELL_PADDING_PX = 22;
/** Letters of the longest head, `Captured ↓`. */
const HEAD_LETTERS = 10;

const orDash = (value: string | null): string => (value === null ? '—' : formatCount(value));

export function topicColumns({
  rows,
  checked,
  onCheck,
  sort,
  onSort,
}: ColumnChoices): TableColumn<TopicRow>[] {
  const sortable = (by: TopicSort) => ({
    onSort: () => onSort(by),
    sorted: sort.by === by ? (sort.descending ? ('descending' as const) : ('ascending' as const)) : null,
  });
  const width = (field: 'low' | 'high' | 'estimated' | 'captured'): string => {
    const longest = rows.reduce((most, row) => Math.max(most, orDash(row[field]).length), HEAD_LETTERS);
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
      width: 'minmax(190px, 1fr)',
      ...sortable('name'),
      hover: (row) => row.problem ?? shown(row.name),
      cell: (row) => (
        <>
          {shown(row.name)} {row.internal ? <Tag>internal</Tag> : null}
          {row.problem === null ? null : <span className={styles.problem}>{shown(row.problem)}</span>}
        </>
      ),
    },
    {
      id: 'partitions',
      title: 'Part.',
      width: '58px',
      align: 'right',
      mono: true,
      ...sortable('partitions'),
      cell: (row) => formatCount(row.partitions),
    },
    {
      id: 'low',
      title: 'Low',
      width: width('low'),
      align: 'right',
      mono: true,
      cell: (row) => orDash(row.low),
    },
    {
      id: 'high',
      title: 'High',
      width: width('high'),
      align: 'right',
      mono: true,
      cell: (row) => orDash(row.high),
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
      cell: (row) => orDash(row.estimated),
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
    { id: 'cleanup', title: 'Cleanup', width: '84px', cell: (row) => row.cleanupPolicy ?? '—' },
    {
      id: 'retention',
      title: 'Retention',
      width: '88px',
      align: 'right',
      cell: (row) => retentionText(row.retentionMs),
    },
  ];
}
