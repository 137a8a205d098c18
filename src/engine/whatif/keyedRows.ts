/**
 * The streams of a projection by another key than the aggregate: the key of every event is read from its bytes, and the
 * events of a key are ordered as the projection orders them, each aggregate's along its own log and these by their times.
 */
import type { Cut } from '../../contract/common.ts';
import type { ProjectedRow } from '../../contract/whatif.ts';
import { type FoldContext, foldContextOf } from '../../core/fold.ts';
import type { Projection } from '../../core/model.ts';
import { cutStream, orderStream } from '../../core/order.ts';
import { hashOf } from '../projection/bulk.ts';
import { Groups } from '../projection/groups.ts';
import { mergeStreams, type Placed, placeAlong } from '../projection/placed.ts';
import { placeIn } from '../store/blocks.ts';
import { PathReader, type ValueBytes } from '../store/payloadPaths.ts';
import { blocksOf } from '../store/recordBytes.ts';
import { PayloadReader } from '../store/stream.ts';
import { KIND } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import {
  headOf,
  isCommitted,
  type RowHead,
  readRows,
  type StreamRows,
  type StreamScope,
} from './streamRows.ts';
import { type Grouping, recordsOf, type StreamGroups } from './streamScan.ts';

export interface KeyedScope extends Pick<StreamScope, 'part' | 'parts'> {
  projection: Projection;
  cut: Cut;
  /** Of each partition only so many rows, the first ones, as of the moment up to which that is all; null: every row. */
  most: number | null;
}

type ContextOf = () => ReadContext;

/** The aggregate types and topics of a projection; null: all. */
export function scopeOfSource({
  source,
}: Projection): Pick<StreamScope, 'types' | 'topics'> & { takesLoose: boolean } {
  const { aggregateTypes, topics } = source;
  const isAll = aggregateTypes === undefined || aggregateTypes.includes('*');
  return {
    types: isAll ? null : aggregateTypes,
    topics: topics ?? null,
    takesLoose: aggregateTypes === undefined,
  };
}

/** Streams are the rows of a projection, those of one part of their keys. */
export const byKey = ({ projection, cut, part, parts, most }: KeyedScope): Grouping<ProjectedRow> =>
  function* (contextOf, note): Generator<void, StreamGroups<ProjectedRow>> {
    const { takesLoose, ...source } = scopeOfSource(projection);
    const scope = { ...source, part, parts };
    const onStep = (looked: number) => note(`Reading rows: ${looked}.`);
    const wanted = { isWhole: true, most };
    const rows = yield* readRows(contextOf, scope, onStep, wanted, takesLoose);
    const knownOn = Math.min(cut.knownOn ?? Number.POSITIVE_INFINITY, rows.until);
    const asOf = { ...cut, knownOn: Number.isFinite(knownOn) ? knownOn : null };
    const isIn = rowsInScope(contextOf(), rows, scope.topics !== null, knownOn);
    const groups = new Groups(contextOf(), projection);
    const numbering = groups.keyPath === null ? numberByEventId : numberByPath;
    const { numberOf, nameOf } = yield* numbering(contextOf, rows, groups, {
      isIn,
      isOwn: (hash) => hash % parts === part,
      note: (looked) => note(`Reading keys: ${looked}.`),
    });
    const lanes = new Lanes(contextOf, rows, asOf);
    return {
      rows,
      numberOf,
      open(number, own) {
        const placed = mergeStreams([...lanes.of(own).values()]);
        return {
          get ref() {
            return { projection: projection.name, key: nameOf(number) };
          },
          heads: placed.map(({ event }) => event),
          streamOf: (index) => placed[index]!.stream,
          records: () => recordsOf(rows, own),
        };
      },
    };
  };

/** Puts the events of each aggregate in order, as of a cut. */
export class Lanes {
  readonly #contextOf: ContextOf;
  readonly #rows: StreamRows;
  readonly #cut: Cut;
  readonly #streams = new Map<number, FoldContext>();

  constructor(contextOf: ContextOf, rows: StreamRows, cut: Cut) {
    this.#contextOf = contextOf;
    this.#rows = rows;
    this.#cut = cut;
  }

