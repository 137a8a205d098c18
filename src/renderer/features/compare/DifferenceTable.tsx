import { useState } from 'react';
import type { aggregates } from '../../../contract/aggregates.ts';
import type { ComparedValue, CompareRow, CompareSide } from '../../../contract/compare.ts';
import type { Output } from '../../../contract/contract.ts';
import { parseJson } from '../../../core/json.ts';
import { isNumeric, numberText } from '../../../core/numbers.ts';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { valueClass } from '../../components/Value.tsx';
import { type TableColumn, VirtualTable } from '../../components/VirtualTable.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatNumber, formatSigned, plural } from '../../lib/format.ts';
import { usePagedRows } from '../../lib/pagedRows.ts';
import { callEngine } from '../../lib/queries.ts';
import { alikeUntil } from './alike.ts';
import styles from './compare.module.css';

export type Show = 'differences' | 'all';
type Answer = Output<(typeof aggregates)['compareRows']>;

const only = (side: 'a' | 'b') => (titles: { a: string; b: string }) => `only in ${titles[side]}`;
const SIGNS = { same: '', changed: '≠', added: '+', removed: '−' } as const;
const WORDS = { same: () => 'the same', changed: () => 'changed', added: only('b'), removed: only('a') };

interface ValueCellProps {
  value: ComparedValue | null;
  /** What it is compared with, where there is no room for both: texts that begin alike are shown from where they part. */
  other?: ComparedValue | null;
}

function ValueCell({ value, other = null }: ValueCellProps) {
  if (value === null) return <span className={styles.nothing}>not there</span>;
  if ('list' in value) return <span className={styles.size}>{plural(value.list, 'item')}</span>;
  if ('object' in value) return <span className={styles.size}>{plural(value.object, 'field')}</span>;
  if ('start' in value)
    return (
      <>
        {shown(value.start)}
        <span className={styles.size}>… {formatCount(value.characters)} characters</span>
      </>
    );
  const json = parseJson(value.json);
  if (typeof json === 'string' && other !== null && 'json' in other) {
    const skipped = alikeUntil(value.json, other.json);
    if (skipped > 0) return <span className={valueClass(json)}>…{shown(value.json.slice(skipped))}</span>;
  }
  const text = isNumeric(json) ? formatNumber(numberText(json)) : shown(value.json);
  return <span className={valueClass(json)}>{text}</span>;
}

const hoverOf = (value: ComparedValue | null): string =>
  value === null ? '' : 'json' in value ? shown(value.json) : 'start' in value ? shown(value.start) : '';

/** Two states line by line under the given titles. */
export const differenceColumns = (
  titles: { a: string; b: string; delta: string },
  isNarrow = false,
): TableColumn<CompareRow>[] => [
  {
    id: 'name',
    title: 'Field',
    width: isNarrow ? 'minmax(104px, 1.2fr)' : 'minmax(160px, 1.2fr)',
    mono: true,
    cell: (row) => (
      <span className={styles.name} style={{ paddingLeft: row.depth * 16 }}>
        <span className={styles[`sign-${row.kind}`]} aria-hidden="true">
          {row.inside === null ? SIGNS[row.kind] : ''}
        </span>
        <span className="sr-only">{row.inside === null ? WORDS[row.kind](titles) : ''} </span>
        <span className="ellipsis">{row.name === '' ? 'the state' : shown(row.name)}</span>
      </span>
    ),
    hover: (row) => shown(row.path),
  },
  {
    id: 'a',
    title: titles.a,
    width: isNarrow ? 'minmax(72px, 1fr)' : 'minmax(120px, 1fr)',
    mono: true,
    cell: (row) => <ValueCell value={row.a} other={isNarrow ? row.b : null} />,
    hover: (row) => hoverOf(row.a),
  },
  {
    id: 'b',
    title: titles.b,
    width: isNarrow ? 'minmax(72px, 1fr)' : 'minmax(120px, 1fr)',
    mono: true,
    cell: (row) => <ValueCell value={row.b} other={isNarrow ? row.a : null} />,
    hover: (row) => hoverOf(row.b),
  },
  {
    id: 'delta',
    title: titles.delta,
    width: isNarrow ? 'minmax(64px, 0.6fr)' : 'minmax(96px, 0.6fr)',
    align: 'right',
    mono: true,
    cell: (row) =>
      row.delta !== null ? (
        formatSigned(row.delta)
      ) : row.inside !== null && row.inside > 0 ? (
        <span className={styles.size}>{plural(row.inside, 'difference')}</span>
      ) : null,
  },
];

const COLUMNS = differenceColumns({ a: 'A', b: 'B', delta: 'B − A' });

interface DifferenceTableProps {
  a: CompareSide;
  b: CompareSide;
  show: Show;
  /** Lines of both states; tells two empty states from two equal ones. */
  lines: number;
}

/** Both states line by line. */
export function DifferenceTable({ a, b, show, lines }: DifferenceTableProps) {
  const [selected, setSelected] = useState(0);
  const rows = usePagedRows<CompareRow, Answer>(
    ['aggregates', 'compareRows', { a, b, show }],
    (page, signal) => callEngine(['aggregates', 'compareRows'], { a, b, show, ...page }, signal),
  );
  if (rows.error !== null) return <ErrorState error={rows.error} onRetry={rows.retry} compact />;
  if (rows.isLoading) return <Skeleton lines={10} />;
  if (rows.total === 0)
    return (
      <EmptyState title={lines === 0 ? 'Both states are empty' : 'No difference'}>
        {lines === 0
          ? 'Nothing had happened yet on either side.'
          : `All ${plural(lines, 'line')} of both states are the same, in every digit.`}
      </EmptyState>
    );
  return (
    <VirtualTable
      label="Differences"
      autoFocus
      columns={COLUMNS}
      total={rows.total}
      getRow={rows.getRow}
      onRange={rows.onRange}
      isOld={rows.isOld}
      selected={Math.min(selected, rows.total - 1)}
      onSelect={setSelected}
      rowClass={(row) => (row.inside === null ? styles[`row-${row.kind}`] : undefined)}
    />
  );
}
