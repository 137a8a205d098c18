/** A decompressed block of which few records are read: they are found by walking, and its memory is used again. */
import { GrowingOutput } from '../kafka/growingOutput.ts';
import { type Cursor, readVarint, readVarlong } from '../kafka/varint.ts';
import { type BlockRow, type Body, PLAIN, type RecordParts, unpackInto } from './blocks.ts';
import { DamagedBlock } from './damagedBlock.ts';
import { freeBytes } from './freeBytes.ts';

/** Blocks that are read one after the other go on where the last one was: at most so many memories wait. */
const SPARE = 4;

/** The value of a record among other bytes. */
export interface ValueBytes {
  bytes: Buffer;
  start: number;
  /** −1: it has none. */
  length: number;
}

/** Memory of blocks that are not needed any more. */
export class SpareMemory {
  readonly #spare: GrowingOutput[] = [];

  take(): GrowingOutput {
    return this.#spare.pop() ?? new GrowingOutput(16);
  }

  giveBack(memory: GrowingOutput): void {
    memory.clear();
    if (this.#spare.length < SPARE) this.#spare.push(memory);
  }
}

export class WalkedBlock {
  readonly id: number;
  readonly memory: GrowingOutput;
  readonly #bytes: Buffer;
  readonly #cursor: Cursor = { at: 0, bad: false };
  /** Where the record begins that was looked at last, and its id. */
  #start = 0;
  #at: number;
  #firstDelta: number | null = null;
  readonly #parts: RecordParts = {
    ...{ end: 0, keyStart: 0, keyLength: 0 },
    ...{ valueStart: 0, valueLength: 0, headersStart: 0 },
  };

  /** Takes the bytes of the row over. @throws DamagedBlock, CodecError */
  constructor(row: BlockRow, memory: GrowingOutput) {
    this.id = row.id;
    this.#at = row.id;
    this.memory = memory;
    this.#bytes = unpackInto(row, memory);
    if (row.codec !== PLAIN) freeBytes(row.bytes);
  }

  /** Bytes that it holds. */
  get size(): number {
    return Math.max(this.memory.bytes.length, this.#bytes.length);
  }

  /** The bytes of a record as a copy; null: it is not in this block. @throws DamagedBlock */
  body(id: number): Body | null {
    const parts = this.#find(id);
    if (parts === null) return null;
    const { keyStart, keyLength, valueStart, valueLength, headersStart, end } = parts;
    const copy = Buffer.from(this.#bytes.subarray(keyStart, end));
    const part = (start: number, length: number) =>
      length < 0 ? null : copy.subarray(start - keyStart, start - keyStart + length);
    return {
      key: part(keyStart, keyLength),
      value: part(valueStart, valueLength),
      headers: part(headersStart, end - headersStart),
    };
  }

  /** The value as text, bytes that are no UTF-8 replaced; null: it has none; undefined: the record is not here. */
  text(id: number): string | null | undefined {
    const parts = this.#find(id);
    if (parts === null) return undefined;
    const { valueStart, valueLength } = parts;
    return valueLength < 0 ? null : this.#bytes.toString('utf8', valueStart, valueStart + valueLength);
  }

  /**
   * Where the value lies among the bytes of the block, which stay as they are until another block is opened; null: the
   * record is not here. @throws DamagedBlock
   */
  value(id: number): ValueBytes | null {
    const parts = this.#find(id);
    return parts === null ? null : { bytes: this.#bytes, start: parts.valueStart, length: parts.valueLength };
  }

  /** Goes on from the record that was looked at last: in the order of the log each is one step. */
  #find(id: number): RecordParts | null {
    if (id < this.id) return null;
    const bytes = this.#bytes;
    const cursor = this.#cursor;
    if (id < this.#at) {
      this.#start = 0;
      this.#at = this.id;
    }
    for (let start = this.#start; start < bytes.length; ) {
      cursor.at = start;
      const length = readVarint(bytes, cursor, bytes.length);
      const end = cursor.at + length;
      cursor.at += 1;
      readVarlong(bytes, cursor, end);
      const delta = readVarint(bytes, cursor, end);
      if (cursor.bad || length < 1 || end > bytes.length) throw this.#damaged();
      this.#firstDelta ??= delta;
      this.#start = start;
      this.#at = this.id + delta - this.#firstDelta;
      if (this.#at === id) return this.#partsAt(end);
      if (this.#at > id) return null;
      start = end;
    }
    return null;
  }

  #partsAt(end: number): RecordParts {
    const bytes = this.#bytes;
    const cursor = this.#cursor;
    const parts = this.#parts;
    parts.end = end;
    parts.keyLength = readVarint(bytes, cursor, end);
    parts.keyStart = cursor.at;
    cursor.at += Math.max(parts.keyLength, 0);
    parts.valueLength = readVarint(bytes, cursor, end);
    parts.valueStart = cursor.at;
    parts.headersStart = cursor.at + Math.max(parts.valueLength, 0);
    if (cursor.bad || parts.headersStart > end) throw this.#damaged();
    return parts;
  }

  #damaged(): DamagedBlock {
    this.#cursor.bad = false;
    return new DamagedBlock(`the block of record ${this.id} is not as it was written`);
  }
}
