/**
 * The records that fit a filter, in log order, kept from one revision to the next: only what the log has changed near its
 * end is tested again.
 */

import type { Database } from 'better-sqlite3';
import { prepared } from '../store/statements.ts';
import type { ReadContext } from '../workers/context.ts';
import { GiveWay } from '../workers/giveWay.ts';
import { comparePlace } from './columnOrder.ts';
import { Hits } from './hits.ts';
import { IdsBySql } from './idsBySql.ts';
import { type LogOrder, logOrderOf, PAGE } from './logOrder.ts';
import { allocateRows, copyRow, type LogRows, rowsOfRecords } from './logRows.ts';

/** Records in log order, by their number among those selected. */
export interface Selection {
  readonly count: number;
  /** Ids from one up to another (exclusive). */
  ids(from: number, to: number): number[];
  /** The same as rows. Good until the next call. */
  rows(from: number, to: number): LogRows;
  /** All of them in pieces, each good until the next one. @throws GiveWay before the first, as selectionOf() does */
  pieces(): Generator<LogRows>;
  /** How many of them come before a moment. */
  countBefore(time: number): number;
  /** Those of these rows, in log order, that are selected. */
  among(rows: LogRows): number[];
}

/** Whether a record fits. What it says of a record may not change while the record does not. */
export type Test = (rows: LogRows, at: number) => boolean;

export interface Question {
  /** Unique for the filter. */
  key: string;
  /** Recorded time, both inclusive. */
  from: number | undefined;
  to: number | undefined;
  /** All must hold. Made only when there is something to test. */
  tests(): Test[];
  /** What the tests say as a condition on the columns of `record`; null: SQL cannot say it. */
  condition(): string | null;
  /** The only records that can fit, where an index tells; null: any can. */
  among(): ReadonlySet<number> | null;
}

/** How many of the rows that can fit were looked at. */
export interface Walk {
  looked: number;
  of: number;
}

/** Rows are looked at so long before others have their turn: those of pages at hand all at once. Milliseconds. */
const WALK_MS = 150;

/** Looking at one record by its id costs about as much as looking at so many one after the other. */
export const SEEK_COST = 100;

interface Kept {
  generation: number;
  selection: Selection;
  /** The memory of a selection by tests. */
  hits: Hits | null;
  /** Rows before this place are decided, and how far that is; null: all are. */
  open: { reached: number; walk: Walk } | null;
}

/** Those of the last questions; the newest is the last one. */
interface Memory {
  byKey: Map<string, Kept>;
  bytes: number;
}

const KEY = 'selections';
const MOST_BYTES = 16 * 1024 * 1024;
const BYTES_AT_LEAST = 1024;

/**
 * The records that fit. @param isPartial in a very large log those found so far, which the next call adds to: hits are only
 * ever added at the end; `walk` null: these are all. Otherwise all of them. @throws GiveWay when that takes long
 */
export function selectionOf(
  context: ReadContext,
  question: Question,
  isPartial: boolean,
): { selection: Selection; walk: Walk | null } {
  const memory = (context.lasting.get(KEY) as Memory | undefined) ?? { byKey: new Map(), bytes: 0 };
  context.lasting.set(KEY, memory);
  const { byKey } = memory;
  const put = (kept: Kept) => {
    byKey.set(question.key, kept);
    memory.bytes += bytesOf(kept);
  };
  const known = byKey.get(question.key);
  const order = logOrderOf(context);
  if (known !== undefined) {
    memory.bytes -= bytesOf(known);
    byKey.delete(question.key);
  }
  const isDone = known?.generation === order.generation && known.open === null;
  let kept: Kept;
  try {
    kept = isDone ? known : grown(context, order, question, known, isPartial);
  } catch (error) {
    // Its hits are as they were; those of one that was given up on in the middle are not.
    if (error instanceof GiveWay && known !== undefined) put(known);
    throw error;
  }
  put(kept);
  for (const [oldest, each] of byKey) {
    if (memory.bytes <= MOST_BYTES || byKey.size === 1) break;
    byKey.delete(oldest);
    memory.bytes -= bytesOf(each);
  }
  return { selection: kept.selection, walk: kept.open?.walk ?? null };
}

const bytesOf = ({ hits, selection }: Kept): number =>
  BYTES_AT_LEAST +
  (hits?.bytes ??
    (selection instanceof ListedRecords || selection instanceof FoundBySql ? selection.bytes : 0));

