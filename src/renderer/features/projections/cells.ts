import type { Cell } from '../../../contract/projections.ts';
import { formatDecimal, plural } from '../../lib/format.ts';

export interface ResultColumn {
  name: string;
  type: string | null;
}

const NUMBER_TYPES = /^(?:integer|decimal|real|int|numeric|float|double)/i;

const isNumber = (cell: Cell): boolean =>
  typeof cell === 'number' || (typeof cell === 'object' && cell !== null && !('base64' in cell));

/** A number with all its digits as the engine sent them; null for a cell that holds none. */
export function exactText(cell: Cell): string | null {
  if (typeof cell === 'number') return String(cell);
  if (typeof cell !== 'object' || cell === null || 'base64' in cell) return null;
  return 'integer' in cell ? cell.integer : cell.decimal;
}

/** Columns whose numbers are names, not amounts: grouping their digits would make them look like a count. */
const NAMES_THINGS = /(?:^|_)(?:id|no|number|year|offset|last_event)$/i;

/** What a cell looks like on one line. NULL and the empty text are told apart by {@link cellKind}. */
export function cellText(cell: Cell, column = ''): string {
  if (cell === null) return 'NULL';
  if (typeof cell === 'string') return cell;
  const number = exactText(cell);
  if (number !== null) return NAMES_THINGS.test(column) ? number : formatDecimal(number);
  const { base64 } = cell as { base64: string };
  return plural((base64.length * 3) / 4 - (/=+$/.exec(base64)?.[0].length ?? 0), 'byte');
}

export function cellKind(cell: Cell): 'null' | 'empty' | 'number' | 'bytes' | 'text' {
  if (cell === null) return 'null';
  if (cell === '') return 'empty';
  if (isNumber(cell)) return 'number';
  return typeof cell === 'string' ? 'text' : 'bytes';
}

/** Text for the clipboard: exactly what is in the cell. */
export function cellCopy(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'string') return cell;
  return exactText(cell) ?? (cell as { base64: string }).base64;
}

/** Numbers stand right: by the declared type, or because every value shown is one. */
export function isNumberColumn(column: ResultColumn, cells: readonly Cell[]): boolean {
  const there = cells.filter((cell) => cell !== null);
  if (there.length > 0) return there.every(isNumber);
  return column.type !== null && NUMBER_TYPES.test(column.type);
}

const LETTER_PX = 7.3;
const PADDING_PX = 22;
const NARROWEST_PX = 64;
const WIDEST_PX = 320;

/** Widths (px) that fit what the columns hold in the sampled rows, within bounds. */
export function columnWidths(
  columns: readonly ResultColumn[],
  sample: readonly (readonly Cell[])[],
): number[] {
  return columns.map(({ name }, at) => {
    const longest = sample.reduce(
      (most, row) => Math.max(most, cellText(row[at] ?? null, name).length),
      name.length,
    );
    return Math.round(Math.min(WIDEST_PX, Math.max(NARROWEST_PX, longest * LETTER_PX + PADDING_PX)));
  });
}
