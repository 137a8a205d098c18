import { type CSSProperties, useMemo, useState } from 'react';
import type { Cell } from '../../../contract/projections.ts';
import { copyText } from '../../components/CopyButton.tsx';
import { toast } from '../../components/Toast.tsx';
import { type TableColumn, VirtualTable } from '../../components/VirtualTable.tsx';
import { shown } from '../../lib/escape.ts';
import { cellCopy, cellKind, cellText, columnWidths, isNumberColumn, type ResultColumn } from './cells.ts';
import styles from './projections.module.css';

export type ResultRow = readonly Cell[];
const SAMPLE = 200;
const ignoreRange = () => {};

export interface SortChoice {
  by: string | null;
  descending: boolean;
  onSort: (column: string) => void;
}

interface ResultTableProps {
  label: string;
  columns: readonly ResultColumn[];
  /** Rows that say how wide the columns must be. */
  sample: readonly ResultRow[];
  total: number;
  getRow: (index: number) => ResultRow | undefined;
  onRange?: (first: number, last: number) => void;
  onOpen?: (row: ResultRow) => void;
  isOld?: boolean;
  sort?: SortChoice;
}

/** Rows of SQL: numbers right with all their digits, NULL never taken for a text. Ctrl/Cmd+C copies the row. */
export function ResultTable(props: ResultTableProps) {
  const { label, columns, sample, total, getRow, onRange = ignoreRange, onOpen, isOld = false, sort } = props;
  const [selected, setSelected] = useState(-1);
  const { by, descending } = sort ?? { by: null, descending: false };
  const onSort = sort?.onSort;
  const shape = useMemo(() => {
    const seen = sample.slice(0, SAMPLE);
    const widths = columnWidths(columns, seen);
    return {
      width: widths.reduce((sum, width) => sum + width, 0),
      numbers: columns.map((column, at) =>
        isNumberColumn(
          column,
          seen.map((row) => row[at] ?? null),
        ),
      ),
      widths,
    };
  }, [columns, sample]);
  const table = columns.map(
    ({ name, type }, at): TableColumn<ResultRow> => ({
      id: `${at} ${name}`,
      title: <span title={type === null ? undefined : `${shown(name)}: ${type}`}>{shown(name)}</span>,
      width:
        at === columns.length - 1 && !shape.numbers[at]
          ? `minmax(${shape.widths[at]}px, 1fr)`
          : `${shape.widths[at]}px`,
      align: shape.numbers[at] ? 'right' : 'left',
      mono: true,
      cell: (row) => <CellValue cell={row[at] ?? null} column={name} />,
      hover: (row) => shown(cellText(row[at] ?? null, name)),
      ...(onSort === undefined
        ? {}
        : {
            onSort: () => onSort(name),
            sorted: by === name ? (descending ? ('descending' as const) : ('ascending' as const)) : null,
          }),
    }),
  );
  return (
    <div className={styles.result} style={{ '--width': `${shape.width}px` } as CSSProperties}>
      <VirtualTable<ResultRow>
        label={label}
        columns={table}
        total={total}
        getRow={getRow}
        onRange={onRange}
        selected={selected < total ? selected : -1}
        onSelect={setSelected}
        isOld={isOld}
        onOpen={(index) => {
          const row = getRow(index);
          if (row !== undefined) onOpen?.(row);
        }}
        onKey={(event, index) => {
          const row = getRow(index);
          if (row === undefined || event.key !== 'c' || !(event.ctrlKey || event.metaKey)) return false;
          if (getSelection()?.toString()) return false;
          void copyText(row.map(cellCopy).join('\t')).then((done) => done && toast('The row is copied.'));
          return true;
        }}
      />
    </div>
  );
}

function CellValue({ cell, column }: { cell: Cell; column: string }) {
  const kind = cellKind(cell);
  if (kind === 'null') return <span className={styles.null}>NULL</span>;
  if (kind === 'empty') return <span className={styles.emptyText}>empty text</span>;
  return (
    <span className={kind === 'number' ? styles.number : undefined}>{shown(cellText(cell, column))}</span>
  );
}
