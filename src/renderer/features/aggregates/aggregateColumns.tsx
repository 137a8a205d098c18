import type { AggregateRow } from '../../../contract/aggregates.ts';
import { RecordedTime } from '../../components/RecordedTime.tsx';
import type { TableColumn } from '../../components/VirtualTable.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount } from '../../lib/format.ts';
import styles from './aggregateList.module.css';
import { projectedColumns } from './projectedColumns.tsx';

export type Sort = 'id' | 'events' | 'last';
export const SORTS: readonly Sort[] = ['id', 'events', 'last'];

interface ListedColumns {
  /** Aggregates of several types are listed. */
  withType: boolean;
  /** Columns of a projection that take the place of those about events; null: none. */
  projected: readonly string[] | null;
  columnTypes: Parameters<typeof projectedColumns>[2];
  /** Column of the projection that orders the list. */
  by: Parameters<typeof projectedColumns>[1];
  /** What orders it otherwise. */
  sort: Sort;
  onSort: (sort: Sort) => void;
}

/** The columns of the list of aggregates. */
export function aggregateColumns(listed: ListedColumns): TableColumn<AggregateRow>[] {
  const { withType, projected, columnTypes, by, sort, onSort } = listed;
  const sortable = (own: Sort): Pick<TableColumn<AggregateRow>, 'onSort' | 'sorted'> => ({
    onSort: () => onSort(own),
    sorted: by !== null || sort !== own ? null : own === 'id' ? 'ascending' : 'descending',
  });
  const type: TableColumn<AggregateRow> = {
    id: 'type',
    title: 'Type',
    width: 'minmax(124px, 0.5fr)',
    cell: (row) => shown(row.ref.type),
    hover: (row) => shown(row.ref.type),
  };
  const lastType: TableColumn<AggregateRow> = {
    id: 'lastType',
    title: 'Last type',
    width: 'minmax(124px, 0.7fr)',
    cell: (row) => (row.lastType === '' ? '—' : shown(row.lastType)),
    hover: (row) => shown(row.lastType),
  };
  return [
    {
      ...sortable('id'),
      id: 'id',
      title: 'Aggregate',
      width: 'minmax(190px, 1.6fr)',
      mono: true,
      cell: (row) =>
        row.foundIn === 'id' ? (
          shown(row.ref.id)
        ) : (
          <>
            {shown(row.ref.id)} <span className={styles.foundIn}>in its events</span>
          </>
        ),
      hover: (row) => shown(row.ref.id),
    },
    ...(withType ? [type] : []),
    {
      ...sortable('events'),
      id: 'events',
      title: 'Events',
      width: '76px',
      align: 'right',
      mono: true,
      cell: (row) => formatCount(row.events),
    },
    ...(projected === null ? ABOUT_EVENTS : projectedColumns(projected, by, columnTypes)),
    {
      ...sortable('last'),
      id: 'last',
      title: 'Last event (UTC)',
      width: '188px',
      cell: (row) => <RecordedTime at={row.lastAt} logAt={row.lastLogAt} />,
    },
    ...(projected === null ? [lastType] : []),
  ];
}

const ABOUT_EVENTS: readonly TableColumn<AggregateRow>[] = [
  {
    id: 'topics',
    title: 'Topics',
    width: '62px',
    align: 'right',
    mono: true,
    cell: (row) => formatCount(row.topics),
  },
  {
    id: 'first',
    title: 'First event (UTC)',
    width: '188px',
    cell: (row) => <RecordedTime at={row.firstAt} logAt={row.firstLogAt} />,
  },
];
