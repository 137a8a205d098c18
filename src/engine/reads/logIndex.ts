/**
 * The captured log as columns in memory, in log order: recorded time made monotonic per partition, topic, partition,
 * offset. Lists, counts and histograms over a million records then take milliseconds, and any page is one slice.
 * About 33 bytes a record. A new revision adds only what is new.
 */
import type { PartitionName } from '../store/dictionary.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { hasRecordIndexes } from '../store/migrations.ts';
import type { ReadContext } from '../workers/context.ts';

export interface LogIndex {
  count: number;
  id: Float64Array;
  mono: Float64Array;
  /** NaN: none. */
  occurred: Float64Array;
  /** 0: none. */
  type: Uint32Array;
  aggregate: Uint32Array;
  /** kind + 16 · verdict. */
  state: Uint8Array;
}

interface Loaded {
  revision: number;
  index: LogIndex;
  /** Offsets below these are final in the index; those from there on are read again. By partition number. */
  settled: number[];
}

type Row = [
  id: number,
  mono: number,
  type: number | null,
  aggregate: number | null,
  kind: number,
  verdict: number,
  occurred: number | null,
];

const COLUMNS = 'id, mono, type_id, agg_id, kind, verdict, occurred';
const KEY = 'log index';
const CHECK_EVERY = 50_000;

export const kindAt = (index: LogIndex, at: number): number => index.state[at]! & 15;
export const verdictAt = (index: LogIndex, at: number): number => index.state[at]! >> 4;
export const partitionAt = (index: LogIndex, at: number): number => Math.floor(index.id[at]! / OFFSET_SPAN);

function allocate(count: number): LogIndex {
  return {
    count,
    id: new Float64Array(count),
    mono: new Float64Array(count),
    occurred: new Float64Array(count),
    type: new Uint32Array(count),
    aggregate: new Uint32Array(count),
    state: new Uint8Array(count),
  };
}

/** The index of the revision that the context sees. */
export function logIndexOf(context: ReadContext): LogIndex {
  const { db, lasting, revision } = context;
  const known = lasting.get(KEY) as Loaded | undefined;
  if (known?.revision === revision) return known.index;
  const partitions = context.dictionary.partitions();
  const settled = db.prepare('SELECT settled_offset FROM partition ORDER BY no').pluck().all() as number[];
  const rank = ranksOf(partitions);
  const index =
    known === undefined ? loadAll(context, rank) : bringUpToDate(context, known, settled.length, rank);
  lasting.set(KEY, { revision, index, settled } satisfies Loaded);
  return index;
}

/** Place of each partition in the order of topic names and partition numbers. */
function ranksOf(partitions: readonly PartitionName[]): Float64Array {
  const rank = new Float64Array(partitions.length);
  const byName = [...partitions].sort(
    (a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0) || a.partition - b.partition,
  );
  for (const [place, { no }] of byName.entries()) rank[no] = place;
  return rank;
}

function put(index: LogIndex, at: number, row: Row): void {
  index.id[at] = row[0];
  index.mono[at] = row[1];
  index.type[at] = row[2] ?? 0;
  index.aggregate[at] = row[3] ?? 0;
  index.state[at] = row[4] + 16 * row[5];
  index.occurred[at] = row[6] ?? Number.NaN;
}

function fill(context: ReadContext, rows: Iterable<unknown>, index: LogIndex): number {
  let at = 0;
  for (const row of rows) {
    if (at % CHECK_EVERY === 0) context.throwIfAborted();
    put(index, at, row as Row);
    at += 1;
  }
  return at;
}

const copyRow = (from: LogIndex, at: number, to: LogIndex, into: number): void => {
  to.id[into] = from.id[at]!;
  to.mono[into] = from.mono[at]!;
  to.occurred[into] = from.occurred[at]!;
  to.type[into] = from.type[at]!;
  to.aggregate[into] = from.aggregate[at]!;
  to.state[into] = from.state[at]!;
};

/** A partition's place and the offset as one number, to compare rows of one moment. */
const tieKey = (rank: Float64Array, id: number): number =>
  rank[Math.floor(id / OFFSET_SPAN)]! * OFFSET_SPAN + (id % OFFSET_SPAN);

