/**
 * Every stream in scope once, each whole and in fold order. The bytes of many streams are read together, in the order in
 * which they lie on the disk, into one buffer: each stream on its own would open a block for nearly every event.
 */
import type { AggregateRef, Cut } from '../../contract/common.ts';
import type { FoldContext } from '../../core/fold.ts';
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
export interface AggregateStream {
  ref: AggregateRef;
  stream: FoldContext;
  heads: readonly RowHead[];
  event(index: number): StreamEvent;
}

/** What will be asked of the streams. */
export interface Reading {
  /** All that step over the events; null: whole events are wanted. */
  folders: readonly Folder[] | null;
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

export class StreamScan {
  progress: ScanProgress = {
    aggregates: { done: 0, total: 0 },
    events: { done: 0, total: 0 },
    note: 'Reading rows.',
  };
  readonly #contextOf: () => ReadContext;
  readonly #scope: StreamScope;
  readonly #cut: Cut;
  readonly #reading: Reading;
  readonly #room: number;

  /** @param room bytes read together; replaced in tests */
  constructor(
    contextOf: () => ReadContext,
    { scope, cut, reading }: { scope: StreamScope; cut: Cut; reading: Reading },
    room = ROOM_BYTES,
  ) {
    this.#contextOf = contextOf;
    this.#scope = scope;
    this.#cut = cut;
    this.#reading = reading;
    this.#room = room;
  }

  /** Gives streams; null between them is a chance to stop. */
  *streams(): Generator<AggregateStream | null, void> {
    const reading = readRows(this.#contextOf, this.#scope, (looked) => {
      this.progress.note = `Reading rows: ${looked}.`;
    });
    let step = reading.next();
    for (; step.done !== true; step = reading.next()) yield null;
    yield* this.#read(step.value);
  }

  *#read(rows: StreamRows): Generator<AggregateStream | null, void> {
    const groups = groupRows(rows);
    const { progress } = this;
    progress.aggregates.total = groups.aggregates.length;
    progress.events.total = rows.count;
    progress.note = 'Folding.';
    const perRecord = meanBytes(this.#contextOf());
    const bytes = new BytesTogether(
      rows,
      Math.min(this.#room, Math.ceil(rows.count * perRecord * 1.3) + 65536),
    );
    const most = Math.max(1, Math.floor((this.#room * PLANNED) / perRecord));
    for (let from = 0; from < groups.aggregates.length; ) {
      let to = from;
      let records = 0;
      do records += groups.rowsOf(to++).length;
      while (to < groups.aggregates.length && records + groups.rowsOf(to).length <= most);
      const payloads = new PathReader(this.#contextOf(), this.#reading.folders);
      const isNeeded = this.#needs(rows, payloads);
      for (const _step of bytes.read(this.#contextOf, groups, { from, to, isNeeded })) yield null;
      for (; from < to; from += 1) {
        const own = groups.rowsOf(from);
        yield this.#stream(rows, groups.aggregates[from]!, own, bytes, payloads);
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

  /** The events of a stream as of the cut, in fold order. */
  #inOrder(rows: StreamRows, own: Uint32Array): readonly RowHead[] {
    const context = this.#contextOf();
    const all = Array.from(own, (row) => headOf(rows, row, context));
    const { knownOn, trueOn } = this.#cut;
    // Rows ascend by offset: of one partition, with nothing to be left out, they are the log already.
    const isLog =
      knownOn === null &&
      trueOn === null &&
      partitionNoOf(all[0]!.id) === partitionNoOf(all.at(-1)!.id) &&
      own.every((row) => isCommitted(rows, row));
    return isLog ? all : cutStream(orderStream(latestLogOnly(context.dictionary, all)), this.#cut).events;
  }

  #stream(
    rows: StreamRows,
    aggregate: number,
    own: Uint32Array,
    bytes: BytesTogether,
    payloads: PathReader,
  ): AggregateStream {
    const context = this.#contextOf();
    const ref = context.dictionary.aggregate(aggregate)!;
    const heads = this.#inOrder(rows, own);
    return {
      ref,
      stream: { aggregateType: ref.type, aggregateId: ref.id },
      heads,
      event(index) {
        const head = heads[index]!;
        return payloads.event(head, bytes.valueOf(head.row));
      },
    };
  }
}

interface Groups {
  /** Numbers of the aggregates that have rows, ascending. */
  aggregates: number[];
  /** Rows of the aggregate at this place of the list, ascending. */
  rowsOf(at: number): Uint32Array;
}

function groupRows({ aggregate, count }: StreamRows): Groups {
  let most = 0;
  for (let row = 0; row < count; row++) most = Math.max(most, aggregate[row]!);
  const start = new Uint32Array(most + 2);
  for (let row = 0; row < count; row++) start[aggregate[row]! + 1]! += 1;
  const aggregates: number[] = [];
  for (let at = 0; at <= most; at++) {
    if (start[at + 1]! > 0) aggregates.push(at);
    start[at + 1]! += start[at]!;
  }
  const next = start.slice();
  const rows = new Uint32Array(count);
  for (let row = 0; row < count; row++) rows[next[aggregate[row]!]!++] = row;
  return { aggregates, rowsOf: (at) => rows.subarray(start[aggregates[at]!]!, start[aggregates[at]! + 1]!) };
}

/** The values of some streams, read in one go. */
class BytesTogether {
  readonly #rows: StreamRows;
  readonly #bytes: Buffer;
  readonly #start: Int32Array;
  readonly #end: Int32Array;
  #wanted: number[] = [];
  readonly #value: ValueBytes;

  constructor(rows: StreamRows, room: number) {
    this.#rows = rows;
    this.#bytes = Buffer.allocUnsafeSlow(room);
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
