import type { AggregateRow } from '../../../contract/aggregates.ts';
import type { Cell } from '../../../contract/cell.ts';
import type { TableColumn } from '../../components/VirtualTable.tsx';
import { shown } from '../../lib/escape.ts';
import { cellKind, cellText } from '../projections/cells.ts';
import styles from './aggregateList.module.css';
import { type ColumnsChoice, sortByColumn } from './listColumns.ts';

const NUMBERS: ReadonlySet<string> = new Set(['integer', 'decimal']);

const LETTER_PX = 7.3;
const PADDING_PX = 34;
const TIME_PX = 196;
const NARROWEST_PX = 96;

/** Least width of a column: its name with the arrow of the order is readable, and a time stands whole. */
export const widthOf = (name: string, type: string): number =>
  Math.ceil(Math.max(type === 'time' ? TIME_PX : NARROWEST_PX, name.length * LETTER_PX + PADDING_PX));

/** Columns of the projection in the table of aggregates. @param types by name */
export function projectedColumns(
  names: readonly string[],
  by: ColumnsChoice['by'],
  types: ReadonlyMap<string, string>,
): TableColumn<AggregateRow>[] {
  return names.map((name, at): TableColumn<AggregateRow> => {
    const type = types.get(name) ?? 'text';
    return {
      id: `column ${name}`,
      title: <span title={`${shown(name)}: ${type}`}>{shown(name)}</span>,
      width: `minmax(${widthOf(name, type)}px, 0.6fr)`,
      align: NUMBERS.has(type) ? 'right' : 'left',
      mono: true,
      cell: ({ cells }) =>
        cells === null ? (
          <span className={styles.noRow}>—</span>
        ) : (
          <CellValue cell={cells[at] ?? null} column={name} />
        ),
      hover: ({ cells }) =>
        cells === null
          ? 'The projection has no row for it at this moment'
          : shown(cellText(cells[at] ?? null, name)),
      onSort: () => sortByColumn(by, name),
      sorted: by?.column === name ? (by.descending ? 'descending' : 'ascending') : null,
    };
  });
}

function CellValue({ cell, column }: { cell: Cell; column: string }) {
  const kind = cellKind(cell);
  if (kind === 'null') return <span className={styles.noRow}>NULL</span>;
  if (kind === 'empty') return <span className={styles.noRow}>empty text</span>;
  return <>{shown(cellText(cell, column))}</>;
}