function loadAll(context: ReadContext, rank: Float64Array): LogIndex {
  const { db } = context;
  const count = db
    .prepare('SELECT coalesce(sum(stored + control), 0) FROM partition')
    .pluck()
    .get() as number;
  // Without the index (in a first bulk load) the table is read in the order of ids and sorted here.
  const source = hasRecordIndexes(db) ? 'record INDEXED BY record_log ORDER BY mono' : 'record ORDER BY id';
  const index = allocate(count);
  fill(context, db.prepare(`SELECT ${COLUMNS} FROM ${source}`).raw().iterate(), index);
  return inOrder(index, rank);
}

/** Sorts by moment and tie key; cheap when the moments are in order already. */
function inOrder(index: LogIndex, rank: Float64Array): LogIndex {
  const { count, mono, id } = index;
  let isSorted = true;
  let hasTies = false;
  for (let at = 1; at < count; at++) {
    if (mono[at]! < mono[at - 1]!) isSorted = false;
    else if (mono[at] === mono[at - 1]) hasTies = true;
  }
  if (isSorted && !hasTies) return index;
  const keys = new Float64Array(count);
  for (let at = 0; at < count; at++) keys[at] = tieKey(rank, id[at]!);
  const order = Uint32Array.from({ length: count }, (_, at) => at);
  if (!isSorted) order.sort((a, b) => mono[a]! - mono[b]! || keys[a]! - keys[b]!);
  else {
    for (let start = 0; start < count; ) {
      let end = start + 1;
      let isRunSorted = true;
      for (; end < count && mono[end] === mono[start]; end++)
        if (keys[end]! < keys[end - 1]!) isRunSorted = false;
      if (!isRunSorted) order.subarray(start, end).sort((a, b) => keys[a]! - keys[b]!);
      start = end;
    }
  }
  const sorted = allocate(count);
  for (let at = 0; at < count; at++) copyRow(index, order[at]!, sorted, at);
  return sorted;
}

/** Reads what came since, and again what was not settled then. */
function bringUpToDate(
  context: ReadContext,
  known: Loaded,
  partitions: number,
  rank: Float64Array,
): LogIndex {
  const { db } = context;
  const from = (no: number) => no * OFFSET_SPAN + (known.settled[no] ?? 0);
  const countNew = db.prepare('SELECT count(*) FROM record WHERE id >= ? AND id < ?').pluck();
  let total = 0;
  for (let no = 0; no < partitions; no++) total += countNew.get(from(no), (no + 1) * OFFSET_SPAN) as number;
  if (total > known.index.count && hasRecordIndexes(db)) return loadAll(context, rank);
  const fresh = allocate(total);
  const select = db.prepare(`SELECT ${COLUMNS} FROM record WHERE id >= ? AND id < ? ORDER BY id`).raw();
  let at = 0;
  for (let no = 0; no < partitions; no++)
    for (const row of select.iterate(from(no), (no + 1) * OFFSET_SPAN)) put(fresh, at++, row as Row);
  return merge(known, inOrder(fresh, rank), rank);
}

function merge(known: Loaded, fresh: LogIndex, rank: Float64Array): LogIndex {
  const old = known.index;
  const isKept = (at: number) => old.id[at]! % OFFSET_SPAN < (known.settled[partitionAt(old, at)] ?? 0);
  let kept = 0;
  for (let at = 0; at < old.count; at++) if (isKept(at)) kept += 1;
  const merged = allocate(kept + fresh.count);
  let a = 0;
  let b = 0;
  for (let into = 0; into < merged.count; ) {
    while (a < old.count && !isKept(a)) a += 1;
    const isOldNext =
      b >= fresh.count ||
      (a < old.count &&
        (old.mono[a]! - fresh.mono[b]! || tieKey(rank, old.id[a]!) - tieKey(rank, fresh.id[b]!)) < 0);
    if (isOldNext) copyRow(old, a++, merged, into++);
    else copyRow(fresh, b++, merged, into++);
  }
  return merged;
}

/** Index of the first of the ascending values that is at least `limit`. */
export function firstAtLeast(values: Float64Array, limit: number, low = 0, high = values.length): number {
  let from = low;
  let to = high;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (values[middle]! < limit) from = middle + 1;
    else to = middle;
  }
  return from;
}
