/** Reads one chunk of a projection's records: their rows, the key of each, and the parts of its payload that are looked at. */
import { getPath, type PathStep } from '../../core/path.ts';
import { GrowingOutput } from '../kafka/growingOutput.ts';
import { type Groups, keyTextOf } from '../projection/groups.ts';
import { placeIn } from '../store/blocks.ts';
import { textOf } from '../store/payloadPaths.ts';
import { blocksOf } from '../store/recordBytes.ts';
import { PayloadReader } from '../store/stream.ts';
import { KIND } from '../store/values.ts';
import type { ValueBytes } from '../store/walkedBlock.ts';
import type { ReadContext } from '../workers/context.ts';
import { type ChunkSpan, type KeyChunk, sharedColumns } from './keyChunks.ts';
import type { KeyBook } from './keyExchange.ts';
import type { PayloadParts } from './payloadParts.ts';
import { allocate, headOf, isCommitted, rowsBetween, type StreamRows } from './streamRows.ts';

export interface ChunkReading {
  groups: Groups;
  parts: PayloadParts;
  book: KeyBook;
  /** Numbers of aggregates in scope: 1 is one of them. */
  isWanted: Uint8Array;
  /** Later records are not asked for their keys, ms. */
  knownOn: number;
  /** Whether there is room to keep so many bytes. */
  mayKeep(bytes: number): boolean;
}

const ROOM = 16_384;
const BLOCKS_A_STEP = 64;

export class ChunkReader {
  readonly #contextOf: () => ReadContext;
  readonly #reading: ChunkReading;
  /** The key behind its first place in a list. */
  readonly #rest: readonly PathStep[];
  /** Memory of blocks, of rows, and of parts. */
  readonly #memory = new GrowingOutput(64 * 1024);
  #rows = allocate(ROOM);
  #key = new Uint32Array(ROOM);
  #part = new Uint32Array(ROOM);
  readonly #out = new GrowingOutput(512 * 1024);
  #bytes: Buffer = Buffer.alloc(0);
  readonly #texts = {
    ascii: (start: number, end: number) => this.#bytes.toString('latin1', start, end),
    utf8: (start: number, end: number) => this.#bytes.toString('utf8', start, end),
  };

  constructor(contextOf: () => ReadContext, reading: ChunkReading) {
    this.#contextOf = contextOf;
    this.#reading = reading;
    const { keyPath } = reading.groups;
    const list = keyPath?.findIndex((step) => typeof step === 'number') ?? -1;
    this.#rest = list === -1 ? [] : keyPath!.slice(list);
  }

  /** Says after each step how many rows were read. */
  *read(no: number, span: ChunkSpan): Generator<number, KeyChunk> {
    this.#rows.count = 0;
    const into = { rows: this.#rows, isWanted: this.#reading.isWanted };
    const lastMono = yield* rowsBetween(this.#contextOf, span, into);
    const { rows } = into;
    this.#rows = rows;
    if (this.#key.length < rows.count) this.#key = new Uint32Array(rows.id.length);
    if (this.#part.length < rows.count) this.#part = new Uint32Array(rows.id.length);
    this.#key.fill(0, 0, rows.count);
    this.#part.fill(0, 0, rows.count);
    const { topic } = this.#contextOf().dictionary.placeOf(span.from);
    const layout = yield* this.#payloads(rows, topic);
    const columns = sharedColumns(rows, this.#key, this.#part);
    const bytes = this.#out.length > 1 && this.#reading.mayKeep(this.#out.length) ? this.#out : null;
    return {
      ...{ no, count: rows.count, lastMono, columns },
      parts: bytes === null ? null : { layout, bytes: sharedCopy(bytes) },
    };
  }

  /** Looks at the payloads of the rows. The layout of what is kept of them. */
  *#payloads(rows: StreamRows, topic: string): Generator<number, string> {
    const { groups, parts, knownOn } = this.#reading;
    const { layout, planOf } = parts.ofTopic(topic);
    const out = this.#out;
    out.clear();
    // A place of 0 says that there is none.
    out.length = 1;
    const asked = new Uint32Array(rows.count);
    const ids = new Float64Array(rows.count);
    let count = 0;
    for (let row = 0; row < rows.count; row += 1) {
      if (!isCommitted(rows, row) || !(rows.mono[row]! <= knownOn)) continue;
      const isPlanned = rows.kind[row] === KIND.event;
      if (groups.keyPath === null ? !isPlanned || !planOf(rows.type[row]!).isPacked : !hasPayload(rows, row))
        continue;
      asked[count] = row;
      ids[count] = rows.id[row]!;
      count += 1;
    }
    const payloads = new PayloadReader(this.#contextOf());
    const value: ValueBytes = { bytes: this.#bytes, start: 0, length: 0 };
    const wanted = ids.subarray(0, count);
    let blocks = 0;
    for (const { block, from, to } of blocksOf(this.#contextOf().db, wanted, null, this.#memory)) {
      this.#bytes = block.bytes;
      value.bytes = block.bytes;
      let at = -1;
      for (let nth = from; nth < to; nth += 1) {
        at += 1;
        if (block.ids[at] !== ids[nth]) at = placeIn(block, ids[nth]!);
        value.start = block.valueStart[at] ?? 0;
        value.length = block.valueLength[at] ?? -1;
        const row = asked[nth]!;
        const plan = rows.kind[row] === KIND.event && at >= 0 ? planOf(rows.type[row]!) : NOT_PLANNED;
        this.#look(rows, row, plan, at < 0 ? undefined : value, payloads);
      }
      blocks += 1;
      if (blocks % BLOCKS_A_STEP === 0) yield 0;
    }
    return layout;
  }

  #look(
    rows: StreamRows,
    row: number,
    { scan, isPacked }: ReturnType<ReturnType<PayloadParts['ofTopic']>['planOf']>,
    value: ValueBytes | undefined,
    payloads: PayloadReader,
  ): void {
    const { groups, book } = this.#reading;
    const { keyPath } = groups;
    const isFound =
      scan !== null &&
      value !== undefined &&
      value.length >= 0 &&
      scan.find(value.bytes, value.start, value.start + value.length);
    let key: string | null = null;
    if (keyPath !== null && isFound) {
      const there = scan.beside(this.#texts);
      key = keyTextOf(this.#rest.length === 0 || there === undefined ? there : getPath(there, this.#rest));
    } else if (keyPath !== null) {
      const head = headOf(rows, row, this.#contextOf());
      key = groups.keyOf(value === undefined ? payloads.event(head) : payloads.event(head, textOf(value)));
    }
    if (key !== null) this.#key[row] = book.numberOf(key);
    if (!isFound || !isPacked || (keyPath !== null && key === null)) return;
    const out = this.#out;
    out.reserve(scan.packedMost(value!.length));
    this.#part[row] = out.length;
    out.length = scan.pack(out.bytes, out.length);
  }
}

const NOT_PLANNED = { scan: null, isPacked: false };

/** Only a payload has a key in it. */
const hasPayload = ({ kind }: StreamRows, row: number): boolean =>
  kind[row] === KIND.event || kind[row] === KIND.plain;

function sharedCopy({ bytes, length }: GrowingOutput): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(length);
  new Uint8Array(memory).set(bytes.subarray(0, length));
  return memory;
}
