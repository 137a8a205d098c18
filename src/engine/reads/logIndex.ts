/**
 * The captured log as columns in memory, in log order: recorded time made monotonic per partition, topic, partition,
 * offset. Lists, counts and histograms over a million records then take milliseconds, and any page is one slice.
 * About 33 bytes a record. A new revision adds what is new at the end, in place: while topics are followed there are
 * many revisions a second, and each costs what it brought, not what is there.
 */
import type { PartitionName } from '../store/dictionary.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { KIND_BITS, KIND_MASK, TYPE_SHIFT, VERDICT_MASK } from '../store/recordState.ts';
import { prepared } from '../store/statements.ts';
import type { ReadContext } from '../workers/context.ts';

/** Valid until the next read: a later revision moves rows near the end of the same memory. */
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

/** What a partition held when the index was last brought up to date. */
interface Stand {
  next: number;
  /** Offsets below it are final in the index; those from there on are read again. */
  settled: number;
  /** How often something before its end had changed. */
  rewritten: number;
  /** Moment of its first record that is not final; Infinity: all are. */
  openMono: number;
}

interface Loaded {
  revision: number;
  index: LogIndex;
  /** The memory that the index shows the beginning of. */
  room: LogIndex;
  /** By partition number. */
  stands: Stand[];
  rank: Float64Array;
  /** Rises with every change; how many rows from the start each change left as they were, oldest first. */
  generation: number;
  kept: number[];
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

/** As the table itself has them. */
type StoredRow = [
  id: number,
  ts: number,
  late: number | null,
  occurred: number | null,
  state: number,
  aggregate: number | null,
];

const ROWS_AT_ONCE = 2000;
const COLUMNS = 'id, mono, type_id, agg_id, kind, verdict, occurred';
const KEY = 'log index';
/** Finding one record by its moment costs about as much as looking at so many. */
export const SEEK_COST = 300;
/** Room for growth, as a share and as rows at least. */
const GROWTH = 0.25;
const LEAST_GROWTH = 1 << 16;
/** Generations whose changes are remembered. */
const REMEMBERED = 256;

export const kindAt = (index: LogIndex, at: number): number => index.state[at]! & 15;
export const verdictAt = (index: LogIndex, at: number): number => index.state[at]! >> 4;
/** An event without an occurred time is taken by its recorded time, the only one it has. Milliseconds since 1970. */
export function happenedAt(index: LogIndex, at: number): number {
  const occurred = index.occurred[at]!;
  return Number.isNaN(occurred) ? index.mono[at]! : occurred;
}
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

const slice = (index: LogIndex, from: number, to: number): LogIndex => ({
  count: to - from,
  id: index.id.subarray(from, to),
  mono: index.mono.subarray(from, to),
  occurred: index.occurred.subarray(from, to),
  type: index.type.subarray(from, to),
  aggregate: index.aggregate.subarray(from, to),
  state: index.state.subarray(from, to),
});

function write(from: LogIndex, to: LogIndex, at: number): void {
  to.id.set(from.id, at);
  to.mono.set(from.mono, at);
  to.occurred.set(from.occurred, at);
  to.type.set(from.type, at);
  to.aggregate.set(from.aggregate, at);
  to.state.set(from.state, at);
}

/** The index of the revision that the context sees. */
export function logIndexOf(context: ReadContext): LogIndex {
  return loadedOf(context).index;
}

/** Rises whenever {@link logIndexOf} has changed. */
export const generationOf = (context: ReadContext): number => loadedOf(context).generation;

/** How many rows from the start are what and where they were in an earlier generation. */
export function unchangedSince(context: ReadContext, generation: number): number {
  const { kept, generation: now, index } = loadedOf(context);
  const changes = now - generation;
  if (changes > kept.length) return 0;
  return changes === 0 ? index.count : Math.min(...kept.slice(-changes));
}

function loadedOf(context: ReadContext): Loaded {
  const { lasting, revision } = context;
  const known = lasting.get(KEY) as Loaded | undefined;
  if (known?.revision === revision) return known;
  const loaded = (known === undefined ? null : bringUpToDate(context, known)) ?? loadAll(context, known);
  lasting.set(KEY, loaded);
  return loaded;
}

/** Place of each partition in the order of topic names and partition numbers. */
function ranksOf(partitions: readonly PartitionName[]): Float64Array {
  const rank = new Float64Array(Math.max(0, ...partitions.map(({ no }) => no + 1)));
  const byName = [...partitions].sort(
    (a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0) || a.partition - b.partition,
  );
  for (const [place, { no }] of byName.entries()) rank[no] = place;
  return rank;
}

function putStored(index: LogIndex, at: number, [id, ts, late, occurred, state, aggregate]: StoredRow): void {
  index.id[at] = id;
  index.mono[at] = late ?? ts;
  index.type[at] = Math.floor(state / 2 ** TYPE_SHIFT);
  index.aggregate[at] = aggregate ?? 0;
  index.state[at] = (state & KIND_MASK) + 16 * ((state >>> KIND_BITS) & VERDICT_MASK);
  index.occurred[at] = occurred ?? Number.NaN;
}

function put(index: LogIndex, at: number, row: Row): void {
  index.id[at] = row[0];
  index.mono[at] = row[1];
  index.type[at] = row[2] ?? 0;
  index.aggregate[at] = row[3] ?? 0;
  index.state[at] = row[4] + 16 * row[5];
  index.occurred[at] = row[6] ?? Number.NaN;
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

const storedCount = ({ db }: ReadContext): number =>
  prepared(db, 'SELECT coalesce(sum(stored + control), 0) FROM partition', 'pluck').get() as number;

type PartitionRow = [no: number, next: number, settled: number, rewritten: number];
const partitionRows = ({ db }: ReadContext): PartitionRow[] =>
  db
    .prepare('SELECT no, next_offset, settled_offset, rewritten FROM partition ORDER BY no')
    .raw()
    .all() as PartitionRow[];

function loadAll(context: ReadContext, known: Loaded | undefined): Loaded {
  const { db, revision } = context;
  const count = storedCount(context);
  const read = allocate(count);
  // The columns below the views, and some rows at a time: half the time of rows one by one.
  const next = db
    .prepare(
      `SELECT id, ts, late, occurred, state, agg_id FROM record WHERE id > ? ORDER BY id LIMIT ${ROWS_AT_ONCE}`,
    )
    .raw();
  for (let at = 0, after = -1; at < count; ) {
    context.throwIfAborted();
    const rows = next.all(after) as StoredRow[];
    if (rows.length === 0) break;
    for (const row of rows) putStored(read, at++, row);
    after = rows.at(-1)![0];
  }
  const rank = ranksOf(context.dictionary.partitions());
  const index = inOrder(read, rank);
  const openMono = db.prepare('SELECT min(mono) FROM record WHERE id >= ? AND id < ?').pluck();
  const stands: Stand[] = [];
  for (const [no, next, settled, rewritten] of partitionRows(context)) {
    const isOpen = settled < next;
    const mono = isOpen ? openMono.get(no * OFFSET_SPAN + settled, (no + 1) * OFFSET_SPAN) : null;
    stands[no] = { next, settled, rewritten, openMono: (mono as number | null) ?? Number.POSITIVE_INFINITY };
  }
  const generation = (known?.generation ?? 0) + 1;
  return { revision, index, room: index, stands, rank, generation, kept: [] };
}

/** Sorts by moment and tie key; quick, because each partition is in order already. */
function inOrder(index: LogIndex, rank: Float64Array): LogIndex {
  const { count, mono, id } = index;
  const keys = new Float64Array(count);
  for (let at = 0; at < count; at++) keys[at] = tieKey(rank, id[at]!);
  const isBefore = (a: number, b: number) => (mono[a]! - mono[b]! || keys[a]! - keys[b]!) < 0;
  const bounds = [0];
  for (let at = 1; at < count; at++) if (isBefore(at, at - 1)) bounds.push(at);
  if (bounds.length === 1) return index;
  const order = mergeRuns(count, [...bounds, count], isBefore);
  const sorted = allocate(count);
  for (let at = 0; at < count; at++) copyRow(index, order[at]!, sorted, at);
  return sorted;
}

/** Positions in order, from runs that are in order; `bounds`: where each begins, and the end. */
function mergeRuns(
  count: number,
  bounds: readonly number[],
  isBefore: (a: number, b: number) => boolean,
): Uint32Array {
  let from = Uint32Array.from({ length: count }, (_, at) => at);
  let into = new Uint32Array(count);
  let edges = bounds;
  while (edges.length > 2) {
    const next = [0];
    for (let run = 0; run < edges.length - 1; run += 2) {
      const middle = edges[run + 1]!;
      const end = edges[run + 2] ?? middle;
      let a = edges[run]!;
      let b = middle;
      for (let at = a; at < end; at++) {
        const isSecond = a >= middle || (b < end && isBefore(from[b]!, from[a]!));
        into[at] = isSecond ? from[b++]! : from[a++]!;
      }
      next.push(end);
    }
    [from, into] = [into, from];
    edges = next;
  }
  return from;
}

/** Reads what came since, and again what was not final then. Null: reading all is cheaper, or needed. */
function bringUpToDate(context: ReadContext, known: Loaded): Loaded | null {
  const { db, revision } = context;
  const partitions = partitionRows(context);
  const rank =
    partitions.length === known.rank.length ? known.rank : ranksOf(context.dictionary.partitions());
  if (partitions.some(([no, , , times]) => times !== (known.stands[no]?.rewritten ?? times))) return null;
  const changed = partitions.filter(([no, next, settled]) => {
    const before = known.stands[no];
    return before === undefined || before.next !== next || before.settled !== settled;
  });
  const from = (no: number) => no * OFFSET_SPAN + (known.stands[no]?.settled ?? 0);
  const countNew = db.prepare('SELECT count(*) FROM record WHERE id >= ? AND id < ?').pluck();
  let total = 0;
  for (const [no] of changed) total += countNew.get(from(no), (no + 1) * OFFSET_SPAN) as number;
  if (total > known.index.count) return null;

  const fresh = allocate(total);
  const select = db.prepare(`SELECT ${COLUMNS} FROM record WHERE id >= ? AND id < ? ORDER BY id`).raw();
  const stands = [...known.stands];
  let earliest = Number.POSITIVE_INFINITY;
  let at = 0;
  for (const [no, next, settled, rewritten] of changed) {
    const openFrom = no * OFFSET_SPAN + settled;
    let openMono = Number.POSITIVE_INFINITY;
    earliest = Math.min(earliest, stands[no]?.openMono ?? Number.POSITIVE_INFINITY);
    for (const row of select.iterate(from(no), (no + 1) * OFFSET_SPAN) as IterableIterator<Row>) {
      if (row[0] >= openFrom) openMono = Math.min(openMono, row[1]);
      put(fresh, at++, row);
    }
    stands[no] = { next, settled, rewritten, openMono };
  }
  for (let row = 0; row < total; row++) earliest = Math.min(earliest, fresh.mono[row]!);

  const { index } = known;
  const keep = firstAtLeast(index.mono, earliest);
  const again = new Set(changed.map(([no]) => no));
  const end = merge(slice(index, keep, index.count), inOrder(fresh, rank), rank, (id) => {
    const no = Math.floor(id / OFFSET_SPAN);
    return !again.has(no) || id < from(no);
  });
  const count = keep + end.count;
  // Something else than the end has changed, such as a topic that was deleted.
  if (count !== storedCount(context)) return null;
  const room = withRoom(known, keep, count);
  write(end, room, keep);
  const kept = [...known.kept.slice(1 - REMEMBERED), keep];
  const generation = known.generation + 1;
  return { revision, index: slice(room, 0, count), room, stands, rank, generation, kept };
}

/** Memory for so many rows, of which the first are there. */
function withRoom({ room, index }: Loaded, keep: number, count: number): LogIndex {
  if (count <= room.id.length) return room;
  const larger = allocate(count + Math.max(Math.ceil(count * GROWTH), LEAST_GROWTH));
  write(slice(index, 0, keep), larger, 0);
  return larger;
}

/** Rows of both in order, of the old ones those that stay. The answer is a copy. */
function merge(old: LogIndex, fresh: LogIndex, rank: Float64Array, stays: (id: number) => boolean): LogIndex {
  if (old.count === 0) return fresh;
  const merged = allocate(old.count + fresh.count);
  let a = 0;
  let b = 0;
  let into = 0;
  while (a < old.count || b < fresh.count) {
    if (a < old.count && !stays(old.id[a]!)) {
      a += 1;
      continue;
    }
    const isOldNext =
      b >= fresh.count ||
      (a < old.count &&
        (old.mono[a]! - fresh.mono[b]! || tieKey(rank, old.id[a]!) - tieKey(rank, fresh.id[b]!)) < 0);
    if (isOldNext) copyRow(old, a++, merged, into++);
    else copyRow(fresh, b++, merged, into++);
  }
  return slice(merged, 0, into);
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

/** Positions of these records, ascending; those that the index does not hold are left out. */
export function positionsOf(context: ReadContext, index: LogIndex, ids: ReadonlySet<number>): Uint32Array {
  const found = new Uint32Array(ids.size);
  let count = 0;
  // Finding each by its moment is cheap for some, a look at all positions for many.
  if (ids.size * SEEK_COST > index.count) {
    for (let at = 0; at < index.count; at++) if (ids.has(index.id[at]!)) found[count++] = at;
    return found.subarray(0, count);
  }
  const moment = prepared(context.db, 'SELECT mono FROM record WHERE id = ?', 'pluck');
  for (const id of ids) {
    const mono = moment.get(id) as number | undefined;
    if (mono === undefined) continue;
    for (let at = firstAtLeast(index.mono, mono); at < index.count && index.mono[at] === mono; at++)
      if (index.id[at] === id) {
        found[count++] = at;
        break;
      }
  }
  return found.subarray(0, count).sort();
}
