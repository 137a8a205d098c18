/**
 * Every stream in scope once, each whole and in fold order. The bytes of many streams are read together, in the order in
 * which they lie on the disk, into one buffer: each stream on its own would open a block for nearly every event.
 */
import type { AggregateRef, Cut } from '../../contract/common.ts';
import type { Folded } from '../../contract/whatif.ts';
import { type FoldContext, foldContextOf } from '../../core/fold.ts';
import type { Folder } from '../../core/folder.ts';
import type { StreamEvent } from '../../core/model.ts';
import { cutStream, orderStream } from '../../core/order.ts';
import { placeIn } from '../store/blocks.ts';
import { partitionNoOf } from '../store/ids.ts';
import { PathReader, type ValueBytes } from '../store/payloadPaths.ts';
import { blocksOf } from '../store/recordBytes.ts';
import { latestLogOnly } from '../store/stream.ts';
import { KINDS } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import {
  headOf,
  isCommitted,
  type RowHead,
  readRows,
  type StreamRows,
  type StreamScope,
} from './streamRows.ts';

/** One stream as of the cut; its events are read when they are asked for, as far as the folders look at them. */
export interface FoldedStream<R extends Folded = Folded> {
  readonly ref: R;
  heads: readonly RowHead[];
  event(index: number): StreamEvent;
  /** What the aggregate of an event knows beside it. */
  streamOf(index: number): FoldContext;
  /** Ids of all its records, also of those after the cut; ascending. */
  records(): Float64Array;
}

/** Events of which what the folders look at is at hand. */
export interface KeptEvents {
  has(row: number): boolean;
  /** @param head of a row that it has @param type its number */
  event(head: RowHead, type: number): StreamEvent;
}

/** Rows, and which of them make a stream. */
export interface StreamGroups<R extends Folded> {
  rows: StreamRows;
  /** By row, the number of its stream; 0: it is in none. */
  numberOf: Uint32Array;
  /** What was read of payloads on the way; absent: nothing. */
  kept?: KeptEvents;
  /** A stream of some rows as of the cut, its heads in fold order. */
  open(number: number, own: Uint32Array): Omit<FoldedStream<R>, 'event'>;
}

/** Reads rows and tells them apart, in short steps. @param note what it is at, in words */
export type Grouping<R extends Folded> = (
  contextOf: () => ReadContext,
  note: (text: string) => void,
) => Generator<void, StreamGroups<R>>;

/** What will be asked of the streams. */
export interface Reading {
  /** All that step over the events; null: whole events are wanted. */
  folders: readonly Pick<Folder, 'reads'>[] | null;
  /** False: such an event will not be asked for. */
  concerns(head: Pick<StreamEvent, 'type' | 'kind'>): boolean;
}

export interface ScanProgress {
  aggregates: { done: number; total: number };
  events: { done: number; total: number };
  note: string;
}

/** Room for the bytes of streams that are read together. */
const ROOM_BYTES = 96 * 1024 * 1024;
/** How much less than the room is planned for: records are not all of mean size. */
const PLANNED = 0.8;
const BLOCKS_A_STEP = 64;
/** The record was not read ahead; it has no value. */
const NOT_READ = -1;
const NO_VALUE = -2;

export class StreamScan<R extends Folded> {
  progress: ScanProgress = {
    aggregates: { done: 0, total: 0 },
    events: { done: 0, total: 0 },
    note: 'Reading rows.',
  };
  readonly #contextOf: () => ReadContext;
  readonly #grouping: Grouping<R>;
  readonly #reading: Reading;
  readonly #room: number;

  /** @param room bytes read together; replaced in tests */
  constructor(
    contextOf: () => ReadContext,
    { grouping, reading }: { grouping: Grouping<R>; reading: Reading },
    room = ROOM_BYTES,
  ) {
    this.#contextOf = contextOf;
    this.#grouping = grouping;
    this.#reading = reading;
    this.#room = room;
  }

