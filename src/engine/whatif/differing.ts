/** The aggregates that differ in one run: kept, sorted, searched, and written to files that say they are hypothetical. */
import { type ExportColumn, formatCsv, formatJsonRows } from '../../contract/export.ts';
import type { Cell } from '../../contract/projections.ts';
import type { DifferingRow } from '../../contract/whatif.ts';
import { formatTime } from '../../core/time.ts';
import { compareSizes, type Difference, sizeOf } from './compareStreams.ts';

export interface RowsQuestion {
  sort: 'size' | 'first' | 'id';
  path: string | null;
  search: string;
}

export class Differing {
  readonly #byRef = new Map<string, Difference>();
  /** The answer to the last question; a page and the next one ask the same. */
  #sorted: { key: string; rows: DifferingRow[] } | null = null;

  get count(): number {
    return this.#byRef.size;
  }

  /** One that was there already is replaced: it was looked at before the others. */
  add(found: readonly Difference[]): void {
    for (const each of found) this.#byRef.set(JSON.stringify([each.row.ref.type, each.row.ref.id]), each);
    if (found.length > 0) this.#sorted = null;
  }

  rows(question: RowsQuestion): readonly DifferingRow[] {
    const key = JSON.stringify([question.sort, question.path, question.search]);
    if (this.#sorted?.key !== key) this.#sorted = { key, rows: this.#sort(question) };
    return this.#sorted.rows;
  }

  #sort({ sort, path, search }: RowsQuestion): DifferingRow[] {
    const needle = search.toLowerCase();
    const fitting: { row: DifferingRow; size: string | null }[] = [];
    for (const { row, paths } of this.#byRef.values()) {
      if (needle !== '' && !row.ref.id.toLowerCase().includes(needle)) continue;
      if (path === null) fitting.push({ row, size: row.size });
      else {
        const own = paths.filter((each) => each.path === path);
        if (own.length > 0)
          fitting.push({ row, size: own.map(({ delta }) => sizeOf(delta)).sort(compareSizes)[0]! });
      }
    }
    const byId = (a: DifferingRow, b: DifferingRow) =>
      a.ref.id < b.ref.id ? -1 : a.ref.id > b.ref.id ? 1 : a.ref.type < b.ref.type ? -1 : 1;
    fitting.sort((a, b) => {
      if (sort === 'id') return byId(a.row, b.row);
      if (sort === 'first') return a.row.firstAt - b.row.firstAt || byId(a.row, b.row);
      return compareSizes(a.size, b.size) || b.row.paths - a.row.paths || byId(a.row, b.row);
    });
    return fitting.map(({ row }) => row);
  }
}

const COLUMNS: ExportColumn[] = [
  'hypothetical',
  'aggregate_type',
  'aggregate_id',
  'events',
  'first_differing_event',
  'first_differing_type',
  'first_differing_recorded_at',
  'equal_again_at_end',
  'paths_that_differ',
  'path',
  'real_value',
  'hypothetical_value',
  'hypothetical_minus_real',
].map((name) => ({ name }));

/** A line for each listed path of each row; every line says in words that it is hypothetical, and of which question. */
export function differingFile(
  rows: readonly DifferingRow[],
  title: string,
  format: 'csv' | 'ndjson',
  isFirst: boolean,
): string {
  const cells = rows.flatMap((row): Cell[][] => {
    const facts: Cell[] = [
      `HYPOTHETICAL: ${title}`,
      row.ref.type,
      row.ref.id,
      row.events,
      row.firstId < 0 ? 'inserted' : String(row.firstId),
      row.firstType,
      formatTime(row.firstAt),
      row.healed ? 'yes' : 'no',
      row.paths,
    ];
    if (row.changes.length === 0) return [[...facts, null, null, null, null]];
    return row.changes.map(({ path, real, hypothetical, delta }) => [
      ...facts,
      path,
      real,
      hypothetical,
      delta === null ? null : { decimal: delta },
    ]);
  });
  if (format === 'ndjson') return formatJsonRows(COLUMNS, cells, 'lines');
  const text = formatCsv(COLUMNS, cells);
  return isFirst ? text : text.slice(text.indexOf('\r\n') + 2);
}
