/** Rows of a console answer as files: CSV (RFC 4180) and JSON, every number with all its digits. */
import type { Cell } from './projections.ts';

export interface ExportColumn {
  name: string;
}

/** Spreadsheets run a cell that begins so as a formula (OWASP, "CSV Injection"). */
const FORMULA_START = /^[=+\-@\t\r]/;
const REAL_NUMBER = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const NEEDS_QUOTES = /[",\r\n]/;

function csvText(text: string): string {
  const guarded = FORMULA_START.test(text) && !REAL_NUMBER.test(text) ? `'${text}` : text;
  // An empty text is quoted, so that it stays distinct from null.
  if (guarded === '' || NEEDS_QUOTES.test(guarded)) return `"${guarded.replaceAll('"', '""')}"`;
  return guarded;
}

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'string') return csvText(cell);
  if (typeof cell === 'number') return String(cell);
  if ('integer' in cell) return cell.integer;
  if ('decimal' in cell) return cell.decimal;
  return `base64:${cell.base64}`;
}

/**
 * CSV as RFC 4180: a header line, CRLF, quotes doubled. Null is an empty field, an empty text is `""`, bytes are
 * `base64:…`. A text that a spreadsheet would run as a formula gets a leading apostrophe; numbers do not.
 */
export function formatCsv(columns: readonly ExportColumn[], rows: readonly (readonly Cell[])[]): string {
  const lines = [columns.map((column) => csvText(column.name)).join(',')];
  for (const row of rows) lines.push(row.map(csvCell).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

function jsonCell(cell: Cell): string {
  if (cell === null || typeof cell !== 'object') return JSON.stringify(cell);
  if ('integer' in cell) return cell.integer;
  if ('decimal' in cell) return cell.decimal;
  return JSON.stringify(cell);
}

/** Column names as keys of one object: a name that comes again gets `_2`, `_3`, …. */
export function uniqueNames(columns: readonly ExportColumn[]): string[] {
  const taken = new Set<string>();
  return columns.map(({ name }) => {
    let unique = name;
    for (let count = 2; taken.has(unique); count += 1) unique = `${name}_${count}`;
    taken.add(unique);
    return unique;
  });
}

/**
 * Rows as JSON objects. Integers and decimals are JSON numbers with every digit, bytes are `{"base64":"…"}`.
 * `array`: one document, one row a line. `lines`: NDJSON.
 */
export function formatJsonRows(
  columns: readonly ExportColumn[],
  rows: readonly (readonly Cell[])[],
  form: 'array' | 'lines' = 'array',
): string {
  const names = uniqueNames(columns).map((name) => JSON.stringify(name));
  const objects = rows.map((row) => `{${row.map((cell, at) => `${names[at]}:${jsonCell(cell)}`).join(',')}}`);
  if (form === 'lines') return objects.map((object) => `${object}\n`).join('');
  return objects.length === 0 ? '[]\n' : `[\n${objects.join(',\n')}\n]\n`;
}
