/**
 * The order of the captured log: recorded time made monotonic per partition, topic, partition, offset. Partitions are in
 * that order already, so it is a merge of them and needs no memory of its own: a place in it is one number of rows for each
 * partition, found by halves, and pages of rows are made when they are asked for. A new revision costs what it brought.
 */
import type { PartitionName } from '../store/dictionary.ts';
import { prepared } from '../store/statements.ts';
import type { ReadContext } from '../workers/context.ts';
import { GiveWay, TURN_MS } from '../workers/giveWay.ts';
import { comparePlace } from './columnOrder.ts';
import { cutAt, type PlaceInLanes } from './cutAt.ts';
import type { IdRange } from './idsBySql.ts';
import { type Lane, PartitionLanes, type PartitionStand } from './lanes.ts';
import {
  allocateRows,
  BYTES_PER_ROW,
  copyRow,
  type LogRows,
  mergeRuns,
  readRows,
  rowsIn,
  sliceRows,
  writeRows,
} from './logRows.ts';
import { PageFile } from './pageFile.ts';

/** Rows of a page. */
export const PAGE = 2048;
/** Pages in memory: the last ones that were looked at. 67 KB each. */
const KEPT_PAGES = 64;
/** Pages that are made at once where many follow each other. */
const PAGES_AT_ONCE = 64;
/** A longer stretch is looked at page by page: its pages are good for the next question too. */
const MOST_BY_IDS = 1 << 17;
const KEPT_CUTS = 64;
const KEPT_PLACES = 4096;
/** Changes that are remembered. */
const REMEMBERED = 256;
/** Where the order of a thread is kept. */
export const ORDER_KEY = 'log order';
const PAGE_BYTES = PAGE * BYTES_PER_ROW;

/** The order as the context's revision sees it. */
export function logOrderOf(context: ReadContext): LogOrder {
  const { lasting } = context;
  let order = lasting.get(ORDER_KEY) as LogOrder | undefined;
  if (order === undefined) {
    order = new LogOrder(context.scratch ?? null);
    lasting.set(ORDER_KEY, order);
  }
  order.bringTo(context);
  return order;
}

export class LogOrder implements Disposable {
  #revision = -1;
  /** Rises with every change. */
  generation = 0;
  count = 0;
  /** By partition number. */
  #partitions = new Map<number, PartitionLanes>();
  /** Their numbers in the order in which rows of one moment stand. */
  #order: readonly number[] = [];
  /** In that order. */
  #lanes: Lane[] = [];
  /** For each of the last generations the moment before which it left everything as it was, oldest first. */
  #changedFrom: number[] = [];
  readonly #pages = new Map<number, LogRows>();
  /** By moment: how many rows stand before it. */
  readonly #places = new Map<number, number>();
  readonly #cuts = new Map<number, PlaceInLanes>();
  readonly #file: PageFile;
  readonly #walked = new ArrayBuffer(PAGE_BYTES);
  readonly #keptPages: number;
  /** Pages that are made, and walked through, without a look at the clock. */
  readonly pagesAtOnce: number;
  #context!: ReadContext;

