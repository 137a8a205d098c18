/** The rows of the streams in scope as columns, in the order of record ids. */
import { OFFSET_SPAN } from '../store/ids.ts';
import { kindOfState, typeOfState, verdictOfState } from '../store/recordState.ts';
import type { StreamHead } from '../store/stream.ts';
import { KIND, KINDS, VERDICT, VERDICTS } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';

/** Which streams. `types` null: of all types; `topics` null: of all topics. Of `parts` threads, this is number `part`. */
export interface StreamScope {
  types: readonly string[] | null;
  topics: readonly string[] | null;
  part: number;
  parts: number;
}

export interface StreamRows {
  count: number;
  /** Ascending. */
  id: Float64Array;
  ts: Float64Array;
  mono: Float64Array;
  /** NaN: none; of `version` and `eventHash` too. */
  occurred: Float64Array;
  version: Float64Array;
  /** Of the event id, 53 bits. */
  eventHash: Float64Array;
  /** 0: none. */
  type: Uint32Array;
  aggregate: Uint32Array;
  kind: Uint8Array;
  verdict: Uint8Array;
}

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

/** Few enough to be forgotten while they are young. */
const ROWS_AT_ONCE = 2_000;
const ROWS_A_STEP = 10_000;
const FIRST_ROOM = 16_384;

export function allocate(room: number): StreamRows {
  const numbers = () => new Float64Array(room);
  return {
    ...{ count: 0, id: numbers(), ts: numbers(), mono: numbers(), occurred: numbers(), version: numbers() },
    ...{ eventHash: numbers(), type: new Uint32Array(room), aggregate: new Uint32Array(room) },
    ...{ kind: new Uint8Array(room), verdict: new Uint8Array(room) },
  };
}

export const COLUMNS = [
  'id',
  'ts',
  'mono',
  'occurred',
  'version',
  'type',
  'aggregate',
  'kind',
  'verdict',
  'eventHash',
] as const;

/** The same columns with more room. */
function grown(rows: StreamRows): StreamRows {
  const larger = allocate(rows.id.length * 2);
  for (const name of COLUMNS) larger[name].set(rows[name] as never);
  return Object.assign(larger, { count: rows.count });
}

/** Numbers of the aggregates in scope by number: 1 is one of them. Number 0 stands for records without one. */
export function aggregatesOf(
  { db }: ReadContext,
  { types, part, parts }: Omit<StreamScope, 'topics'>,
  takesLoose: boolean,
): Uint8Array {
  const most = db.prepare('SELECT coalesce(max(id), 0) FROM aggregate').pluck().get() as number;
  const wanted = new Uint8Array(most + 1).fill(types === null ? 1 : 0);
  const ofType = db.prepare('SELECT id FROM aggregate WHERE type = ?').pluck();
  for (const type of types ?? [])
    for (const id of ofType.all(type) as number[]) if (id % parts === part) wanted[id] = 1;
  wanted[0] = takesLoose ? 1 : 0;
  return wanted;
}

const SELECT = 'SELECT id, ts, late, occurred, version, state, agg_id, event_hash FROM record';

/** Reads the rows of all streams in scope, transaction markers aside, in short steps. @param onStep gets how many were looked at */
export function* readRows(
  contextOf: () => ReadContext,
  scope: StreamScope,
  onStep: (looked: number) => void,
): Generator<void, StreamRows> {
  const isWanted = aggregatesOf(contextOf(), scope, false);
  const only = `AND agg_id % ${scope.parts} = ${scope.part}`;
  const into = { rows: allocate(FIRST_ROOM), isWanted };
  let looked = 0;
  for (const { no, topic } of contextOf()
    .dictionary.partitions()
    .toSorted((a, b) => a.no - b.no)) {
    if (scope.topics?.includes(topic) === false) continue;
    const span = { from: no * OFFSET_SPAN, to: (no + 1) * OFFSET_SPAN };
    for (const page of rowsBetween(contextOf, span, into, only)) {
      looked += page;
      onStep(looked);
      yield;
    }
  }
  return into.rows;
}

