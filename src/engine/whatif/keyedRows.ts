/**
 * The streams of a projection by another key than the aggregate: the key of every event is read from its bytes, and the
 * events of a key are ordered as the projection orders them, each aggregate's along its own log and these by their times.
 */
import type { Cut } from '../../contract/common.ts';
import type { ProjectedRow } from '../../contract/whatif.ts';
import { type FoldContext, foldContextOf } from '../../core/fold.ts';
import { cutStream, orderStream } from '../../core/order.ts';
import { mergeStreams, type Placed, placeAlong } from '../projection/placed.ts';
import { partitionNoOf } from '../store/ids.ts';
import { spreadAggregates } from '../store/spread.ts';
import type { ReadContext } from '../workers/context.ts';
import type { KeyedLog } from './keyedLog.ts';
import { numberByEventId } from './keyNumbers.ts';
import type { Sides } from './sides.ts';
import { headOf, type RowHead, type StreamRows } from './streamRows.ts';
import { type FoldedStream, type Grouping, recordsOf, type StreamGroups } from './streamScan.ts';

/** Only the first rows of every partition, as of the moment up to which these are all there is. */
export interface FirstRows {
  /** Up to which round of chunks. */
  round: number;
  /** Of so many keys, one. */
  every: number;
  /** Only as far as it takes to have some such events, and nothing if there are none; null: in any case, and all. */
  mayDiffer: Sides['mayDiffer'];
}

/** Events after which states may differ that are enough for a first look, and rows that have one. */
const FIRST_SUCH = 500;
const FIRST_KEYS = 160;

type ContextOf = () => ReadContext;

/** Streams are the rows of a projection: those of one part of their keys, or the first ones of all. */
export const byKey = (log: KeyedLog, first: FirstRows | null = null): Grouping<ProjectedRow> =>
  function* (contextOf, note): Generator<void, StreamGroups<ProjectedRow>> {
    const { projection, cut, part, parts } = log.scope;
    const round = first?.round ?? null;
    yield* log.readTo(round, (looked) => note(`Reading rows and keys: ${looked}.`));
    const known = cut.knownOn ?? Number.POSITIVE_INFINITY;
    const { knownOn, isOwn } =
      first === null
        ? { knownOn: known, isOwn: (hash: number) => hash % parts === part }
        : firstPart(log, first, known);
    const { rows, key, kept } = log.rowsUpTo(round, knownOn, isOwn);
    yield;
    const asOf = { ...cut, knownOn: knownOn === Number.POSITIVE_INFINITY ? null : knownOn };
    const lanes = new Lanes(contextOf, rows, asOf);
    const noteKeys = (looked: number) => note(`Reading keys: ${looked}.`);
    const { numberOf, nameOf } =
      log.groups.keyPath === null
        ? yield* numberByEventId(contextOf, rows, log.groups, noteKeys)
        : { numberOf: key, nameOf: (number: number) => log.book.names[number]! };
    return {
      ...{ rows, numberOf, kept },
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

/**
 * Up to which moment a first part of the log is looked at, monotonic, ms, and which keys, by hash. −Infinity: there is
 * nothing to look at.
 */
function firstPart(
  log: KeyedLog,
  { round, every, mayDiffer }: FirstRows,
  knownOn: number,
): { knownOn: number; isOwn(hash: number): boolean } {
  const known = Math.min(knownOn, log.knownAfter(round));
  if (mayDiffer === null) return { knownOn: known, isOwn: (hash) => hash % every === 0 };
  const such = log.suchEvents(round, known, mayDiffer);
  const keys = new Set<number>();
  for (const { hash } of such.slice(0, FIRST_SUCH)) if (keys.size < FIRST_KEYS) keys.add(hash);
  // Events of a moment are known together.
  const last = such[Math.min(such.length, FIRST_SUCH) - 1]?.mono ?? Number.NEGATIVE_INFINITY;
  return { knownOn: last, isOwn: (hash) => keys.has(hash) };
}

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
