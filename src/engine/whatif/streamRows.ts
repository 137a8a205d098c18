/** The rows of the streams in scope as columns, in the order of record ids. */
import { OFFSET_SPAN } from '../store/ids.ts';
import type { StreamHead } from '../store/stream.ts';
import { KIND, KINDS, VERDICT, VERDICTS } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';

/** Which streams. `topics` null: of all topics. Of `parts` threads, this is number `part`. */
export interface StreamScope {
  types: readonly string[];
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
  /** NaN: none; of `version` too. */
  occurred: Float64Array;
  version: Float64Array;
  /** 0: none. */
  type: Uint32Array;
  aggregate: Uint32Array;
  kind: Uint8Array;
  verdict: Uint8Array;
  /** 1: it declares an event id. */
  hasEventId: Uint8Array;
}

type Row = [
  id: number,
  ts: number,
  mono: number,
  occurred: number | null,
  version: number | null,
  type: number | null,
  aggregate: number,
  kind: number,
  verdict: number,
  hasEventId: number,
];

const ROWS_AT_ONCE = 10_000;
const FIRST_ROOM = 16_384;

function allocate(room: number): StreamRows {
  const numbers = () => new Float64Array(room);
  return {
    ...{ count: 0, id: numbers(), ts: numbers(), mono: numbers(), occurred: numbers(), version: numbers() },
    ...{ type: new Uint32Array(room), aggregate: new Uint32Array(room) },
    ...{ kind: new Uint8Array(room), verdict: new Uint8Array(room), hasEventId: new Uint8Array(room) },
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
  'hasEventId',
] as const;

/** The same columns with more room. */
function grown(rows: StreamRows): StreamRows {
  const larger = allocate(rows.id.length * 2);
  for (const name of COLUMNS) larger[name].set(rows[name] as never);
  return Object.assign(larger, { count: rows.count });
}

/** Numbers of the aggregates in scope by number: 1 is one of them. */
function aggregatesOf({ db }: ReadContext, { types, part, parts }: StreamScope): Uint8Array {
  const most = db.prepare('SELECT coalesce(max(id), 0) FROM aggregate').pluck().get() as number;
  const wanted = new Uint8Array(most + 1);
  const ofType = db.prepare('SELECT id FROM aggregate WHERE type = ?').pluck();
  for (const type of types)
    for (const id of ofType.iterate(type) as IterableIterator<number>)
      if (id % parts === part) wanted[id] = 1;
  return wanted;
}

/** Reads the rows of all streams in scope, transaction markers aside; a step is some thousand rows of the file. */
export function* readRows(
  contextOf: () => ReadContext,
  scope: StreamScope,
  onStep: (looked: number) => void,
): Generator<void, StreamRows> {
  const wanted = aggregatesOf(contextOf(), scope);
  const { dictionary, db } = contextOf();
  const isAsked = new Map(
    dictionary
      .partitions()
      .map(({ no, topic }): [number, boolean] => [no, scope.topics?.includes(topic) ?? true]),
  );
  let rows = allocate(FIRST_ROOM);
  const read = db
    .prepare(
      `SELECT id, ts, mono, occurred, version, type_id, agg_id, kind, verdict, event_hash IS NOT NULL FROM record
       WHERE id > ? AND agg_id % ${scope.parts} = ${scope.part} ORDER BY id LIMIT ${ROWS_AT_ONCE}`,
    )
    .raw();
  let last = -1;
  for (let looked = 0; ; ) {
    const page = read.all(last) as Row[];
    for (const row of page) {
      const [id, , , , , , aggregate, , verdict] = row;
      if (wanted[aggregate] !== 1 || verdict === VERDICT.control) continue;
      if (isAsked.get(Math.floor(id / OFFSET_SPAN)) !== true) continue;
      if (rows.count === rows.id.length) rows = grown(rows);
      put(rows, row);
    }
    looked += page.length;
    onStep(looked);
    if (page.length < ROWS_AT_ONCE) return rows;
    last = page.at(-1)![0];
    yield;
  }
}

function put(rows: StreamRows, row: Row): void {
  const [id, ts, mono, occurred, version, type, aggregate, kind, verdict, hasEventId] = row;
  const at = rows.count;
  rows.count += 1;
  rows.id[at] = id;
  rows.ts[at] = ts;
  rows.mono[at] = mono;
  rows.occurred[at] = occurred ?? Number.NaN;
  rows.version[at] = version ?? Number.NaN;
  rows.type[at] = type ?? 0;
  rows.aggregate[at] = aggregate;
  rows.kind[at] = kind;
  rows.verdict[at] = verdict;
  rows.hasEventId[at] = hasEventId;
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
    eventHash: rows.hasEventId[row] === 0 ? null : 0,
  };
}

export const isCommitted = ({ verdict, kind }: StreamRows, row: number): boolean =>
  verdict[row] === VERDICT.committed && kind[row] !== KIND.control;
