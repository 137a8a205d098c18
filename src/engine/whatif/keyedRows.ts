/**
 * The streams of a projection by another key than the aggregate: the key of every event is read from its bytes, and the
 * events of a key are ordered as the projection orders them, each aggregate's along its own log and these by their times.
 */
import type { Cut } from '../../contract/common.ts';
import type { ProjectedRow } from '../../contract/whatif.ts';
import { type FoldContext, foldContextOf } from '../../core/fold.ts';
import type { Projection } from '../../core/model.ts';
import { cutStream, orderStream } from '../../core/order.ts';
import { Groups } from '../projection/groups.ts';
import { mergeStreams, type Placed, placeAlong } from '../projection/placed.ts';
import { partitionNoOf } from '../store/ids.ts';
import { spreadAggregates } from '../store/spread.ts';
import { KINDS } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import type { KeyExchange } from './keyExchange.ts';
import { numberKeys } from './keyNumbers.ts';
import type { Sides } from './sides.ts';
import {
  headOf,
  isCommitted,
  type RowHead,
  readRows,
  type StreamRows,
  type StreamScope,
} from './streamRows.ts';
import { type FoldedStream, type Grouping, recordsOf, type StreamGroups } from './streamScan.ts';

export interface KeyedScope extends Pick<StreamScope, 'part' | 'parts'> {
  projection: Projection;
  cut: Cut;
  /** Only the first rows; null: all. */
  first: FirstRows | null;
  /** Other threads go through the same rows; null: none does. */
  exchange: KeyExchange | null;
}

export interface FirstRows {
  /** So many of each partition, as of the moment up to which that is all. */
  most: number;
  /** Only as far as it takes to have some such events, and nothing if there are none; null: in any case, and all. */
  mayDiffer: Sides['mayDiffer'];
}

/** Events after which states may differ that are enough for a first look. */
const FIRST_SUCH = 500;

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
export const byKey = ({
  projection,
  cut,
  part,
  parts,
  first,
  exchange,
}: KeyedScope): Grouping<ProjectedRow> =>
  function* (contextOf, note): Generator<void, StreamGroups<ProjectedRow>> {
    const { takesLoose, ...source } = scopeOfSource(projection);
    const scope = { ...source, part, parts };
    const onStep = (looked: number) => note(`Reading rows: ${looked}.`);
    const wanted = { isWhole: true, most: first?.most ?? null };
    const rows = yield* readRows(contextOf, scope, onStep, wanted, takesLoose);
    let knownOn = Math.min(cut.knownOn ?? Number.POSITIVE_INFINITY, rows.until);
    const mayBeIn = (row: number) => rows.mono[row]! <= knownOn;
    const isInScope = rowsInScope(contextOf(), rows, scope.topics !== null, knownOn);
    const isIn = (row: number) => mayBeIn(row) && isInScope(row);
    if (first !== null && first.mayDiffer !== null)
      knownOn = Math.min(knownOn, momentOfFirst(contextOf(), rows, isIn, first.mayDiffer));
    const asOf = { ...cut, knownOn: knownOn === Number.POSITIVE_INFINITY ? null : knownOn };
    const groups = new Groups(contextOf(), projection);
    const { numberOf, nameOf } = yield* numberKeys(contextOf, rows, groups, {
      exchange,
      mayBeIn,
      isIn,
      isOwn: (hash) => hash % parts === part,
      note: (looked) => note(`Reading keys: ${looked}.`),
    });
    const lanes = new Lanes(contextOf, rows, asOf);
    return {
      rows,
      numberOf,
      open(number, own) {
        return {
          ...lanes.merged(own),
          get ref() {
            return { projection: projection.name, key: nameOf(number) };
          },
          records: () => recordsOf(rows, own),
        };
      },
    };
  };

type Ordered = Pick<FoldedStream, 'heads' | 'streamOf'>;

/** Puts the events of each aggregate in order, as of a cut. */
export class Lanes {
  readonly #contextOf: ContextOf;
  readonly #rows: StreamRows;
  readonly #cut: Cut;
  readonly #streams = new Map<number, FoldContext>();
  #isSplit: Uint8Array | null = null;

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

  /** The events among these rows in the order of the row. */
  merged(own: Uint32Array): Ordered {
    this.#isSplit ??= spreadAggregates(this.#rows);
    const isPlain =
      this.#cut.trueOn === null && own.every((row) => !this.#isSplit![this.#rows.aggregate[row]!]);
    const placed = mergeStreams(isPlain ? this.#byPartition(own) : [...this.of(own).values()]);
    return { heads: placed.map(({ event }) => event), streamOf: (index) => placed[index]!.stream };
  }

  /**
   * Where each aggregate has all its events in one partition, merging these gives the same order as merging aggregates: both
   * keep the order of the log. A row by a common value has few of the ones, and thousands of the others.
   */
  #byPartition(own: Uint32Array): Placed<RowHead>[][] {
    const context = this.#contextOf();
    const lanes: Placed<RowHead>[][] = [];
    let last = -1;
    for (const row of own) {
      const event = headOf(this.#rows, row, context);
      const stream = this.streamOf(this.#rows.aggregate[row]!);
      const partition = partitionNoOf(event.id);
      if (partition !== last) lanes.push([]);
      last = partition;
      lanes.at(-1)!.push({ event, stream, at: event.monotonicAt });
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

/**
 * When the first events have come after which states may differ: recorded time made monotonic, ms. −Infinity: there are none,
 * Infinity: fewer than are looked for.
 */
function momentOfFirst(
  { dictionary }: ReadContext,
  rows: StreamRows,
  isIn: (row: number) => boolean,
  mayDiffer: Exclude<Sides['mayDiffer'], null>,
): number {
  const known: (boolean | undefined)[] = [];
  const found: number[] = [];
  for (let row = 0; row < rows.count; row += 1) {
    const no = rows.type[row]! * KINDS.length + rows.kind[row]!;
    known[no] ??= mayDiffer({
      type: dictionary.typeName(rows.type[row] === 0 ? null : rows.type[row]!),
      kind: KINDS[rows.kind[row]!]!,
    });
    if (known[no] && isIn(row)) found.push(rows.mono[row]!);
  }
  if (found.length === 0) return Number.NEGATIVE_INFINITY;
  return found.sort((one, other) => one - other)[FIRST_SUCH] ?? Number.POSITIVE_INFINITY;
}
