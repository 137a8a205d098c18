/** What the rows and postings of a workspace say of its records, as columns in the order of record ids. */

import { FLAG } from '../kafka/recordColumns.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { eachPosting, foldedHash } from '../store/postingLookups.ts';
import { flagsOfState, kindOfState, typeOfState, verdictOfState } from '../store/recordState.ts';
import { VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';

export interface Columns {
  count: number;
  /** Ascending. */
  id: Float64Array;
  ts: Float64Array;
  mono: Float64Array;
  /** NaN: none; so in all columns of numbers below. */
  occurred: Float64Array;
  version: Float64Array;
  /** 0: none. */
  type: Uint32Array;
  aggregate: Uint32Array;
  kind: Uint8Array;
  verdict: Uint8Array;
  eventHash: Float64Array;
  /** Low bits of the hashes, as postings have them. */
  linkHash: Float64Array;
  correlation: Float64Array;
  causation: Float64Array;
  /** Of the record key; −1: it is the aggregate's id. */
  key: Float64Array;
}

/** Few enough to be forgotten while they are young. */
const ROWS_AT_ONCE = 2_000;
/** Rows that are read between two chances to stop. */
const STEP_ROWS = 20_000;

/** As the table itself has them: the columns made of them are slower to read. */
type Row = [
  id: number,
  ts: number,
  late: number | null,
  occurred: number | null,
  version: number | null,
  state: number,
  aggregate: number | null,
  eventHash: number | null,
];

/** In memory that threads share. */
function allocate(count: number): Columns {
  const numbers = () => new Float64Array(new SharedArrayBuffer(count * 8));
  const whole = () => new Uint32Array(new SharedArrayBuffer(count * 4));
  const small = () => new Uint8Array(new SharedArrayBuffer(count));
  const nothing = () => numbers().fill(Number.NaN);
  return {
    ...{ count: 0, id: numbers(), ts: numbers(), mono: numbers(), occurred: numbers(), version: numbers() },
    ...{ type: whole(), aggregate: whole(), kind: small(), verdict: small() },
    ...{ eventHash: nothing(), linkHash: nothing(), correlation: nothing(), causation: nothing() },
    key: nothing(),
  };
}

/** Reads all records but transaction markers; a step is some ten thousand. `onStep` gets the records read so far. */
export function* readColumns(
  contextOf: () => ReadContext,
  onStep: (done: number) => void,
): Generator<void, Columns> {
  const { db } = contextOf();
  const stored = db.prepare('SELECT coalesce(sum(stored), 0) FROM partition').pluck().get() as number;
  const columns = allocate(stored);
  const read = db
    .prepare(
      `SELECT id, ts, late, occurred, version, state, agg_id, event_hash FROM record
       WHERE id > ? ORDER BY id LIMIT ${ROWS_AT_ONCE}`,
    )
    .raw();
  let last = -1;
  let told = 0;
  for (;;) {
    const rows = read.all(last) as Row[];
    for (const row of rows) put(columns, row, stored);
    if (rows.length < ROWS_AT_ONCE) break;
    last = rows.at(-1)![0];
    if (columns.count - told < STEP_ROWS) continue;
    told = columns.count;
    onStep(told);
    yield;
  }
  onStep(columns.count);
  yield* addPostings(contextOf(), columns);
  return columns;
}

function put(columns: Columns, row: Row, room: number): void {
  const [id, ts, late, occurred, version, state, aggregate, hash] = row;
  const verdict = verdictOfState(state);
  const at = columns.count;
  // Records that were captured since the check began are left for the next one.
  if (verdict === VERDICT.control || at >= room) return;
  columns.count += 1;
  columns.id[at] = id;
  columns.ts[at] = ts;
  columns.mono[at] = late ?? ts;
  columns.occurred[at] = occurred ?? Number.NaN;
  columns.version[at] = version ?? Number.NaN;
  columns.type[at] = typeOfState(state);
  columns.aggregate[at] = aggregate ?? 0;
  columns.kind[at] = kindOfState(state);
  columns.verdict[at] = verdict;
  if (hash !== null) {
    columns.eventHash[at] = hash;
    columns.linkHash[at] = foldedHash(hash);
  }
  if ((flagsOfState(state) & FLAG.keyIsAggregateId) !== 0) columns.key[at] = -1;
}

function* addPostings({ db }: ReadContext, columns: Columns): Generator<void> {
  const { correlation, causation, key } = columns;
  const into = { correlation, causation, key } as const;
  const rows = rowFinder(columns);
  yield* eachPosting(db, ['correlation', 'causation', 'key'], (kind, id, hash) => {
    const row = rows(id);
    if (row !== -1) into[kind as keyof typeof into][row] = hash;
  });
}

/** Row of a record id, −1: none. Nearly always found at once, because offsets of a partition rarely have gaps. */
export function rowFinder({ id, count }: Columns): (wanted: number) => number {
  /** First row of each partition. */
  const starts: number[] = [];
  for (let row = 0; row < count; row++) starts[Math.floor(id[row]! / OFFSET_SPAN)] ??= row;
  return (wanted) => {
    const start = starts[Math.floor(wanted / OFFSET_SPAN)];
    if (start === undefined) return -1;
    const direct = start + wanted - id[start]!;
    if (id[direct] === wanted && direct < count) return direct;
    let low = start;
    let high = Math.min(count, Math.max(direct, start) + 1);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (id[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low < count && id[low] === wanted ? low : -1;
  };
}

/** These rows alone, in this order. */
export function selectRows(columns: Columns, rows: readonly number[]): Columns {
  const selected = { count: rows.length } as Record<keyof Columns, unknown>;
  for (const [name, all] of Object.entries(columns)) {
    if (typeof all === 'number') continue;
    const part = new (all.constructor as Float64ArrayConstructor)(rows.length);
    for (const [at, row] of rows.entries()) part[at] = all[row]!;
    selected[name as keyof Columns] = part;
  }
  return selected as unknown as Columns;
}

/** Rows of each aggregate, ascending; of aggregate `a` from `start[a]` to `start[a + 1]`. */
export interface Groups {
  start: Uint32Array;
  rows: Uint32Array;
}

export function groupByAggregate({ aggregate, count }: Columns): Groups {
  let most = 0;
  for (let row = 0; row < count; row++) most = Math.max(most, aggregate[row]!);
  const start = new Uint32Array(most + 2);
  for (let row = 0; row < count; row++) start[aggregate[row]! + 1]! += 1;
  for (let at = 0; at <= most; at++) start[at + 1]! += start[at]!;
  const next = start.slice();
  const rows = new Uint32Array(count);
  for (let row = 0; row < count; row++) rows[next[aggregate[row]!]!++] = row;
  return { start, rows };
}