  /** Gives streams; null between them is a chance to stop. */
  *streams(): Generator<FoldedStream<R> | null, void> {
    const grouping = this.#grouping(this.#contextOf, (note) => {
      this.progress.note = note;
    });
    let step = grouping.next();
    for (; step.done !== true; step = grouping.next()) yield null;
    yield* this.#read(step.value);
  }

  *#read(found: StreamGroups<R>): Generator<FoldedStream<R> | null, void> {
    const { rows } = found;
    const groups = groupRows(found);
    const { progress } = this;
    progress.aggregates.total = groups.numbers.length;
    progress.events.total = groups.rows;
    progress.note = 'Folding.';
    const perRecord = meanBytes(this.#contextOf());
    const room = Math.min(this.#room, Math.ceil(rows.count * perRecord * 1.3) + 65536);
    const bytes = new BytesTogether(rows, room);
    const most = Math.max(1, Math.floor((this.#room * PLANNED) / perRecord));
    for (let from = 0; from < groups.numbers.length; ) {
      let to = from;
      let records = 0;
      do records += groups.rowsOf(to++).length;
      while (to < groups.numbers.length && records + groups.rowsOf(to).length <= most);
      const payloads = new PathReader(this.#contextOf(), this.#reading.folders);
      const isLookedAt = this.#needs(rows, payloads);
      const isNeeded = (row: number) => found.kept?.has(row) !== true && isLookedAt(row);
      for (const _step of bytes.read(this.#contextOf, groups, { from, to, isNeeded })) yield null;
      for (; from < to; from += 1) {
        const own = groups.rowsOf(from);
        yield withEvents(found, found.open(groups.numbers[from]!, own), bytes, payloads);
        progress.aggregates.done += 1;
        progress.events.done += own.length;
      }
    }
  }

  /** Whether the value of a row will be looked at; told once for each type. */
  #needs(rows: StreamRows, payloads: PathReader): (row: number) => boolean {
    const { dictionary } = this.#contextOf();
    const known: (boolean | undefined)[] = [];
    return (row) => {
      const no = rows.type[row]! * KINDS.length + rows.kind[row]!;
      let isNeeded = known[no];
      if (isNeeded === undefined) {
        const head = { type: dictionary.typeName(rows.type[row]!), kind: KINDS[rows.kind[row]!]! };
        isNeeded = this.#reading.concerns(head) && payloads.needsValue(head);
        known[no] = isNeeded;
      }
      return isNeeded;
    };
  }
}

/** Streams are whole aggregates. */
export const byAggregate = (scope: StreamScope, cut: Cut): Grouping<AggregateRef> =>
  function* (contextOf, note) {
    const rows = yield* readRows(contextOf, scope, (looked) => note(`Reading rows: ${looked}.`));
    return {
      rows,
      numberOf: rows.aggregate,
      open(number, own) {
        const ref = contextOf().dictionary.aggregate(number)!;
        const stream = foldContextOf(ref);
        const heads = inOrder(contextOf(), rows, own, cut);
        return { ref, heads, streamOf: () => stream, records: () => recordsOf(rows, own) };
      },
    };
  };

export const recordsOf = ({ id }: StreamRows, own: Uint32Array): Float64Array =>
  Float64Array.from(own, (row) => id[row]!);

/** The events of an aggregate as of the cut, in fold order. @param own ascending */
function inOrder(context: ReadContext, rows: StreamRows, own: Uint32Array, cut: Cut): readonly RowHead[] {
  const all = Array.from(own, (row) => headOf(rows, row, context));
  const { knownOn, trueOn } = cut;
  // Rows ascend by offset: of one partition, with nothing to be left out, they are the log already.
  const isLog =
    knownOn === null &&
    trueOn === null &&
    partitionNoOf(all[0]!.id) === partitionNoOf(all.at(-1)!.id) &&
    own.every((row) => isCommitted(rows, row));
  if (isLog) return all;
  const toleranceMs = context.dictionary.toleranceOf(all.map(({ id }) => id));
  return cutStream(orderStream(latestLogOnly(context.dictionary, all), { toleranceMs }), cut).events;
}

const withEvents = <R extends Folded>(
  { kept, rows }: StreamGroups<R>,
  stream: Omit<FoldedStream<R>, 'event'>,
  bytes: BytesTogether,
  payloads: PathReader,
): FoldedStream<R> =>
  Object.assign(stream, {
    event(index: number): StreamEvent {
      const head = stream.heads[index]!;
      const { row } = head;
      return kept?.has(row) === true
        ? kept.event(head, rows.type[row]!)
        : payloads.event(head, bytes.valueOf(row));
    },
  });

interface Groups {
  /** Numbers of the streams that have rows, ascending. */
  numbers: number[];
  /** How many rows are in one. */
  rows: number;
  /** Rows of the stream at this place of the list, ascending. */
  rowsOf(at: number): Uint32Array;
}

function groupRows({ numberOf, rows: { count } }: StreamGroups<Folded>): Groups {
  let most = 0;
  for (let row = 0; row < count; row++) most = Math.max(most, numberOf[row]!);
  const start = new Uint32Array(most + 2);
  for (let row = 0; row < count; row++) start[numberOf[row]! + 1]! += 1;
  const none = start[1]!;
  const numbers: number[] = [];
  for (let no = 0; no <= most; no++) {
    if (no > 0 && start[no + 1]! > 0) numbers.push(no);
    start[no + 1]! += start[no]!;
  }
  const next = start.slice();
  const rows = new Uint32Array(count);
  for (let row = 0; row < count; row++) rows[next[numberOf[row]!]!++] = row;
  const rowsOf = (at: number) => rows.subarray(start[numbers[at]!]!, start[numbers[at]! + 1]!);
  return { numbers, rows: count - none, rowsOf };
}

/** The values of some streams, read in one go. */
class BytesTogether {
  readonly #rows: StreamRows;
  #bytes: Buffer = Buffer.alloc(0);
  readonly #room: number;
  readonly #start: Int32Array;
  readonly #end: Int32Array;
  #wanted: number[] = [];
  readonly #value: ValueBytes;

  constructor(rows: StreamRows, room: number) {
    this.#rows = rows;
    this.#room = room;
    this.#start = new Int32Array(rows.count).fill(NOT_READ);
    this.#end = new Int32Array(rows.count);
    this.#value = { bytes: this.#bytes, start: 0, length: 0 };
  }

  /** The value, good until the next call; undefined: it was not needed, or there was no room for it. */
  valueOf(row: number): ValueBytes | undefined {
    const start = this.#start[row]!;
    if (start === NOT_READ) return undefined;
    this.#value.start = start;
    this.#value.length = start === NO_VALUE ? -1 : this.#end[row]! - start;
    return this.#value;
  }

  *read(
    contextOf: () => ReadContext,
    groups: Groups,
    { from, to, isNeeded }: { from: number; to: number; isNeeded: (row: number) => boolean },
  ): Generator<void> {
    for (const row of this.#wanted) this.#start[row] = NOT_READ;
    this.#wanted = [];
    for (let at = from; at < to; at += 1)
      for (const row of groups.rowsOf(at)) if (isNeeded(row)) this.#wanted.push(row);
    if (this.#wanted.length === 0) return;
    if (this.#bytes.length === 0) {
      this.#bytes = Buffer.allocUnsafeSlow(this.#room);
      this.#value.bytes = this.#bytes;
    }
    this.#wanted.sort((a, b) => a - b);
    const ids = this.#wanted.map((row) => this.#rows.id[row]!);
    let filled = 0;
    let blocks = 0;
    for (const { block, from: first, to: end } of blocksOf(contextOf().db, ids, null)) {
      let at = placeIn(block, ids[first]!);
      for (let nth = first; nth < end; nth += 1) {
        if (block.ids[at] !== ids[nth]) at = placeIn(block, ids[nth]!);
        // A record without bytes is told of where it is read.
        if (at >= 0) filled = this.#keep(this.#wanted[nth]!, block, at, filled);
        at += 1;
      }
      blocks += 1;
      if (blocks % BLOCKS_A_STEP === 0) yield;
    }
  }

  #keep(
    row: number,
    block: { bytes: Buffer; valueStart: Int32Array; valueLength: Int32Array },
    at: number,
    filled: number,
  ): number {
    const length = block.valueLength[at]!;
    if (length < 0) this.#start[row] = NO_VALUE;
    else if (filled + length <= this.#bytes.length) {
      const start = block.valueStart[at]!;
      block.bytes.copy(this.#bytes, filled, start, start + length);
      this.#start[row] = filled;
      this.#end[row] = filled + length;
      return filled + length;
    }
    return filled;
  }
}

function meanBytes({ db }: ReadContext): number {
  const mean = db.prepare('SELECT sum(bytes) / max(sum(stored), 1) FROM partition').pluck().get();
  return Math.max((mean as number | null) ?? 0, 64);
}