/**
 * Adds the rows of wanted aggregates with ids from one up to another (exclusive), transaction markers aside. Says after
 * each step how many were looked at; in the end, when the last of all was recorded (made monotonic, ms), NaN: there was none.
 */
export function* rowsBetween(
  contextOf: () => ReadContext,
  { from, to }: { from: number; to: number },
  into: { rows: StreamRows; isWanted: Uint8Array },
  only = '',
): Generator<number, number> {
  const read = contextOf().db.prepare(`${SELECT} WHERE id >= ? AND id < ? ${only} ORDER BY id LIMIT ?`).raw();
  let lastMono = Number.NaN;
  let looked = 0;
  for (let next = from; ; ) {
    const page = read.all(next, to, ROWS_AT_ONCE) as Row[];
    for (const row of page) {
      if (into.isWanted[row[6] ?? 0] !== 1 || verdictOfState(row[5]) === VERDICT.control) continue;
      if (into.rows.count === into.rows.id.length) into.rows = grown(into.rows);
      put(into.rows, row);
    }
    looked += page.length;
    const last = page.at(-1);
    if (last !== undefined) lastMono = last[2] ?? last[1];
    const isLast = page.length < ROWS_AT_ONCE;
    if (isLast || looked >= ROWS_A_STEP) {
      yield looked;
      looked = 0;
    }
    if (isLast) return lastMono;
    next = last![0] + 1;
  }
}

/** The rows of these records, in the order of their ids. */
export function rowsOfRecords({ db }: ReadContext, ids: ArrayLike<number>): StreamRows {
  const read = db.prepare(`${SELECT} WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id`).raw();
  let rows = allocate(FIRST_ROOM);
  const sorted = Float64Array.from(ids).sort();
  for (let from = 0; from < sorted.length; from += ROWS_AT_ONCE)
    for (const row of read.all(
      JSON.stringify(Array.from(sorted.subarray(from, from + ROWS_AT_ONCE))),
    ) as Row[]) {
      if (rows.count === rows.id.length) rows = grown(rows);
      put(rows, row);
    }
  return rows;
}

function put(rows: StreamRows, row: Row): void {
  const [id, ts, late, occurred, version, state, aggregate, eventHash] = row;
  const at = rows.count;
  rows.count += 1;
  rows.id[at] = id;
  rows.ts[at] = ts;
  rows.mono[at] = late ?? ts;
  rows.occurred[at] = occurred ?? Number.NaN;
  rows.version[at] = version ?? Number.NaN;
  rows.type[at] = typeOfState(state);
  rows.aggregate[at] = aggregate ?? 0;
  rows.kind[at] = kindOfState(state);
  rows.verdict[at] = verdictOfState(state);
  rows.eventHash[at] = eventHash ?? Number.NaN;
}

/** A head that knows its row. */
export interface RowHead extends StreamHead {
  row: number;
}

export function headOf(rows: StreamRows, row: number, { dictionary }: ReadContext): RowHead {
  const id = rows.id[row]!;
  const { topic, partition } = dictionary.placeOf(id);
  const occurred = rows.occurred[row]!;
  const version = rows.version[row]!;
  const eventHash = rows.eventHash[row]!;
  return {
    row,
    id,
    topic,
    partition,
    offset: id % OFFSET_SPAN,
    recordedAt: rows.ts[row]!,
    monotonicAt: rows.mono[row]!,
    occurredAt: Number.isNaN(occurred) ? null : occurred,
    version: Number.isNaN(version) ? null : version,
    type: dictionary.typeName(rows.type[row] === 0 ? null : rows.type[row]!),
    kind: KINDS[rows.kind[row]!]!,
    verdict: VERDICTS[rows.verdict[row]!]!,
    eventHash: Number.isNaN(eventHash) ? null : eventHash,
  };
}

export const isCommitted = ({ verdict, kind }: StreamRows, row: number): boolean =>
  verdict[row] === VERDICT.committed && kind[row] !== KIND.control;
