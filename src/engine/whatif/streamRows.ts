/** The rows of the streams in scope as columns, in the order of record ids. */
import { OFFSET_SPAN } from '../store/ids.ts';
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

/** Which rows are read of a scope. */
export interface RowsWanted {
  /** Records without an aggregate, too, and of the aggregates those of every part. */
  isWhole: boolean;
  /** Of each partition only so many, the first ones; null: all. */
  most: number | null;
}

export interface StreamRows {
  count: number;
  /** Of every partition all is here that is known by this moment, ms (monotonic recorded time); Infinity: all there is. */
  until: number;
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

type Row = [
  id: number,
  ts: number,
  mono: number,
  occurred: number | null,
  version: number | null,
  type: number | null,
  aggregate: number | null,
  kind: number,
  verdict: number,
  eventHash: number | null,
];

const ROWS_AT_ONCE = 10_000;
const FIRST_ROOM = 16_384;

function allocate(room: number): StreamRows {
  const numbers = () => new Float64Array(room);
  return {
    ...{
      count: 0,
      until: Number.POSITIVE_INFINITY,
      id: numbers(),
      ts: numbers(),
      mono: numbers(),
      occurred: numbers(),
      version: numbers(),
    },
    ...{ eventHash: numbers(), type: new Uint32Array(room), aggregate: new Uint32Array(room) },
    ...{ kind: new Uint8Array(room), verdict: new Uint8Array(room) },
  };
}

const COLUMNS = [
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
  return Object.assign(larger, { count: rows.count, until: rows.until });
}

/** Numbers of the aggregates in scope by number: 1 is one of them. Number 0 stands for records without one. */
function aggregatesOf(
  { db }: ReadContext,
  { types, part, parts }: StreamScope,
  { isWhole }: RowsWanted,
  takesLoose: boolean,
): Uint8Array {
  const most = db.prepare('SELECT coalesce(max(id), 0) FROM aggregate').pluck().get() as number;
  const wanted = new Uint8Array(most + 1).fill(types === null ? 1 : 0);
  const ofType = db.prepare('SELECT id FROM aggregate WHERE type = ?').pluck();
  for (const type of types ?? [])
    for (const id of ofType.iterate(type) as IterableIterator<number>)
      if (isWhole || id % parts === part) wanted[id] = 1;
  wanted[0] = takesLoose ? 1 : 0;
  return wanted;
}

const SELECT = `SELECT id, ts, mono, occurred, version, type_id, agg_id, kind, verdict, event_hash FROM record`;
const ALL: RowsWanted = { isWhole: false, most: null };

/**
 * Reads the rows of all streams in scope, transaction markers aside; a step is some thousand rows of the file.
 * @param takesLoose records without an aggregate, too
 */
export function* readRows(
  contextOf: () => ReadContext,
  scope: StreamScope,
  onStep: (looked: number) => void,
  wanted = ALL,
  takesLoose = false,
): Generator<void, StreamRows> {
  const { isWhole, most } = wanted;
  const isWanted = aggregatesOf(contextOf(), scope, wanted, takesLoose);
  const { dictionary, db } = contextOf();
  const own = isWhole ? '' : `AND agg_id % ${scope.parts} = ${scope.part}`;
  const read = db.prepare(`${SELECT} WHERE id >= ? AND id < ? ${own} ORDER BY id LIMIT ?`).raw();
  let rows = allocate(FIRST_ROOM);
  let looked = 0;
  for (const { no, topic } of dictionary.partitions().toSorted((a, b) => a.no - b.no)) {
    if (scope.topics?.includes(topic) === false) continue;
    let from = no * OFFSET_SPAN;
    for (let left = most ?? Number.POSITIVE_INFINITY; left > 0; ) {
      const asked = Math.min(left, ROWS_AT_ONCE);
      const page = read.all(from, (no + 1) * OFFSET_SPAN, asked) as Row[];
      for (const row of page) {
        if (isWanted[row[6] ?? 0] !== 1 || row[8] === VERDICT.control) continue;
        if (rows.count === rows.id.length) rows = grown(rows);
        put(rows, row);
      }
      looked += page.length;
      left -= page.length;
      onStep(looked);
      yield;
      if (page.length < asked) break;
      const [id, , mono] = page.at(-1)!;
      // Another event of the same moment may follow.
      if (left === 0) rows.until = Math.min(rows.until, mono - 1);
      from = id + 1;
    }
  }
  return rows;
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
  const [id, ts, mono, occurred, version, type, aggregate, kind, verdict, eventHash] = row;
  const at = rows.count;
  rows.count += 1;
  rows.id[at] = id;
  rows.ts[at] = ts;
  rows.mono[at] = mono;
  rows.occurred[at] = occurred ?? Number.NaN;
  rows.version[at] = version ?? Number.NaN;
  rows.type[at] = type ?? 0;
  rows.aggregate[at] = aggregate ?? 0;
  rows.kind[at] = kind;
  rows.verdict[at] = verdict;
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
