/**
 * The records of one partition in log order, found by number or by moment without holding them: one fence each so many
 * rows is kept, what lies between is asked of the table. In a partition the monotonic time rises with the offset, so that
 * order is the order of ids; only markers before the first record of a partition have times of their own.
 */
import type { Database } from 'better-sqlite3';
import { OFFSET_SPAN } from '../store/ids.ts';
import { prepared } from '../store/statements.ts';
import { VERDICT } from '../store/values.ts';
import { firstAtLeast, type LogRows, readRows } from './logRows.ts';

/** Rows from one fence to the next. */
const FENCE = 2048;

/** Rows in order by (moment, id). */
export interface Lane {
  readonly count: number;
  /** Moment of a row. */
  timeAt(row: number): number;
  idAt(row: number): number;
  /** Rows before a moment: at least and at most, as far as is known without asking. */
  bounds(time: number): { least: number; most: number };
  /** Rows before a moment; the answer is known to lie within the limits. */
  countBefore(time: number, least?: number, most?: number): number;
  /** Whether rows that follow each other follow each other in the table too. */
  readonly isByIds: boolean;
  /** Rows from one up to another (exclusive), into a place of the columns. */
  read(from: number, to: number, into: LogRows, at: number): void;
}

type Place = [id: number, time: number];

const TIME = 'coalesce(late, ts)';
const AT_OR_AFTER = `SELECT id, ${TIME} FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT 1`;
const NTH_AFTER = `SELECT id, ${TIME} FROM record WHERE id >= ? ORDER BY id LIMIT 1 OFFSET ?`;
const TIME_OF = `SELECT ${TIME} FROM record WHERE id = ?`;
const LAST_BEFORE = 'SELECT id FROM record WHERE id < ? ORDER BY id DESC LIMIT 1';
const FIRST_RECORD = `SELECT id, ${TIME} FROM record WHERE id >= ? AND id < ? AND verdict <> ${VERDICT.control} ORDER BY id LIMIT 1`;
const BETWEEN = `SELECT id, ${TIME} FROM record WHERE id >= ? AND id < ? ORDER BY id`;

/** The first record of a range of ids; null: there is none. */
export const placeFrom = (db: Database, from: number, to: number): Place | null =>
  (prepared(db, AT_OR_AFTER, 'raw').get(from, to) as Place | undefined) ?? null;

/** Rows in the order of ids, with a fence each {@link FENCE} rows. */
class FencedLane implements Lane {
  readonly isByIds = true;
  readonly #db: Database;
  /** The first id, and where the ids of the partition end. */
  readonly #from: number;
  readonly #end: number;
  count = 0;
  readonly #ids: number[] = [];
  readonly #times: number[] = [];
  #last = -1;

  constructor(db: Database, from: number, end: number) {
    this.#db = db;
    this.#from = from;
    this.#end = end;
  }

  get from(): number {
    return this.#from;
  }

