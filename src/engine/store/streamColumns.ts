/**
 * The events of one aggregate as columns of numbers: about 53 bytes each, so that a stream of a million events is
 * ordered, counted and listed without an object per event.
 */
import type { AggregateRef } from '../../contract/common.ts';
import type { Orderable } from '../../core/order.ts';
import type { ReadContext } from '../workers/context.ts';
import type { Dictionary } from './dictionary.ts';
import { OFFSET_SPAN } from './ids.ts';
import { candidateIds } from './postingLookups.ts';
import { kindOfState, typeOfState, verdictOfState } from './recordState.ts';
import { KINDS, orNull, VERDICTS } from './values.ts';

/** An event as the columns of the store tell it, its payload unread: enough to be ordered, counted and listed. */
export interface StreamHead extends Orderable {
  /** Of the event id, 53 bits; null: it declares none. Equal ids have equal hashes, not the other way round. */
  eventHash: number | null;
}

/** Rows in the order of record ids: partition by partition, each by offset. All verdicts. */
export interface StreamColumns {
  readonly count: number;
  readonly id: Float64Array;
  readonly recordedAt: Float64Array;
  readonly monotonicAt: Float64Array;
  /** NaN: none; so in the two columns below. */
  readonly occurredAt: Float64Array;
  readonly version: Float64Array;
  readonly eventHash: Float64Array;
  /** Number of the event type; 0: none. */
  readonly type: Uint32Array;
  readonly kind: Uint8Array;
  readonly verdict: Uint8Array;
}

type Row = [
  id: number,
  ts: number,
  late: number | null,
  occurred: number | null,
  state: number,
  version: number | null,
  eventHash: number | null,
];

/** The columns below the views of `record`: SQLite computes nothing per row. */
const COLUMNS = 'id, ts, late, occurred, state, version, event_hash';
const ROWS_AT_ONCE = 2000;
/** Where at least this share of a range of records is the aggregate's, the range is read through. */
const DENSE = 1 / 12;
const BYTES_PER_ROW = 53;

function allocate(count: number): StreamColumns {
  return {
    count,
    id: new Float64Array(count),
    recordedAt: new Float64Array(count),
    monotonicAt: new Float64Array(count),
    occurredAt: new Float64Array(count),
    version: new Float64Array(count),
    eventHash: new Float64Array(count),
    type: new Uint32Array(count),
    kind: new Uint8Array(count),
    verdict: new Uint8Array(count),
  };
}

function put(columns: StreamColumns, at: number, row: Row): void {
  const state = row[4];
  columns.id[at] = row[0];
  columns.recordedAt[at] = row[1];
  columns.monotonicAt[at] = row[2] ?? row[1];
  columns.occurredAt[at] = row[3] ?? Number.NaN;
  columns.version[at] = row[5] ?? Number.NaN;
  columns.eventHash[at] = row[6] ?? Number.NaN;
  columns.type[at] = typeOfState(state);
  columns.kind[at] = kindOfState(state);
  columns.verdict[at] = verdictOfState(state);
}

const firstCount = (columns: StreamColumns, count: number): StreamColumns => ({
  count,
  id: columns.id.subarray(0, count),
  recordedAt: columns.recordedAt.subarray(0, count),
  monotonicAt: columns.monotonicAt.subarray(0, count),
  occurredAt: columns.occurredAt.subarray(0, count),
  version: columns.version.subarray(0, count),
  eventHash: columns.eventHash.subarray(0, count),
  type: columns.type.subarray(0, count),
  kind: columns.kind.subarray(0, count),
  verdict: columns.verdict.subarray(0, count),
});

/**
 * All events of an aggregate over all topics, without those of logs that another has replaced; no rows when the
 * aggregate is not known. Kept until the captured data changes: do not modify.
 */
export function loadColumns(context: ReadContext, ref: AggregateRef): StreamColumns {
  return context.cache.get(
    `stream columns ${JSON.stringify([ref.type, ref.id])}`,
    () => {
      const { db, dictionary } = context;
      const aggregate = dictionary.aggregateId(ref);
      if (aggregate === null) return allocate(0);
      return readRows(context, aggregate, latestOnly(dictionary, candidateIds(db, 'aggregate', aggregate)));
    },
    ({ count }) => count * BYTES_PER_ROW,
  );
}

