/** The aggregates that differ in one run: kept, sorted, searched, and written to files that say they are hypothetical. */
import { type ExportColumn, formatCsv, formatJsonRows } from '../../contract/export.ts';
import type { Cell } from '../../contract/projections.ts';
import type { DifferingRow, Folded } from '../../contract/whatif.ts';
import { formatTime } from '../../core/time.ts';
import { compareSizes, type Difference, sizeOf } from './difference.ts';

export interface RowsQuestion {
  sort: 'size' | 'first' | 'id';
  path: string | null;
  search: string;
}

/** Ids of records that are kept with the rows they belong to; without them opening a row looks for them. */
const MOST_RECORDS = 4_000_000;

const nameOf = (ref: Folded): string =>
  JSON.stringify('key' in ref ? [ref.projection, ref.key] : [ref.type, ref.id]);
const idOf = (ref: Folded): string => ('key' in ref ? ref.key : ref.id);
const typeOf = (ref: Folded): string => ('key' in ref ? ref.projection : ref.type);

export class Differing {
  readonly #byRef = new Map<string, Difference>();
  readonly #most: number;
  /** The answer to the last question; a page and the next one ask the same. */
  #sorted: { key: string; rows: DifferingRow[] } | null = null;
  #records = 0;
  #preliminary = 0;

  /** @param most rows that are kept; further ones are left out */
  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#byRef.size;
  }

  /** Rows of which only the first events were folded. */
  get preliminary(): number {
    return this.#preliminary;
  }

  /** One that was there already is replaced: it was looked at before the others. */
  add(found: readonly Difference[]): void {
    for (const { records, ...each } of found) {
      const { row } = each;
      const name = nameOf(row.ref);
      const before = this.#byRef.get(name);
      if (before === undefined && this.count >= this.#most) continue;
      // Another thread may have folded all of it before this one looked at its first events.
      if (row.isPreliminary && before?.row.isPreliminary === false) continue;
      const isKept = records !== undefined && this.#records + records.length <= MOST_RECORDS;
      if (isKept) this.#records += records.length;
      this.#byRef.set(name, isKept ? { ...each, records } : each);
      this.#preliminary += Number(row.isPreliminary) - Number(before?.row.isPreliminary ?? false);
    }
    if (found.length > 0) this.#sorted = null;
  }

  /** Takes back what a first look at some events said and all of them did not. How many there were. */
  dropPreliminary(): number {
    const dropped = this.#preliminary;
    if (dropped === 0) return 0;
    for (const [name, { row }] of this.#byRef) if (row.isPreliminary) this.#byRef.delete(name);
    this.#preliminary = 0;
    this.#sorted = null;
    return dropped;
  }

  /** Ids of the records of a row; undefined: they are not kept. */
  recordsOf(ref: Folded): Float64Array | undefined {
    return this.#byRef.get(nameOf(ref))?.records;
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
      if (needle !== '' && !idOf(row.ref).toLowerCase().includes(needle)) continue;
      if (path === null) fitting.push({ row, size: row.size });
      else {
        const own = paths.filter((each) => each.path === path);
        if (own.length > 0)
          fitting.push({ row, size: own.map(({ delta }) => sizeOf(delta)).sort(compareSizes)[0]! });
      }
    }
    const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
    const byId = (a: DifferingRow, b: DifferingRow) =>
      compare(idOf(a.ref), idOf(b.ref)) || compare(typeOf(a.ref), typeOf(b.ref));
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
  'preliminary',
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
      row.isPreliminary ? 'yes: only its first events were folded' : 'no',
      ...('key' in row.ref ? [null, row.ref.key] : [row.ref.type, row.ref.id]),
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