function grown(
  context: ReadContext,
  order: LogOrder,
  question: Question,
  known: Kept | undefined,
  isPartial: boolean,
): Kept {
  const { generation } = order;
  const tests = question.tests();
  const wanted = question.among();
  const ids = wanted !== null && wanted.size <= order.count / SEEK_COST ? wanted : null;
  if (wanted !== null && ids === null) tests.push((rows, at) => wanted.has(rows.id[at]!));
  const { from: since = Number.NEGATIVE_INFINITY, to: until = Number.POSITIVE_INFINITY } = question;
  const isWithin: Test = (rows, at) => rows.mono[at]! >= since && rows.mono[at]! <= until;
  const fits = all([isWithin, ...tests]);
  if (ids !== null) {
    const rows = inLogOrder(context, rowsOfRecords(context.db, [...ids]));
    const selection = new ListedRecords(context.db, fitting(rows, fits));
    return { generation, selection, hits: null, open: null };
  }
  const from = question.from === undefined ? 0 : order.placeOfTime(since);
  const to = question.to === undefined ? order.count : order.placeOfTime(until + 1);
  if (tests.length === 0)
    return { generation, selection: new Range(order, from, to, fits), hits: null, open: null };

  const condition = known === undefined && wanted === null ? question.condition() : null;
  const ranges = condition === null ? null : order.idRanges(since, until + 1);
  if (ranges !== null)
    return {
      generation,
      selection: new FoundBySql(context.db, new IdsBySql(context.db, ranges, condition!)),
      hits: null,
      open: null,
    };

  const hits = known?.hits ?? new Hits();
  const decided =
    known === undefined || known.hits === null
      ? 0
      : Math.min(
          order.placeOfTime(order.unchangedBefore(known.generation)),
          known.open?.reached ?? Number.POSITIVE_INFINITY,
        );
  const start = Math.max(from, Math.floor(decided / PAGE) * PAGE);
  if (!isPartial) order.prepare(start, to);
  // What came before the first moment has moved it: the hits that stood there stand elsewhere.
  hits.cut(Math.floor(Math.min(decided, start) / PAGE));
  const test = all(tests);
  const places = new Uint16Array(PAGE);
  const inTurns = isPartial && context.mayGiveWay === true && !order.fitsMemory;
  const deadline = inTurns ? performance.now() + WALK_MS : Number.POSITIVE_INFINITY;
  let reached = start;
  while (reached < to) {
    const end = Math.min((Math.floor(reached / PAGE) + order.pagesAtOnce) * PAGE, to);
    for (const { from: place, rows } of order.pages(reached, end)) {
      const page = Math.floor(place / PAGE);
      const shift = place - page * PAGE;
      let count = 0;
      for (let at = 0; at < rows.count; at++) if (test(rows, at)) places[count++] = at + shift;
      hits.add(page, places.subarray(0, count), (each) => rows.id[each - shift]!);
    }
    reached = end;
    if (performance.now() >= deadline) break;
  }
  const open = reached < to ? { reached, walk: { looked: reached - from, of: to - from } } : null;
  return { generation, selection: new Tested(context.db, order, hits, fits), hits, open };
}

function all(tests: readonly Test[]): Test {
  if (tests.length === 1) return tests[0]!;
  return (rows, at) => {
    for (const test of tests) if (!test(rows, at)) return false;
    return true;
  };
}

function fitting(rows: LogRows, test: Test): number[] {
  const ids: number[] = [];
  for (let at = 0; at < rows.count; at++) if (test(rows, at)) ids.push(rows.id[at]!);
  return ids;
}

/** Rows sorted by moment, topic, partition and offset. */
export function inLogOrder({ dictionary }: ReadContext, rows: LogRows): LogRows {
  const order = Array.from({ length: rows.count }, (_, at) => at).sort((a, b) => {
    const apart = rows.mono[a]! - rows.mono[b]!;
    if (apart !== 0) return apart;
    const one = dictionary.placeOf(rows.id[a]!);
    const other = dictionary.placeOf(rows.id[b]!);
    return comparePlace(one, other) || rows.id[a]! - rows.id[b]!;
  });
  const sorted = allocateRows(rows.count);
  for (const [into, at] of order.entries()) copyRow(rows, at, sorted, into);
  return sorted;
}

/** All from one place of the log to another. */
class Range implements Selection {
  readonly #order: LogOrder;
  readonly #from: number;
  readonly #fits: Test;
  readonly count: number;

  constructor(order: LogOrder, from: number, to: number, fits: Test) {
    this.#order = order;
    this.#from = from;
    this.#fits = fits;
    this.count = Math.max(to - from, 0);
  }