  /** By number of the aggregate (0: records without one) its events among these rows, in their places. */
  of(own: ArrayLike<number>): Map<number, Placed<RowHead>[]> {
    const context = this.#contextOf();
    const heads = new Map<number, RowHead[]>();
    for (let at = 0; at < own.length; at += 1) {
      const row = own[at]!;
      const aggregate = this.#rows.aggregate[row]!;
      const known = heads.get(aggregate);
      const head = headOf(this.#rows, row, context);
      if (known === undefined) heads.set(aggregate, [head]);
      else known.push(head);
    }
    const lanes = new Map<number, Placed<RowHead>[]>();
    for (const [aggregate, events] of heads) {
      const toleranceMs = context.dictionary.toleranceOf(events.map(({ id }) => id));
      const taken = cutStream(orderStream(events, { toleranceMs }), this.#cut).events;
      lanes.set(aggregate, placeAlong(taken, this.streamOf(aggregate), this.#cut));
    }
    return lanes;
  }

  streamOf(aggregate: number): FoldContext {
    let stream = this.#streams.get(aggregate);
    if (stream === undefined) {
      stream = aggregate === 0 ? {} : foldContextOf(this.#contextOf().dictionary.aggregate(aggregate)!);
      this.#streams.set(aggregate, stream);
    }
    return stream;
  }
}

/** Committed rows that the projection takes in, known by a moment. */
function rowsInScope(
  { dictionary }: ReadContext,
  rows: StreamRows,
  hasTopics: boolean,
  knownOn: number,
): (row: number) => boolean {
  const isCounted = (row: number) => isCommitted(rows, row) && rows.mono[row]! <= knownOn;
  if (
    hasTopics ||
    dictionary.partitions().every(({ incarnation }) => incarnation === Number.POSITIVE_INFINITY)
  )
    return isCounted;
  // Of a topic that was created again an aggregate takes the latest log that has it.
  const latest = new Map<string, number>();
  const nameOf = (row: number, kafkaName: string) => `${rows.aggregate[row]} ${kafkaName}`;
  for (let row = 0; row < rows.count; row += 1) {
    const { kafkaName, incarnation } = dictionary.placeOf(rows.id[row]!);
    const name = nameOf(row, kafkaName);
    latest.set(name, Math.max(latest.get(name) ?? 0, incarnation));
  }
  return (row) => {
    if (!isCounted(row)) return false;
    if (rows.aggregate[row] === 0) return true;
    const { kafkaName, incarnation } = dictionary.placeOf(rows.id[row]!);
    return latest.get(nameOf(row, kafkaName)) === incarnation;
  };
}

interface Numbering {
  isIn(row: number): boolean;
  /** Whether keys of this hash are of the part that is asked for. */
  isOwn(hash: number): boolean;
  note(looked: number): void;
}

interface Numbered {
  numberOf: Uint32Array;
  nameOf(number: number): string;
}

const BLOCKS_A_STEP = 64;

/** Only a payload has a key in it. */
const hasPayload = ({ kind }: StreamRows, row: number): boolean =>
  kind[row] === KIND.event || kind[row] === KIND.plain;

/** Reads the key of every row from its bytes, in the order of the disk. */
function* numberByPath(
  contextOf: ContextOf,
  rows: StreamRows,
  groups: Groups,
  { isIn, isOwn, note }: Numbering,
): Generator<void, Numbered> {
  const numberOf = new Uint32Array(rows.count);
  const numbers = new Map<string, number>();
  const names = [''];
  const asked: number[] = [];
  for (let row = 0; row < rows.count; row += 1) if (hasPayload(rows, row) && isIn(row)) asked.push(row);
  const ids = asked.map((row) => rows.id[row]!);
  const reader = keyReader(contextOf(), groups);
  const value: ValueBytes = { bytes: Buffer.alloc(0), start: 0, length: 0 };
  let blocks = 0;
  for (const { block, from, to } of blocksOf(contextOf().db, ids, null)) {
    value.bytes = block.bytes;
    for (let nth = from; nth < to; nth += 1) {
      const row = asked[nth]!;
      const at = placeIn(block, ids[nth]!);
      if (at >= 0) {
        value.start = block.valueStart[at]!;
        value.length = block.valueLength[at]!;
      }
      const key = groups.keyOf(reader.event(headOf(rows, row, contextOf()), at < 0 ? undefined : value));
      if (key === null || !isOwn(hashOf(key))) continue;
      let number = numbers.get(key);
      if (number === undefined) {
        number = names.push(key) - 1;
        numbers.set(key, number);
      }
      numberOf[row] = number;
    }
    blocks += 1;
    if (blocks % BLOCKS_A_STEP !== 0) continue;
    note(to);
    yield;
  }
  return { numberOf, nameOf: (number) => names[number]! };
}

/** Events with nothing of their payload but the key. */
function keyReader(context: ReadContext, { keyPath }: Groups): PathReader {
  // A key that is the whole payload.
  if (keyPath === null || keyPath.length === 0) return new PathReader(context, null);
  const reads = () => [keyPath];
  return new PathReader(context, [{ reads }]);
}

const EVENTS_A_STEP = 500;

/** Every event is a row of its own, but for those that say the same id: the rows know a hash of it. */
function* numberByEventId(
  contextOf: ContextOf,
  rows: StreamRows,
  groups: Groups,
  { isIn, isOwn, note }: Numbering,
): Generator<void, Numbered> {
  const numberOf = new Uint32Array(rows.count);
  const rowOf = [-1];
  const first = new Map<number, number>();
  /** Rows of the same hash: what they say is read. */
  const alike = new Set<number>();
  for (let row = 0; row < rows.count; row += 1) {
    const hash = rows.eventHash[row]!;
    if (Number.isNaN(hash) || !isOwn(hash) || !isIn(row)) continue;
    const other = first.get(hash);
    if (other === undefined) {
      first.set(hash, row);
      numberOf[row] = rowOf.push(row) - 1;
    } else alike.add(other).add(row);
  }
  const idOf = (row: number) =>
    groups.keyOf(new PayloadReader(contextOf()).event(headOf(rows, row, contextOf()))) ?? '';
  const numbers = new Map<string, number>();
  let looked = 0;
  for (const row of [...alike].sort((a, b) => a - b)) {
    const id = idOf(row);
    const number = numbers.get(id) ?? rowOf.push(row) - 1;
    numbers.set(id, number);
    numberOf[row] = number;
    looked += 1;
    if (looked % EVENTS_A_STEP !== 0) continue;
    note(looked);
    yield;
  }
  return { numberOf, nameOf: (number) => idOf(rowOf[number]!) };
}
