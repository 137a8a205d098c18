/** The rows of a console answer as a file: CSV, JSON, NDJSON or Parquet, every number with all its digits. */
import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { SchemaElement } from 'hyparquet';
import type { Cell } from '../../contract/cell.ts';
import { formatCsv, formatJsonRows, uniqueNames } from '../../contract/export.ts';
import { RowGroups } from './rowGroups.ts';
import { writeProblem } from './writeProblem.ts';

export type ResultFormat = 'csv' | 'json' | 'ndjson' | 'parquet';

export interface ResultColumn {
  name: string;
  type: string | null;
}

/** Rows put into text or a row group at once. */
const ROWS_AT_ONCE = 20_000;

/**
 * Writes a file under a name of its own and gives it its name when it is whole.
 * @returns its size in bytes
 * @throws HindcastError `file.write` with what the system said
 */
export function writeResult(
  target: string,
  format: ResultFormat,
  columns: readonly ResultColumn[],
  rows: readonly (readonly Cell[])[],
  program: string,
): number {
  const partial = `${target}.partial`;
  let handle: number | null = null;
  try {
    handle = openSync(partial, 'w', 0o600);
    if (format === 'parquet') writeParquet(handle, columns, rows, program);
    else for (const text of textOf(format, columns, rows)) write(handle, Buffer.from(text, 'utf8'));
    const { size } = fstatSync(handle);
    closeSync(handle);
    handle = null;
    renameSync(partial, target);
    return size;
  } catch (error) {
    if (handle !== null) closeSync(handle);
    rmSync(partial, { force: true });
    throw writeProblem(target, error);
  }
}

function write(handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at, bytes.length - at);
}

function* textOf(
  format: Exclude<ResultFormat, 'parquet'>,
  columns: readonly ResultColumn[],
  rows: readonly (readonly Cell[])[],
): Generator<string> {
  if (format === 'csv') yield formatCsv(columns, []);
  if (format === 'json') yield '[';
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
    const some = rows.slice(at, at + ROWS_AT_ONCE);
    if (format === 'csv') yield formatCsv(columns, some).slice(formatCsv(columns, []).length);
    else if (format === 'ndjson') yield formatJsonRows(columns, some, 'lines');
    else {
      const objects = formatJsonRows(columns, some, 'lines').trimEnd().replaceAll('\n', ',\n');
      yield `${at === 0 ? '' : ','}\n${objects}`;
    }
  }
  if (format === 'json') yield rows.length === 0 ? ']\n' : '\n]\n';
}

type Kind = 'integer' | 'decimal' | 'double' | 'bytes' | 'text';
const WHOLE = /^-?\d+$/;
const PLAIN_DECIMAL = /^-?\d+(?:\.\d+)?$/;
/** Digits that a DECIMAL of 16 bytes holds for certain. */
const MOST_DIGITS = 38;

const numberTextOf = (cell: Cell): string | null => {
  if (typeof cell === 'number') return String(cell);
  if (typeof cell !== 'object' || cell === null || 'base64' in cell) return null;
  return 'integer' in cell ? cell.integer : cell.decimal;
};
const textOfCell = (cell: Cell): string =>
  typeof cell === 'string' ? cell : (numberTextOf(cell) ?? (cell as { base64: string }).base64);
const fitsInt64 = (text: string): boolean => BigInt.asIntN(64, BigInt(text)) === BigInt(text);

interface Shape {
  kind: Kind;
  /** Digits after the point, for decimals. */
  scale: number;
}

/** The narrowest type that holds every value of a column exactly. */
function shapeOf(cells: readonly Cell[], type: string | null): Shape {
  const there = cells.filter((cell) => cell !== null);
  if (there.length > 0 && there.every((cell) => typeof cell === 'object' && 'base64' in cell))
    return { kind: 'bytes', scale: 0 };
  const numbers = there.map(numberTextOf);
  if (there.length === 0 || numbers.includes(null)) return { kind: 'text', scale: 0 };
  const texts = numbers as string[];
  const isDecimal = type === 'decimal' || there.some((cell) => typeof cell === 'object' && 'decimal' in cell);
  if (!isDecimal && texts.every((text) => WHOLE.test(text) && fitsInt64(text)))
    return { kind: 'integer', scale: 0 };
  if (isDecimal && texts.every((text) => PLAIN_DECIMAL.test(text))) {
    const scale = Math.max(...texts.map((text) => text.split('.')[1]?.length ?? 0));
    const whole = Math.max(...texts.map((text) => text.replace('-', '').split('.')[0]!.length));
    if (whole + scale <= MOST_DIGITS) return { kind: 'decimal', scale };
  }
  // What SQLite holds as a double is one in the file too.
  return { kind: there.every((cell) => typeof cell === 'number') ? 'double' : 'text', scale: 0 };
}

function elementOf(name: string, { kind, scale }: Shape): SchemaElement {
  const base = { name, repetition_type: 'OPTIONAL' as const };
  if (kind === 'integer') return { ...base, type: 'INT64' };
  if (kind === 'double') return { ...base, type: 'DOUBLE' };
  if (kind === 'bytes') return { ...base, type: 'BYTE_ARRAY' };
  if (kind === 'text') return { ...base, type: 'BYTE_ARRAY', converted_type: 'UTF8' };
  return {
    ...base,
    type: 'FIXED_LEN_BYTE_ARRAY',
    type_length: 16,
    converted_type: 'DECIMAL',
    precision: MOST_DIGITS,
    scale,
  };
}

function exactValue(cell: Cell, { kind, scale }: Shape): unknown {
  if (cell === null) return null;
  if (kind === 'text') return textOfCell(cell);
  if (kind === 'bytes') return Buffer.from((cell as { base64: string }).base64, 'base64');
  if (kind === 'double') return cell;
  const text = numberTextOf(cell)!;
  if (kind === 'integer') return BigInt(text);
  const [whole, fraction = ''] = text.split('.');
  return BigInt(`${whole}${fraction.padEnd(scale, '0')}`);
}

/** Integers as INT64, decimals as DECIMAL with the scale they have, times and other text as STRING, bytes as they are. */
function writeParquet(
  handle: number,
  columns: readonly ResultColumn[],
  rows: readonly (readonly Cell[])[],
  program: string,
): void {
  const names = uniqueNames(columns);
  const shapes = columns.map(({ type }, at) =>
    shapeOf(
      rows.map((row) => row[at] ?? null),
      type,
    ),
  );
  const groups = new RowGroups(
    handle,
    names.map((name, at) => elementOf(name, shapes[at]!)),
    program,
  );
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const some = rows.slice(from, from + ROWS_AT_ONCE);
    groups.write(
      some.length,
      names.map((name, at) => ({
        name,
        data: some.map((row) => exactValue(row[at] ?? null, shapes[at]!)),
      })),
    );
  }
  groups.finish();
}