/** Where each partition's rows begin and end in ascending record ids. */
export function partitionRuns(ids: Float64Array): { no: number; from: number; to: number }[] {
  const runs: { no: number; from: number; to: number }[] = [];
  for (let from = 0; from < ids.length; ) {
    const no = Math.floor(ids[from]! / OFFSET_SPAN);
    const end = (no + 1) * OFFSET_SPAN;
    let low = from;
    let high = ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ids[middle]! < end) low = middle + 1;
      else high = middle;
    }
    runs.push({ no, from, to: low });
    from = low;
  }
  return runs;
}

/** Of a topic that was created again, or whose log lost its end, a stream takes the latest log that has it: never both. */
export function latestOnly(dictionary: Dictionary, ids: Float64Array): Float64Array {
  if (dictionary.partitions().every(({ incarnation }) => incarnation === Number.POSITIVE_INFINITY))
    return ids;
  const runs = partitionRuns(ids);
  const latest = new Map<string, number>();
  for (const { no } of runs) {
    const { kafkaName, incarnation } = dictionary.placeOf(no * OFFSET_SPAN);
    latest.set(kafkaName, Math.max(latest.get(kafkaName) ?? 0, incarnation));
  }
  const taken = runs.filter(({ no }) => {
    const { kafkaName, incarnation } = dictionary.placeOf(no * OFFSET_SPAN);
    return latest.get(kafkaName) === incarnation;
  });
  if (taken.length === runs.length) return ids;
  const kept = new Float64Array(taken.reduce((sum, { from, to }) => sum + to - from, 0));
  let at = 0;
  for (const { from, to } of taken) {
    kept.set(ids.subarray(from, to), at);
    at += to - from;
  }
  return kept;
}

/** @param ids ascending; all records of the aggregate are among them, and some others may be */
function readRows(context: ReadContext, aggregate: number, ids: Float64Array): StreamColumns {
  const { db } = context;
  const columns = allocate(ids.length);
  let count = 0;
  const take = (rows: readonly Row[]) => {
    for (const row of rows) put(columns, count++, row);
    context.throwIfAborted();
  };
  const range = db
    .prepare(
      `SELECT ${COLUMNS} FROM record WHERE id > ? AND id <= ? AND agg_id = ? ORDER BY id LIMIT ${ROWS_AT_ONCE}`,
    )
    .raw();
  // CROSS keeps the order of the list: one seek for each record of the aggregate.
  const each = db
    .prepare(
      `SELECT ${COLUMNS.replace('id', 'r.id')} FROM json_each(?) AS wanted
       CROSS JOIN record AS r ON r.id = wanted.value WHERE r.agg_id = ?`,
    )
    .raw();
  for (const { from, to } of partitionRuns(ids)) {
    const last = ids[to - 1]!;
    if ((to - from) / (last - ids[from]! + 1) < DENSE) {
      for (let at = from; at < to; at += ROWS_AT_ONCE) {
        const some = Array.from(ids.subarray(at, Math.min(at + ROWS_AT_ONCE, to)));
        take(each.all(JSON.stringify(some), aggregate) as Row[]);
      }
      continue;
    }
    for (let after = ids[from]! - 1; ; ) {
      const rows = range.all(after, last, aggregate) as Row[];
      take(rows);
      if (rows.length < ROWS_AT_ONCE) break;
      after = rows.at(-1)![0];
    }
  }
  return count === ids.length ? columns : firstCount(columns, count);
}

/** The event of a row. */
export function headAt(columns: StreamColumns, row: number, dictionary: Dictionary): StreamHead {
  const id = columns.id[row]!;
  const { topic, partition } = dictionary.placeOf(id);
  return {
    id,
    topic,
    partition,
    offset: id % OFFSET_SPAN,
    recordedAt: columns.recordedAt[row]!,
    monotonicAt: columns.monotonicAt[row]!,
    occurredAt: orNull(columns.occurredAt[row]!),
    version: orNull(columns.version[row]!),
    type: dictionary.typeName(columns.type[row]!),
    kind: KINDS[columns.kind[row]!]!,
    verdict: VERDICTS[columns.verdict[row]!]!,
    eventHash: orNull(columns.eventHash[row]!),
  };
}

/** The row of a record; −1: it is none of the stream. */
export function rowOfId({ id: ids, count }: StreamColumns, id: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ids[middle]! < id) low = middle + 1;
    else high = middle;
  }
  return low < count && ids[low] === id ? low : -1;
}
