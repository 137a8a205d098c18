/**
 * The first replay of a projection: all events once, in the order of the log, each folded into its row as it comes. What
 * a row needs of other orders (versions that contradict the times of several partitions, backdated events) is left to be
 * folded alone.
 */
import type { FoldContext } from '../../core/fold.ts';
import { isScript } from '../../core/folder.ts';
import type { Projection } from '../../core/model.ts';
import { comparePlace } from '../reads/columnOrder.ts';
import type { OpenBlock } from '../store/blocks.ts';
import { placeIn } from '../store/blocks.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { PathReader, type ValueBytes } from '../store/payloadPaths.ts';
import { blocksFrom } from '../store/recordBytes.ts';
import { kindOfState, typeOfState, verdictOfState } from '../store/recordState.ts';
import type { StreamHead } from '../store/stream.ts';
import { KIND, KINDS, orNull, VERDICT, VERDICTS } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { leastTolerance, leaveBackdated } from './bulkBackdated.ts';
import { compileProjection, type FoldedRow, type FoldRun, RowFold } from './fold.ts';
import { Groups } from './groups.ts';
import { HistoryRecorder, type Shard } from './history/recorder.ts';
import { waitingFor } from './waitingEvents.ts';

/** One of `of` parts that the rows are dealt into. */
export interface BulkPart {
  part: number;
  of: number;
}

export interface BulkResult {
  rows: { key: string; row: FoldedRow }[];
  /** Keys of rows that must be folded alone. */
  left: string[];
  history: Shard;
  scales: ReadonlyMap<string, number>;
}

/** Called after so many events. */
const REPORT_EVERY = 20_000;

/** Folds the rows of a part. `report`: events done and to do. */
export function foldAtOnce(
  context: ReadContext,
  projection: Projection,
  part: BulkPart,
  report: (done: number, total: number) => void,
): BulkResult {
  const groups = new Groups(context, projection);
  const streams = streamsOf(context, groups, part);
  const compiled = compileProjection(projection);
  const { folder } = compiled;
  // Finding the id of an event costs as much as folding it; a program may reach it by any name.
  const withHash = isScript(projection.reducer)
    ? (folder.reads?.('') ?? null) === null
    : JSON.stringify(projection.reducer).includes('$eventId');
  const heads = readHeads(context, groups, streams, part, withHash);
  const order = logOrder(context, heads);
  const isLeft = findContradictions(heads, order, streams);
  leaveBackdated(heads, order, { ...streams, toleranceMs: leastTolerance(context) }, isLeft);
  const run: FoldRun = {
    compiled,
    recorder: new HistoryRecorder(projection.columns),
    scales: new Map(),
  };
  const rows: (RowFold | undefined)[] = new Array(streams.keys.length);
  const values = new ValuesInOrder(context, heads);
  const payloads = new PathReader(context, [folder]);
  const waiting = waitingFor(run);
  const head = anyHead();
  for (let nth = 0; nth < order.length; nth += 1) {
    if (nth % REPORT_EVERY === 0) {
      context.throwIfAborted();
      report(nth, order.length);
    }
    const at = order[nth]!;
    const row = streams.rowOf[heads.aggregate[at]!]!;
    if (isLeft[row] === 1) continue;
    let fold = rows[row];
    if (fold === undefined) {
      fold = new RowFold(run, streams.keys[row]!);
      rows[row] = fold;
    }
    fillHead(head, context, heads, at);
    const value = payloads.needsValue(head) ? values.next(at) : undefined;
    const event = payloads.event(head, value);
    const placed = { event, stream: streams.contexts[heads.aggregate[at]!]!, at: head.monotonicAt };
    if (waiting === null) fold.add(placed);
    else waiting.add(fold, placed, value?.length ?? 0);
  }
  waiting?.fold();
  report(order.length, order.length);
  const result: BulkResult = { rows: [], left: [], history: run.recorder!.finish(), scales: run.scales };
  for (const [row, key] of streams.keys.entries()) {
    const fold = rows[row];
    if (isLeft[row] === 1) result.left.push(key);
    else if (fold !== undefined) result.rows.push({ key, row: fold.finish() });
  }
  result.rows.sort((a, b) => (a.key < b.key ? -1 : 1));
  return result;
}

/** The aggregates of a part; rows are numbered as they are found. */
interface Streams {
  /** By aggregate number: the row; −1: not of this part. */
  rowOf: Int32Array;
  contexts: (FoldContext | undefined)[];
  keys: string[];
}