  /** Rows from this id on are others now, and there are so many together. */
  change(from: number, count: number): void {
    this.#ids.length = firstAtLeast(this.#ids, from);
    this.#times.length = this.#ids.length;
    this.count = count;
    if (count === 0) return;
    this.#last = prepared(this.#db, LAST_BEFORE, 'pluck').get(this.#end) as number;
    // As many rows as ids: none is missing, and each is found by counting.
    const isDense = this.#last - this.#from + 1 === count;
    const timeOf = prepared(this.#db, TIME_OF, 'pluck');
    const nth = prepared(this.#db, NTH_AFTER, 'raw');
    for (let fence = this.#ids.length; fence * FENCE < count; fence++) {
      const known = this.#ids[fence - 1];
      let place: Place;
      if (isDense) {
        const id = this.#from + fence * FENCE;
        place = [id, timeOf.get(id) as number];
      } else place = nth.get(known ?? this.#from, known === undefined ? 0 : FENCE) as Place;
      this.#ids.push(place[0]);
      this.#times.push(place[1]);
    }
  }

  timeAt(row: number): number {
    const fence = Math.floor(row / FENCE);
    const rest = row - fence * FENCE;
    if (rest === 0) return this.#times[fence]!;
    if (this.#hasNoGap(fence))
      return prepared(this.#db, TIME_OF, 'pluck').get(this.#ids[fence]! + rest) as number;
    return (prepared(this.#db, NTH_AFTER, 'raw').get(this.#ids[fence]!, rest) as Place)[1];
  }

  idAt(row: number): number {
    const fence = Math.floor(row / FENCE);
    const rest = row - fence * FENCE;
    if (rest === 0 || this.#hasNoGap(fence)) return this.#ids[fence]! + rest;
    return (prepared(this.#db, NTH_AFTER, 'raw').get(this.#ids[fence]!, rest) as Place)[0];
  }

  #hasNoGap(fence: number): boolean {
    const next = this.#ids[fence + 1];
    return next === undefined
      ? this.#last - this.#ids[fence]! === this.count - 1 - fence * FENCE
      : next - this.#ids[fence]! === FENCE;
  }

  bounds(time: number): { least: number; most: number } {
    const fence = firstAtLeast(this.#times, time);
    if (fence === 0) return { least: 0, most: 0 };
    return { least: (fence - 1) * FENCE + 1, most: Math.min(fence * FENCE, this.count) };
  }

  countBefore(time: number, from = 0, to = this.count): number {
    const { least, most } = this.bounds(time);
    let low = Math.max(least, from);
    let high = Math.min(most, to);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timeAt(middle) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  read(from: number, to: number, into: LogRows, at: number): void {
    if (to > from) readRows(this.#db, this.idAt(from), to - from, into, at);
  }
}

/** Few rows, each held: markers that stand before the first record of a partition, in the order of their own times. */
class ListedLane implements Lane {
  readonly isByIds = false;
  readonly #db: Database;
  readonly #places: Place[];

  constructor(db: Database, places: readonly Place[]) {
    this.#db = db;
    this.#places = [...places].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  }

  get count(): number {
    return this.#places.length;
  }

  timeAt = (row: number): number => this.#places[row]![1];
  idAt = (row: number): number => this.#places[row]![0];

  countBefore(time: number): number {
    let row = 0;
    while (row < this.count && this.timeAt(row) < time) row += 1;
    return row;
  }

  bounds(time: number): { least: number; most: number } {
    const before = this.countBefore(time);
    return { least: before, most: before };
  }

  read(from: number, to: number, into: LogRows, at: number): void {
    for (let row = from; row < to; row++) readRows(this.#db, this.idAt(row), 1, into, at + row - from);
  }
}

/** What the table of partitions says of one. */
export interface PartitionStand {
  no: number;
  next: number;
  /** Records below it are final; those from there on are looked at again. */
  settled: number;
  /** Rises when something before its end changes. */
  rewritten: number;
  /** Records and markers. */
  rows: number;
}

/** The rows of a partition, brought up to date as it grows. */
export class PartitionLanes {
  readonly #db: Database;
  #stand!: PartitionStand;
  /** Moment of the first record that is not final; Infinity: all are. */
  #openTime = Number.POSITIVE_INFINITY;
  #odd: ListedLane | null = null;
  #main!: FencedLane;
  #hasRecords = false;

  constructor(db: Database, stand: PartitionStand) {
    this.#db = db;
    this.#stand = stand;
    this.#load();
  }

  get no(): number {
    return this.#stand.no;
  }

  get rewritten(): number {
    return this.#stand.rewritten;
  }

  get lanes(): Lane[] {
    return this.#odd === null ? [this.#main] : [this.#odd, this.#main];
  }

  /** Moment of the first row; Infinity: there is none. */
  get firstTime(): number {
    return Math.min(
      ...this.lanes.map((lane) => (lane.count === 0 ? Number.POSITIVE_INFINITY : lane.timeAt(0))),
    );
  }

  /** @returns the moment before which nothing has changed; Infinity: nothing has at all */
  bringTo(stand: PartitionStand): number {
    const before = this.#stand;
    const isSamePlace = before.next === stand.next && before.settled === stand.settled;
    const isRewritten = before.rewritten !== stand.rewritten || (isSamePlace && before.rows !== stand.rows);
    if (!isRewritten && isSamePlace) return Number.POSITIVE_INFINITY;
    const from = stand.no * OFFSET_SPAN + before.settled;
    this.#stand = stand;
    // Markers at the beginning wait for the first record to be known as such.
    if (isRewritten || !this.#hasRecords || this.#odd !== null || from <= this.#main.from) {
      this.#load();
      return Number.NEGATIVE_INFINITY;
    }
    const fresh = placeFrom(this.#db, from, this.#end);
    const earliest = Math.min(this.#openTime, fresh?.[1] ?? Number.POSITIVE_INFINITY);
    this.#main.change(from, stand.rows);
    this.#noteOpen();
    return earliest;
  }

  get #end(): number {
    return (this.#stand.no + 1) * OFFSET_SPAN;
  }

  #load(): void {
    const start = this.#stand.no * OFFSET_SPAN;
    const first = placeFrom(this.#db, start, this.#end);
    const record = prepared(this.#db, FIRST_RECORD, 'raw').get(start, this.#end) as Place | undefined;
    this.#hasRecords = record !== undefined;
    const markers =
      first !== null && first[0] !== record?.[0]
        ? (prepared(this.#db, BETWEEN, 'raw').all(start, record?.[0] ?? this.#end) as Place[])
        : [];
    const leading = record === undefined ? markers : [...markers, record];
    const isRising = leading.every(([, time], at) => at === 0 || time >= leading[at - 1]![1]);
    this.#odd = isRising ? null : new ListedLane(this.#db, markers);
    const from = isRising ? (first?.[0] ?? this.#end) : (record?.[0] ?? this.#end);
    this.#main = new FencedLane(this.#db, from, this.#end);
    this.#main.change(from, this.#stand.rows - (this.#odd?.count ?? 0));
    this.#noteOpen();
  }

  #noteOpen(): void {
    const { no, settled, next } = this.#stand;
    const open = settled < next ? placeFrom(this.#db, no * OFFSET_SPAN + settled, this.#end) : null;
    this.#openTime = open?.[1] ?? Number.POSITIVE_INFINITY;
  }
}