  ids(from: number, to: number): number[] {
    if (to === from + 1) return Array.from(this.#order.rowsAt([this.#from + from]).id);
    return Array.from(this.rows(from, to).id);
  }

  rows(from: number, to: number): LogRows {
    return this.#order.rows(this.#from + from, this.#from + to);
  }

  *pieces(): Generator<LogRows> {
    this.#order.prepare(this.#from, this.#from + this.count);
    for (const { rows } of this.#order.pages(this.#from, this.#from + this.count)) yield rows;
  }

  countBefore(time: number): number {
    return Math.min(Math.max(this.#order.placeOfTime(time) - this.#from, 0), this.count);
  }

  among(rows: LogRows): number[] {
    return fitting(rows, this.#fits);
  }
}

function* inPieces(selection: Selection): Generator<LogRows> {
  for (let from = 0; from < selection.count; from += PAGE)
    yield selection.rows(from, Math.min(from + PAGE, selection.count));
}

/** Those that passed tests. */
class Tested implements Selection {
  readonly #db: Database;
  readonly #order: LogOrder;
  readonly #hits: Hits;
  readonly #fits: Test;
  readonly count: number;

  constructor(db: Database, order: LogOrder, hits: Hits, fits: Test) {
    this.#db = db;
    this.#order = order;
    this.#hits = hits;
    this.#fits = fits;
    this.count = hits.count;
  }

  ids(from: number, to: number): number[] {
    const ids: number[] = [];
    for (const run of this.#hits.runs(from, to)) {
      const known = run.ids ?? this.#order.page(run.page).id;
      for (const [nth, place] of run.places.entries()) ids.push(known[run.ids === null ? place : nth]!);
    }
    return ids;
  }

  rows(from: number, to: number): LogRows {
    const found = allocateRows(to - from);
    let listed: number[] = [];
    let at = 0;
    const putListed = () => {
      const rows = rowsOfRecords(this.#db, listed);
      for (let row = 0; row < rows.count; row++) copyRow(rows, row, found, at++);
      listed = [];
    };
    for (const { page, places, ids } of this.#hits.runs(from, to)) {
      if (ids !== null) {
        listed.push(...ids);
        continue;
      }
      putListed();
      const rows = this.#order.page(page);
      for (const place of places) copyRow(rows, place, found, at++);
    }
    putListed();
    return found;
  }

  pieces = (): Generator<LogRows> => inPieces(this);

  countBefore(time: number): number {
    return this.#hits.countBelow(this.#order.placeOfTime(time));
  }

  among(rows: LogRows): number[] {
    return fitting(rows, this.#fits);
  }
}

/** Those that SQLite finds: counted, and listed when more than the first are asked for. */
class FoundBySql implements Selection {
  readonly #db: Database;
  readonly #found: IdsBySql;
  readonly count: number;
  #listed: ListedRecords | null = null;

  constructor(db: Database, found: IdsBySql) {
    this.#db = db;
    this.#found = found;
    this.count = found.count;
  }

  /** As if all were listed: what it takes may not change while it is kept. */
  get bytes(): number {
    return this.count * 8;
  }

  get #all(): ListedRecords {
    this.#listed ??= new ListedRecords(this.#db, this.#found.all());
    return this.#listed;
  }

  ids(from: number, to: number): number[] {
    const { first } = this.#found;
    return to <= first.length ? Array.from(first.subarray(from, to)) : this.#all.ids(from, to);
  }

  rows(from: number, to: number): LogRows {
    return rowsOfRecords(this.#db, this.ids(from, to));
  }

  pieces = (): Generator<LogRows> => inPieces(this);
  countBefore = (time: number): number => this.#all.countBefore(time);
  among = (rows: LogRows): number[] => this.#all.among(rows);
}

/** Records that are known by their ids. */
export class ListedRecords implements Selection {
  readonly #db: Database;
  readonly #ids: ArrayLike<number>;
  readonly count: number;

  /** @param ids in log order */
  constructor(db: Database, ids: ArrayLike<number>) {
    this.#db = db;
    this.#ids = ids;
    this.count = ids.length;
  }

  get bytes(): number {
    return this.count * 8;
  }

  ids(from: number, to: number): number[] {
    return Array.from({ length: to - from }, (_, nth) => this.#ids[from + nth]!);
  }

  rows(from: number, to: number): LogRows {
    return rowsOfRecords(this.#db, this.ids(from, to));
  }

  pieces = (): Generator<LogRows> => inPieces(this);

  countBefore(time: number): number {
    const timeOf = prepared(this.#db, 'SELECT mono FROM record WHERE id = ?', 'pluck');
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((timeOf.get(this.#ids[middle]!) as number) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  among(rows: LogRows): number[] {
    const mine = new Set(Array.from(this.#ids));
    return fitting(rows, (each, at) => mine.has(each.id[at]!));
  }
}