function streamsOf({ db }: ReadContext, groups: Groups, { part, of }: BulkPart): Streams {
  const types = groups.aggregateTypes();
  const size = db.prepare('SELECT coalesce(max(id), 0) + 1 FROM aggregate').pluck().get() as number;
  const rowOf = new Int32Array(size).fill(-1);
  const contexts: Streams['contexts'] = [];
  const keys: string[] = [];
  const rows = db
    .prepare('SELECT id, type, key FROM aggregate WHERE type IN (SELECT value FROM json_each(?)) ORDER BY id')
    .raw()
    .iterate(JSON.stringify(types)) as IterableIterator<[number, string, string]>;
  // Aggregates of several types that share an id share a row.
  const known = types.length === 1 ? null : new Map<string, number>();
  for (const [id, type, key] of rows) {
    if ((known === null ? id : hashOf(key)) % of !== part) continue;
    let row = known?.get(key);
    if (row === undefined) {
      row = keys.push(key) - 1;
      known?.set(key, row);
    }
    rowOf[id] = row;
    contexts[id] = { aggregateType: type, aggregateId: key };
  }
  return { rowOf, contexts, keys };
}

/** Spreads keys over parts. */
export function hashOf(key: string): number {
  let hash = 0;
  for (let at = 0; at < key.length; at += 1) hash = (Math.imul(hash, 31) + key.charCodeAt(at)) >>> 0;
  return hash;
}

/** The committed events of a part by record id. */
interface Heads {
  count: number;
  id: Float64Array;
  recordedAt: Float64Array;
  mono: Float64Array;
  /** NaN: none; so are version and hash. */
  occurred: Float64Array;
  version: Float64Array;
  hash: Float64Array | null;
  type: Uint32Array;
  aggregate: Uint32Array;
  kind: Uint8Array;
}

type HeadRow = [
  id: number,
  ts: number,
  late: number | null,
  occurred: number | null,
  version: number | null,
  state: number,
  aggregate: number,
  hash?: number | null,
];

const ROWS_AT_ONCE = 5000;

function readHeads(
  context: ReadContext,
  groups: Groups,
  { rowOf }: Streams,
  { part, of }: BulkPart,
  withHash: boolean,
): Heads {
  const { db } = context;
  const most = db.prepare('SELECT coalesce(sum(stored), 0) FROM partition').pluck().get() as number;
  const doubles = () => new Float64Array(most);
  const heads: Heads = {
    ...{ count: 0, id: doubles(), recordedAt: doubles(), mono: doubles(), occurred: doubles() },
    ...{ version: doubles(), hash: withHash ? doubles() : null },
    ...{ type: new Uint32Array(most), aggregate: new Uint32Array(most), kind: new Uint8Array(most) },
  };
  const isOne = groups.aggregateTypes().length === 1;
  // The columns below the view: SQLite computes nothing per row.
  const read = db
    .prepare(
      `SELECT id, ts, late, occurred, version, state, agg_id${withHash ? ', event_hash' : ''} FROM record
       WHERE id > ? AND id < ? ${isOne ? `AND agg_id % ${of} = ${part}` : 'AND agg_id IS NOT NULL'}
       ORDER BY id LIMIT ${ROWS_AT_ONCE}`,
    )
    .raw();
  for (const no of groups.partitions().sort((a, b) => a - b)) {
    const end = (no + 1) * OFFSET_SPAN;
    for (let last = no * OFFSET_SPAN - 1; ; ) {
      const rows = read.all(last, end) as HeadRow[];
      for (const row of rows) {
        const state = row[5];
        const kind = kindOfState(state);
        if (rowOf[row[6]]! < 0 || verdictOfState(state) !== VERDICT.committed || kind === KIND.control)
          continue;
        const at = heads.count;
        heads.id[at] = row[0];
        heads.recordedAt[at] = row[1];
        heads.mono[at] = row[2] ?? row[1];
        heads.occurred[at] = row[3] ?? Number.NaN;
        heads.version[at] = row[4] ?? Number.NaN;
        heads.type[at] = typeOfState(state);
        heads.aggregate[at] = row[6];
        heads.kind[at] = kind;
        if (heads.hash !== null) heads.hash[at] = row[7] ?? Number.NaN;
        heads.count += 1;
      }
      context.throwIfAborted();
      if (rows.length < ROWS_AT_ONCE) break;
      last = rows.at(-1)![0];
    }
  }
  return heads;
}

const partitionOf = (id: number): number => Math.floor(id / OFFSET_SPAN);

const anyHead = (): StreamHead => ({
  ...{
    id: 0,
    topic: '',
    partition: 0,
    offset: 0,
    recordedAt: 0,
    monotonicAt: 0,
    occurredAt: null,
    version: null,
  },
  ...{ type: '', kind: KINDS[0]!, verdict: VERDICTS[VERDICT.committed]!, eventHash: null },
});