  /**
   * @param scratch folder for pages that do not fit the memory; null: they are made again
   * @param keptPages how many fit the memory
   * @param pagesAtOnce how many are made at once where many follow each other
   */
  constructor(scratch: string | null, keptPages = KEPT_PAGES, pagesAtOnce = PAGES_AT_ONCE) {
    this.#keptPages = keptPages;
    this.pagesAtOnce = pagesAtOnce;
    this.#file = new PageFile(scratch, PAGE_BYTES);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  /** Makes it that of the context's revision, for whom the next pages are made. */
  bringTo(context: ReadContext): void {
    this.#context = context;
    if (this.#revision === context.revision) return;
    try {
      this.#change(context);
      this.#revision = context.revision;
    } catch (error) {
      // What was brought up to date before it failed is not known: all is read again.
      this.#partitions = new Map();
      this.#changed(Number.NEGATIVE_INFINITY);
      throw error;
    }
  }

  #change(context: ReadContext): void {
    const { db, dictionary } = context;
    const stands = prepared(
      db,
      `SELECT no, next_offset AS next, settled_offset AS settled, rewritten, stored + control AS rows
       FROM partition ORDER BY no`,
      'rows',
    ).all() as PartitionStand[];
    const known = this.#partitions;
    let earliest = Number.POSITIVE_INFINITY;
    let isOtherOrder = stands.length !== known.size;
    const now = new Map<number, PartitionLanes>();
    for (const stand of stands) {
      const partition = known.get(stand.no);
      if (partition === undefined) {
        const added = new PartitionLanes(db, stand);
        earliest = Math.min(earliest, added.firstTime);
        now.set(stand.no, added);
        isOtherOrder = true;
        continue;
      }
      // A topic that was set aside has another name now.
      if (partition.rewritten !== stand.rewritten) isOtherOrder = true;
      earliest = Math.min(earliest, partition.bringTo(stand));
      now.set(stand.no, partition);
    }
    for (const no of known.keys()) if (!now.has(no)) earliest = Number.NEGATIVE_INFINITY;
    this.#partitions = now;
    if (isOtherOrder || earliest === Number.NEGATIVE_INFINITY) {
      const order = inOrderOfNames(dictionary.partitions()).map(({ no }) => no);
      if (!isSameOrder(this.#order, order)) earliest = Number.NEGATIVE_INFINITY;
      this.#order = order;
      this.#lanes = order.flatMap((no) => now.get(no)?.lanes ?? []);
      this.#cuts.clear();
    }
    this.count = this.#lanes.reduce((sum, { count }) => sum + count, 0);
    if (earliest < Number.POSITIVE_INFINITY) this.#changed(earliest);
  }

  /** @param moment before which all is as it was */
  #changed(moment: number): void {
    this.generation += 1;
    this.#changedFrom = [...this.#changedFrom.slice(1 - REMEMBERED), moment];
    for (const time of this.#places.keys()) if (time > moment) this.#places.delete(time);
    this.#forget(moment === Number.NEGATIVE_INFINITY ? 0 : this.placeOfTime(moment));
  }

  /** Whether all its pages are in memory once they were made. */
  get fitsMemory(): boolean {
    return this.count <= this.#keptPages * PAGE;
  }

  /** Moment before which the log is as it was in an earlier generation. */
  unchangedBefore(generation: number): number {
    const changes = this.generation - generation;
    if (changes > this.#changedFrom.length) return Number.NEGATIVE_INFINITY;
    return Math.min(Number.POSITIVE_INFINITY, ...this.#changedFrom.slice(this.#changedFrom.length - changes));
  }

  /** Place of the first row at or after a moment; the count when there is none. */
  placeOfTime(time: number): number {
    const known = this.#places.get(time);
    if (known !== undefined) return known;
    return this.#before(time).reduce((sum, rows) => sum + rows, 0);
  }

  /** For each lane how many of its rows stand before a moment: where the log is cut at the place of that moment. */
  #before(time: number): PlaceInLanes {
    const known = this.#places.get(time);
    const cut = known === undefined ? undefined : this.#cuts.get(known);
    if (cut !== undefined) return cut;
    const before = Float64Array.from(this.#lanes, (lane) => lane.countBefore(time));
    const place = before.reduce((sum, rows) => sum + rows, 0);
    if (this.#places.size >= KEPT_PLACES) this.#places.clear();
    this.#places.set(time, place);
    this.#keepCut(place, before);
    return before;
  }

  /** Moments of the first and the last row; null: there is none. */
  span(): { from: number; to: number } | null {
    if (this.count === 0) return null;
    const lanes = this.#lanes.filter(({ count }) => count > 0);
    return {
      from: Math.min(...lanes.map((lane) => lane.timeAt(0))),
      to: Math.max(...lanes.map((lane) => lane.timeAt(lane.count - 1))),
    };
  }

  /** The rows at some places, in this order. A page that is not at hand is not made for one of them. */
  rowsAt(places: readonly number[]): LogRows {
    const found = allocateRows(places.length);
    for (const [into, place] of places.entries()) {
      const no = Math.floor(place / PAGE);
      if (this.#pages.has(no) || this.#file.has(no)) copyRow(this.page(no), place - no * PAGE, found, into);
      else readRows(this.#context.db, this.#idAt(place), 1, found, into);
    }
    return found;
  }

  #idAt(place: number): number {
    const at = this.#cutAt(place);
    let first: Lane | null = null;
    let row = 0;
    for (const [no, lane] of this.#lanes.entries()) {
      if (at[no]! >= lane.count) continue;
      if (first !== null && lane.timeAt(at[no]!) >= first.timeAt(row)) continue;
      first = lane;
      row = at[no]!;
    }
    return first!.idAt(row);
  }

  /**
   * The records from one moment up to another (exclusive) as ranges of ids, both ends inclusive: one for each partition
   * that has some, in the order in which rows of one moment stand. Null: they are many, or their pages are at hand.
   */
  idRanges(since: number, until: number): IdRange[] | null {
    if (this.fitsMemory) return null;
    const start = this.placeOfTime(since);
    const count = this.placeOfTime(until) - start;
    if (count > MOST_BY_IDS) return null;
    let held = 0;
    for (let no = Math.floor(start / PAGE); no * PAGE < start + count; no++)
      if (this.#pages.has(no) || this.#file.has(no)) held += 1;
    if (held * PAGE * 2 > count) return null;
    const ranges: IdRange[] = [];
    const before = this.#before(since);
    const after = this.#before(until);
    for (const [no, lane] of this.#lanes.entries()) {
      const from = before[no]!;
      const to = after[no]!;
      if (from >= to) continue;
      if (!lane.isByIds) return null;
      ranges.push({ from: lane.idAt(from), to: lane.idAt(to - 1) });
    }
    return ranges;
  }

  /** The rows of some places. Good until the next call. */
  rows(from: number, to: number): LogRows {
    if (to <= from) return allocateRows(0);
    const first = Math.floor(from / PAGE);
    if (to <= (first + 1) * PAGE) return sliceRows(this.page(first), from - first * PAGE, to - first * PAGE);
    const found = allocateRows(to - from);
    for (const { rows, from: start } of this.pages(from, to)) writeRows(rows, found, start - from);
    return found;
  }

  /** The rows of one page: PAGE of them but for the last. Good until the next call. */
  page(no: number): LogRows {
    const known = this.#pages.get(no);
    if (known !== undefined) {
      this.#pages.delete(no);
      this.#pages.set(no, known);
      return known;
    }
    const memory = new ArrayBuffer(PAGE_BYTES);
    const page = this.#file.read(no, memory) ? rowsIn(memory, PAGE, PAGE) : this.#make(no, no + 1)[0]!;
    this.#remember(no, page);
    return page;
  }

  /** Some places in order, piece by piece; `from`: the place of a piece's first row. A piece is good until the next one. */
  *pages(from: number, to: number): Generator<{ from: number; rows: LogRows }> {
    const end = Math.ceil(to / PAGE);
    for (let no = Math.floor(from / PAGE); no < end; ) {
      this.#context.throwIfAborted();
      const known = this.#pages.get(no);
      if (known !== undefined) yield within(known, no++, from, to);
      else if (this.#file.read(no, this.#walked))
        yield within(rowsIn(this.#walked, PAGE, PAGE), no++, from, to);
      else {
        let last = no + 1;
        while (last < end && last - no < this.pagesAtOnce && !this.#pages.has(last) && !this.#file.has(last))
          last += 1;
        for (const page of this.#make(no, last)) {
          if (this.fitsMemory) this.#remember(no, page);
          else if (page.count === PAGE) this.#file.keep(no, page.id.buffer as ArrayBuffer);
          yield within(page, no++, from, to);
        }
      }
    }
  }

  /**
   * Before a walk over a stretch whose pages are not at hand: makes them, which takes seconds in a very large log, but not
   * at one go. A log that fits the memory, or whose pages cannot be kept, is walked at one go.
   * @throws GiveWay while some are missing
   */
  prepare(from: number, to: number): void {
    if (!this.#context.mayGiveWay || this.fitsMemory) return;
    // The last page is not whole, and not kept.
    const end = Math.floor(to / PAGE);
    const until = performance.now() + TURN_MS;
    for (let no = Math.floor(from / PAGE); no < end && this.#file.isUsable; ) {
      if (this.#file.has(no)) {
        no += 1;
        continue;
      }
      this.#context.throwIfAborted();
      let last = no + 1;
      while (last < end && last - no < this.pagesAtOnce && !this.#file.has(last)) last += 1;
      for (const page of this.#make(no, last)) this.#file.keep(no++, page.id.buffer as ArrayBuffer);
      if (no < end && performance.now() >= until) throw new GiveWay();
    }
  }

  /** Of how many rows the pages are kept, and of how many they will be: see {@link LogOrder.prepare}. */
  walked(): { ready: number; of: number } {
    const { held, isUsable } = this.#file;
    const isReady = this.fitsMemory || !isUsable || held === Math.floor(this.count / PAGE);
    return { ready: isReady ? this.count : held * PAGE, of: this.count };
  }

  /** Makes pages from one up to another (exclusive), each in memory of its own. */
  #make(from: number, to: number): LogRows[] {
    const end = Math.min(to * PAGE, this.count);
    const first = this.#cutAt(from * PAGE);
    const last = this.#cutAt(end);
    const read = allocateRows(end - from * PAGE);
    const bounds = [0];
    let at = 0;
    for (const [no, lane] of this.#lanes.entries()) {
      lane.read(first[no]!, last[no]!, read, at);
      at += last[no]! - first[no]!;
      bounds.push(at);
    }
    const sorted = mergeRuns(read, bounds);
    const made: LogRows[] = [];
    for (let start = 0; start < sorted.count; start += PAGE) {
      const count = Math.min(PAGE, sorted.count - start);
      const page = rowsIn(new ArrayBuffer(PAGE_BYTES), PAGE, count);
      writeRows(sliceRows(sorted, start, start + count), page, 0);
      made.push(page);
    }
    return made;
  }

  #remember(no: number, page: LogRows): void {
    this.#pages.set(no, page);
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= this.#keptPages) break;
      this.#pages.delete(oldest);
    }
  }

  /** Rows from this place on are others. */
  #forget(from: number): void {
    const page = Math.floor(from / PAGE);
    for (const no of this.#pages.keys()) if (no >= page) this.#pages.delete(no);
    for (const place of this.#cuts.keys()) if (place > from) this.#cuts.delete(place);
    this.#file.forgetFrom(page);
  }

  #cutAt(place: number): PlaceInLanes {
    const known = this.#cuts.get(place);
    if (known !== undefined) return known;
    const cut = cutAt(this.#lanes, place, this.count);
    this.#keepCut(place, cut);
    return cut;
  }

  #keepCut(place: number, cut: PlaceInLanes): void {
    this.#cuts.set(place, cut);
    for (const oldest of this.#cuts.keys()) {
      if (this.#cuts.size <= KEPT_CUTS) break;
      this.#cuts.delete(oldest);
    }
  }
}

function within(page: LogRows, no: number, from: number, to: number): { from: number; rows: LogRows } {
  const start = Math.max(from - no * PAGE, 0);
  const end = Math.min(to - no * PAGE, page.count);
  const isWhole = start === 0 && end === page.count;
  return { from: no * PAGE + start, rows: isWhole ? page : sliceRows(page, start, end) };
}

/** Rows of one moment stand in the order of topic names and partition numbers. */
const inOrderOfNames = (partitions: readonly PartitionName[]): PartitionName[] =>
  [...partitions].sort(comparePlace);

/** Whether the partitions that are in both stand in the same order. */
function isSameOrder(before: readonly number[], now: readonly number[]): boolean {
  const [old, still] = [new Set(before), new Set(now)];
  const kept = before.filter((no) => still.has(no));
  return now.filter((no) => old.has(no)).every((no, at) => no === kept[at]);
}
