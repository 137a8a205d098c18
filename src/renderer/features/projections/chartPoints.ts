/** Which columns of a result can be drawn, and the points they make. */
import type { Cell } from '../../../contract/projections.ts';
import type { ChartKind, ChartPoint } from '../../components/PointChart.tsx';
import { shown } from '../../lib/escape.ts';
import { cellText, exactText, isNumberColumn, type ResultColumn } from './cells.ts';

export interface ChartChoice {
  kind: ChartKind;
  /** Indexes of columns. */
  x: number;
  y: number;
}

/** Most points that are drawn: more could neither be told apart nor be drawn at once. */
export const MOST_POINTS: Record<ChartKind, number> = { bar: 400, line: 5_000, scatter: 3_000 };

const TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

const cellsOf = (rows: readonly (readonly Cell[])[], at: number): Cell[] =>
  rows.map((row) => row[at] ?? null);

/** Numbers, times (UTC unless they say otherwise) or names. */
export function axisOf(column: ResultColumn, cells: readonly Cell[]): 'names' | 'numbers' | 'times' {
  if (isNumberColumn(column, cells)) return 'numbers';
  const there = cells.filter((cell) => cell !== null);
  return there.length > 0 && there.every((cell) => typeof cell === 'string' && TIME.test(cell))
    ? 'times'
    : 'names';
}

/** Columns whose values are numbers. */
export const numberColumns = (
  columns: readonly ResultColumn[],
  rows: readonly (readonly Cell[])[],
): number[] => columns.flatMap((column, at) => (isNumberColumn(column, cellsOf(rows, at)) ? [at] : []));

/** What a result is drawn as unless somebody chose; null: it has no column of numbers. */
export function firstChoice(
  columns: readonly ResultColumn[],
  rows: readonly (readonly Cell[])[],
): ChartChoice | null {
  const numbers = numberColumns(columns, rows);
  const y = numbers.at(-1);
  if (y === undefined) return null;
  const x = columns.findIndex((_, at) => at !== y);
  if (x === -1) return { kind: 'bar', x: y, y };
  const axis = axisOf(columns[x]!, cellsOf(rows, x));
  return { kind: axis === 'names' ? 'bar' : axis === 'times' ? 'line' : 'scatter', x, y };
}

const numberOf = (cell: Cell): number | null => {
  const text = exactText(cell);
  const value = text === null ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
};
const timeOf = (cell: Cell): number | null => {
  if (typeof cell !== 'string') return null;
  const zoned =
    /(?:Z|[+-]\d\d:?\d\d)$/.test(cell) || cell.length === 10 ? cell : `${cell.replace(' ', 'T')}Z`;
  const at = Date.parse(zoned);
  return Number.isNaN(at) ? null : at;
};

export interface Drawn {
  axis: 'names' | 'numbers' | 'times';
  points: ChartPoint[];
  /** Rows that have no value to draw. */
  without: number;
  /** Rows after the last one that is drawn. */
  beyond: number;
}

/** The points of a choice. A line over numbers or times goes from left to right. */
export function drawn(
  columns: readonly ResultColumn[],
  rows: readonly (readonly Cell[])[],
  { kind, x, y }: ChartChoice,
): Drawn {
  const cells = cellsOf(rows, x);
  const natural = axisOf(columns[x]!, cells);
  // Bars have a place each, whatever they are of.
  const axis = kind === 'bar' ? 'names' : natural;
  const taken = rows.slice(0, MOST_POINTS[kind]);
  const points = taken.flatMap((row): ChartPoint[] => {
    const [from, to] = [row[x] ?? null, row[y] ?? null];
    const at = axis === 'times' ? timeOf(from) : axis === 'numbers' ? numberOf(from) : null;
    const value = numberOf(to);
    if (value === null || (axis !== 'names' && at === null)) return [];
    return [
      {
        x: at,
        y: value,
        xText: shown(cellText(from, columns[x]!.name)),
        yText: shown(cellText(to, columns[y]!.name)),
      },
    ];
  });
  if (axis !== 'names' && kind === 'line') points.sort((a, b) => a.x! - b.x!);
  return { axis, points, without: taken.length - points.length, beyond: rows.length - taken.length };
}

/** A choice as saved queries keep it, by the names of the columns. */
export const choiceText = ({ kind, x, y }: ChartChoice, columns: readonly ResultColumn[]): string =>
  JSON.stringify({ kind, x: columns[x]?.name, y: columns[y]?.name });

/** Null when the text names columns that the result has not. */
export function choiceOf(text: string | null, columns: readonly ResultColumn[]): ChartChoice | null {
  if (text === null) return null;
  try {
    const { kind, x, y } = JSON.parse(text) as { kind: ChartKind; x: string; y: string };
    const [from, to] = [x, y].map((name) => columns.findIndex((column) => column.name === name));
    return from! < 0 || to! < 0 || !Object.hasOwn(MOST_POINTS, kind) ? null : { kind, x: from!, y: to! };
  } catch {
    return null;
  }
}