/** Makes `head` the one at this place: events that are folded at once need none of their own. */
function fillHead(head: StreamHead, { dictionary }: ReadContext, heads: Heads, at: number): void {
  const id = heads.id[at]!;
  const { topic, partition } = dictionary.placeOf(id);
  head.id = id;
  head.topic = topic;
  head.partition = partition;
  head.offset = id % OFFSET_SPAN;
  head.recordedAt = heads.recordedAt[at]!;
  head.monotonicAt = heads.mono[at]!;
  head.occurredAt = orNull(heads.occurred[at]!);
  head.version = orNull(heads.version[at]!);
  head.type = dictionary.typeName(heads.type[at]!);
  head.kind = KINDS[heads.kind[at]!]!;
  head.eventHash = heads.hash === null ? null : orNull(heads.hash[at]!);
}

/** Indexes of the heads by recorded time made monotonic, topic, partition, offset: see core/order.ts. */
function logOrder({ dictionary }: ReadContext, { count, id, mono }: Heads): Uint32Array {
  const lanes: { at: number; end: number; rank: number }[] = [];
  for (let at = 0; at < count; ) {
    const no = partitionOf(id[at]!);
    const limit = (no + 1) * OFFSET_SPAN;
    let end = at + 1;
    while (end < count && id[end]! < limit) end += 1;
    lanes.push({ at, end, rank: 0 });
    at = end;
  }
  const names = lanes.map(({ at }) => dictionary.placeOf(id[at]!));
  const byName = lanes.map((_, lane) => lane);
  byName.sort((a, b) => comparePlace(names[a]!, names[b]!));
  for (const [rank, lane] of byName.entries()) lanes[lane]!.rank = rank;
  const order = new Uint32Array(count);
  const before = (a: (typeof lanes)[number], b: (typeof lanes)[number]): boolean =>
    (mono[a.at]! - mono[b.at]! || a.rank - b.rank) < 0;
  // Lanes in the order of their heads; after each event only the first may have to move back.
  const open = lanes.sort((a, b) => (before(a, b) ? -1 : 1));
  for (let nth = 0; nth < count; nth += 1) {
    const lane = open[0]!;
    order[nth] = lane.at;
    lane.at += 1;
    if (lane.at === lane.end) {
      open.shift();
      continue;
    }
    let to = 0;
    while (to + 1 < open.length && before(open[to + 1]!, lane)) {
      open[to] = open[to + 1]!;
      to += 1;
    }
    open[to] = lane;
  }
  return order;
}

/**
 * Rows with a stream over several partitions whose versions fall along the log: there the version decides, and the order
 * of the stream is another (core/order.ts). Anywhere else the order of the log is that of every stream.
 */
function findContradictions(heads: Heads, order: Uint32Array, { rowOf, keys }: Streams): Uint8Array {
  const isLeft = new Uint8Array(keys.length);
  const lane = new Int32Array(rowOf.length).fill(-1);
  const isSpread = new Uint8Array(rowOf.length);
  const falls = new Uint8Array(rowOf.length);
  const highest = new Float64Array(rowOf.length).fill(Number.NEGATIVE_INFINITY);
  for (let nth = 0; nth < order.length; nth += 1) {
    const at = order[nth]!;
    const aggregate = heads.aggregate[at]!;
    const no = partitionOf(heads.id[at]!);
    if (lane[aggregate] === -1) lane[aggregate] = no;
    else if (lane[aggregate] !== no) isSpread[aggregate] = 1;
    const version = heads.version[at]!;
    if (version < highest[aggregate]!) falls[aggregate] = 1;
    else if (version > highest[aggregate]!) highest[aggregate] = version;
    if (isSpread[aggregate] === 1 && falls[aggregate] === 1) isLeft[rowOf[aggregate]!] = 1;
  }
  return isLeft;
}

/** The values of records, asked for partition by partition in the order of offsets. */
class ValuesInOrder {
  readonly #db: ReadContext['db'];
  readonly #heads: Heads;
  readonly #open = new Map<number, { blocks: Generator<OpenBlock>; block: OpenBlock | null }>();
  readonly #value: ValueBytes = { bytes: Buffer.alloc(0), start: 0, length: -1 };

  constructor({ db }: ReadContext, heads: Heads) {
    this.#db = db;
    this.#heads = heads;
  }

  /** Good until the next call. Undefined: no block holds it here, so that it is read alone. */
  next(at: number): ValueBytes | undefined {
    const id = this.#heads.id[at]!;
    const no = partitionOf(id);
    let lane = this.#open.get(no);
    if (lane === undefined) {
      lane = { blocks: blocksFrom(this.#db, id, (no + 1) * OFFSET_SPAN), block: null };
      this.#open.set(no, lane);
    }
    for (;;) {
      const { block } = lane;
      const place = block === null ? -1 : placeIn(block, id);
      if (block !== null && place >= 0) {
        const value = this.#value;
        value.bytes = block.bytes;
        value.start = block.valueStart[place]!;
        value.length = block.valueLength[place]!;
        return value;
      }
      if (block !== null && block.id > id) return undefined;
      const { value, done } = lane.blocks.next();
      if (done === true) return undefined;
      lane.block = value;
    }
  }
}
