/** Some records of the log as columns of numbers, in log order: what lists, counts and filters look at. 33 bytes a record. */
import type { Database, Statement } from 'better-sqlite3';
import { OFFSET_SPAN } from '../store/ids.ts';
import { kindOfState, typeOfState, verdictOfState } from '../store/recordState.ts';
import { prepared } from '../store/statements.ts';

export interface LogRows {
  count: number;
  id: Float64Array;
  /** Recorded time made monotonic per partition, milliseconds since 1970. */
  mono: Float64Array;
  /** NaN: none. */
  occurred: Float64Array;
  /** 0: none. */
  type: Uint32Array;
  aggregate: Uint32Array;
  /** kind + 16 · verdict. */
  state: Uint8Array;
}

export const BYTES_PER_ROW = 33;

export const kindAt = (rows: LogRows, at: number): number => rows.state[at]! & 15;
export const verdictAt = (rows: LogRows, at: number): number => rows.state[at]! >> 4;
/** An event without an occurred time is taken by its recorded time, the only one it has. Milliseconds since 1970. */
export function happenedAt(rows: LogRows, at: number): number {
  const occurred = rows.occurred[at]!;
  return Number.isNaN(occurred) ? rows.mono[at]! : occurred;
}
export const partitionAt = (rows: LogRows, at: number): number => Math.floor(rows.id[at]! / OFFSET_SPAN);

/** The columns one after the other in memory for `room` rows; the first `count` of them are there. */
export function rowsIn(memory: ArrayBuffer, room: number, count: number): LogRows {
  return {
    count,
    id: new Float64Array(memory, 0, count),
    mono: new Float64Array(memory, 8 * room, count),
    occurred: new Float64Array(memory, 16 * room, count),
    type: new Uint32Array(memory, 24 * room, count),
    aggregate: new Uint32Array(memory, 28 * room, count),
    state: new Uint8Array(memory, 32 * room, count),
  };
}

export const allocateRows = (count: number): LogRows =>
  rowsIn(new ArrayBuffer(count * BYTES_PER_ROW), count, count);

/** The same memory, some of the rows. */
export const sliceRows = (rows: LogRows, from: number, to: number): LogRows => ({
  count: to - from,
  id: rows.id.subarray(from, to),
  mono: rows.mono.subarray(from, to),
  occurred: rows.occurred.subarray(from, to),
  type: rows.type.subarray(from, to),
  aggregate: rows.aggregate.subarray(from, to),
  state: rows.state.subarray(from, to),
});

/** Copies all rows of one to a place of the other. */
export function writeRows(from: LogRows, to: LogRows, at: number): void {
  to.id.set(from.id, at);
  to.mono.set(from.mono, at);
  to.occurred.set(from.occurred, at);
  to.type.set(from.type, at);
  to.aggregate.set(from.aggregate, at);
  to.state.set(from.state, at);
}

export function copyRow(from: LogRows, at: number, to: LogRows, into: number): void {
  to.id[into] = from.id[at]!;
  to.mono[into] = from.mono[at]!;
  to.occurred[into] = from.occurred[at]!;
  to.type[into] = from.type[at]!;
  to.aggregate[into] = from.aggregate[at]!;
  to.state[into] = from.state[at]!;
}

/** As the table itself has them: the columns below the views, SQLite computes nothing per row. */
type StoredRow = [
  id: number,
  ts: number,
  late: number | null,
  occurred: number | null,
  state: number,
  aggregate: number | null,
];
const COLUMNS = 'id, ts, late, occurred, state, agg_id';

function put(rows: LogRows, at: number, [id, ts, late, occurred, state, aggregate]: StoredRow): void {
  rows.id[at] = id;
  rows.mono[at] = late ?? ts;
  rows.type[at] = typeOfState(state);
  rows.aggregate[at] = aggregate ?? 0;
  rows.state[at] = kindOfState(state) + 16 * verdictOfState(state);
  rows.occurred[at] = occurred ?? Number.NaN;
}

/** Rows of SQLite that are objects at once. */
const AT_ONCE = 2000;

/** Reads `count` rows that follow each other in the table, from one on, into a place of the columns. */
export function readRows(db: Database, from: number, count: number, into: LogRows, at: number): void {
  const next = prepared(db, `SELECT ${COLUMNS} FROM record WHERE id >= ? ORDER BY id LIMIT ?`, 'raw');
  let start = from;
  for (let done = 0; done < count; ) {
    const some = next.all(start, Math.min(AT_ONCE, count - done)) as StoredRow[];
    if (some.length === 0) throw new RangeError(`the log has fewer records from ${start} on than it counts`);
    for (const row of some) put(into, at + done++, row);
    start = some.at(-1)![0] + 1;
  }
}

/** Rows of these records, in the order of the list; those that are gone are left out. */
export function rowsOfRecords(db: Database, ids: readonly number[]): LogRows {
  const rows = allocateRows(ids.length);
  // CROSS keeps the order of the list.
  const each: Statement = prepared(
    db,
    `SELECT r.${COLUMNS} FROM json_each(?) AS wanted CROSS JOIN record AS r ON r.id = wanted.value`,
    'raw',
  );
  let count = 0;
  for (let from = 0; from < ids.length; from += AT_ONCE)
    for (const row of each.all(JSON.stringify(ids.slice(from, from + AT_ONCE))) as StoredRow[])
      put(rows, count++, row);
  return count === ids.length ? rows : sliceRows(rows, 0, count);
}

/** The rows of runs, each in order, brought into one order by moment; of one moment those of an earlier run come first. */
export function mergeRuns(rows: LogRows, bounds: readonly number[]): LogRows {
  const order = orderOfRuns(rows.mono, bounds);
  if (order === null) return rows;
  const sorted = allocateRows(rows.count);
  for (let at = 0; at < rows.count; at++) copyRow(rows, order[at]!, sorted, at);
  return sorted;
}

/**
 * Where the rows of runs come from in the order of {@link mergeRuns}; null: they are in order.
 * @param bounds where each run begins, and the end
 */
export function orderOfRuns(mono: Float64Array, bounds: readonly number[]): Uint32Array | null {
  let edges: readonly number[] = bounds.filter((bound, nth) => bound !== bounds[nth + 1]);
  if (edges.length <= 2) return null;
  let from = new Uint32Array(mono.length);
  for (let at = 0; at < from.length; at++) from[at] = at;
  let into = new Uint32Array(mono.length);
  while (edges.length > 2) {
    const next = [0];
    for (let run = 0; run < edges.length - 1; run += 2) {
      const middle = edges[run + 1]!;
      const end = edges[run + 2] ?? middle;
      let a = edges[run]!;
      let b = middle;
      for (let at = a; at < end; at++) {
        const isSecond = a >= middle || (b < end && mono[from[b]!]! < mono[from[a]!]!);
        into[at] = isSecond ? from[b++]! : from[a++]!;
      }
      next.push(end);
    }
    [from, into] = [into, from];
    edges = next;
  }
  return from;
}

/** How many of the ascending values are below `limit`. */
export function firstAtLeast(
  values: ArrayLike<number>,
  limit: number,
  low = 0,
  high = values.length,
): number {
  let from = low;
  let to = high;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (values[middle]! < limit) from = middle + 1;
    else to = middle;
  }
  return from;
}
