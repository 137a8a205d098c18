/** How the records of a projection are cut into chunks for several threads, and what one tells the others of a chunk. */
import { OFFSET_SPAN } from '../store/ids.ts';
import type { ReadContext } from '../workers/context.ts';
import { COLUMNS, type StreamRows } from './streamRows.ts';

/** What a partition has when a run begins. What is captured later is left for the next run. */
export interface PartitionBounds {
  no: number;
  /** Ids of its first record and its last. */
  first: number;
  last: number;
  stored: number;
}

/** Partitions of these topics (null: of all) that have records. */
export function boundsOf(
  { db, dictionary }: ReadContext,
  { topics }: { topics: readonly string[] | null },
): PartitionBounds[] {
  const least = db.prepare('SELECT min(id) FROM record WHERE id >= ? AND id < ?').pluck();
  const most = db.prepare('SELECT max(id) FROM record WHERE id >= ? AND id < ?').pluck();
  const stored = db.prepare('SELECT stored FROM partition WHERE no = ?').pluck();
  return dictionary
    .partitions()
    .filter(({ topic }) => topics?.includes(topic) ?? true)
    .toSorted((a, b) => a.no - b.no)
    .flatMap(({ no }) => {
      const span = [no * OFFSET_SPAN, (no + 1) * OFFSET_SPAN];
      const first = least.get(...span) as number | null;
      const last = most.get(...span) as number | null;
      return first === null || last === null ? [] : [{ no, first, last, stored: stored.get(no) as number }];
    });
}

/** Records from one id up to another (exclusive), of one partition. */
export interface ChunkSpan {
  from: number;
  to: number;
  round: number;
  /** None of the partition follows. */
  isLast: boolean;
}

/**
 * Records of a partition up to the end of each round. Chunks of one round are taken before those of the next, so that soon
 * there is a first part of the whole log; each is a little more than all before it.
 */
const ROUNDS = [2_048, 8_192, 16_384, 32_768, 65_536, 98_304];
export const LAST_ROUND = ROUNDS.length - 1;
const CHUNK_RECORDS = 16_384;

/** All chunks in the order in which they are taken. Every thread comes to the same. */
export function chunksOf(bounds: readonly PartitionBounds[]): ChunkSpan[] {
  const chunks = bounds.flatMap(({ first, last, stored }) => {
    // Where most offsets have no record a chunk spans more of them.
    const stride = Math.max(1, Math.ceil((last - first + 1) / Math.max(stored, 1)));
    const own: ChunkSpan[] = [];
    for (let from = first, round = 0; from <= last; round += 1) {
      const end = first + (ROUNDS[round] ?? Number.POSITIVE_INFINITY) * stride;
      const to = Math.min(end, from + CHUNK_RECORDS * stride, last + 1);
      own.push({ from, to, round: Math.min(round, ROUNDS.length), isLast: to > last });
      from = to;
      if (to < end) round -= 1;
    }
    return own;
  });
  return chunks.sort((a, b) => a.round - b.round || a.from - b.from);
}

/** What was read of a chunk; plain data, and memory that threads share. */
export interface KeyChunk {
  /** Its place in the list of chunks. */
  no: number;
  /** Rows that belong to the projection, or did. */
  count: number;
  /** When its last record was recorded, of the projection or not, made monotonic, ms. NaN: it has none. */
  lastMono: number;
  /** See {@link columnsIn}. */
  columns: SharedArrayBuffer;
  /** What reducers look at, cut by this layout; null: nothing was kept. */
  parts: { layout: string; bytes: SharedArrayBuffer } | null;
}

export interface ChunkColumns extends StreamRows {
  /** Numbers of the keys, of the book of the thread that has read it; 0: none. */
  key: Uint32Array;
  /** Where its parts begin; 0: it has none. */
  part: Uint32Array;
}

/** Bytes of a row in the columns: six wide numbers, four narrow ones, two small ones. */
const ROW_BYTES = 6 * 8 + 4 * 4 + 2;

/** The columns as they lie one behind the other in shared memory. */
export function columnsIn(memory: SharedArrayBuffer, count: number): ChunkColumns {
  let at = 0;
  const next = <T>(
    Kind: new (memory: SharedArrayBuffer, at: number, count: number) => T,
    size: number,
  ): T => {
    const column = new Kind(memory, at, count);
    at += count * size;
    return column;
  };
  const wide = () => next(Float64Array, 8);
  const narrow = () => next(Uint32Array, 4);
  return {
    ...{ count, id: wide(), ts: wide(), mono: wide(), occurred: wide(), version: wide(), eventHash: wide() },
    ...{ type: narrow(), aggregate: narrow(), key: narrow(), part: narrow() },
    ...{ kind: next(Uint8Array, 1), verdict: next(Uint8Array, 1) },
  } as ChunkColumns;
}

/** Copies columns into shared memory. @param key, part as in {@link ChunkColumns} */
export function sharedColumns(rows: StreamRows, key: Uint32Array, part: Uint32Array): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(rows.count * ROW_BYTES);
  const columns = columnsIn(memory, rows.count);
  for (const name of COLUMNS) columns[name].set(rows[name].subarray(0, rows.count) as never);
  columns.key.set(key.subarray(0, rows.count));
  columns.part.set(part.subarray(0, rows.count));
  return memory;
}

/** Appends a row of other columns. */
export function copyRow(into: StreamRows, from: StreamRows, row: number): void {
  const at = into.count;
  into.count += 1;
  into.id[at] = from.id[row]!;
  into.ts[at] = from.ts[row]!;
  into.mono[at] = from.mono[row]!;
  into.occurred[at] = from.occurred[row]!;
  into.version[at] = from.version[row]!;
  into.eventHash[at] = from.eventHash[row]!;
  into.type[at] = from.type[row]!;
  into.aggregate[at] = from.aggregate[row]!;
  into.kind[at] = from.kind[row]!;
  into.verdict[at] = from.verdict[row]!;
}
