/**
 * Encoded records (Kafka's record format 2, KIP-98) cut into blocks at capture, and taken apart again. A small batch that
 * came compressed stays as it came; a larger one is cut, so that a single record is never far into a block.
 */
import { constants, zstdCompressSync } from 'node:zlib';
import { decompress, decompressInto } from '../kafka/codecs.ts';
import { crc32c } from '../kafka/crc32c.ts';
import type { GrowingOutput } from '../kafka/growingOutput.ts';
import type { BatchSummary } from '../kafka/recordBatch.ts';
import { FLAG, type RecordColumns } from '../kafka/recordColumns.ts';
import { type Cursor, readVarint, readVarlong } from '../kafka/varint.ts';
import { WireWriter } from '../kafka/wire.ts';
import { DamagedBlock } from './damagedBlock.ts';
import type { RecordBlock } from './frame.ts';

/** A batch that came compressed and is no larger than this stays one block. Bytes before compression. */
const KEPT_WHOLE = 128 * 1024;
/** Where it is cut, a block has at most so many bytes before compression, unless one record alone has more. */
const BLOCK_BYTES = 32 * 1024;
/** No block is larger than what a batch may decompress to. */
const MOST_BYTES = 2 ** 31 - 1;
const FORMAT = 2;
/** A block smaller than this stays as it is. Bytes. */
const LEAST_PACKED = 2048;
/** Compression must leave no more than this share. */
const WORTH = 0.9;
/** A block ends with the CRC-32C of what is before it: SQLite has no checksums of its own, and a disk may lie. */
const CHECKSUM_BYTES = 4;
/** Numbers of codecs, as in the attributes of a batch. */
export const PLAIN = 0;
export const ZSTD = 4;

/** The parts of a batch that matter here. */
export type BatchPart = Pick<BatchSummary, 'rowStart' | 'rowEnd' | 'bytesStart' | 'bytesEnd' | 'packed'>;

interface Piece {
  offset: number;
  codec: number;
  rawSize: number;
  bytes: Uint8Array;
}

/** The blocks of decoded batches. `batches` null: the columns are no batches (an import), all is encoded here. */
export function cutBlocks(
  columns: RecordColumns,
  batches: readonly BatchPart[] | null,
): { blocks: RecordBlock[]; bytes: Uint8Array<ArrayBuffer> } {
  const pieces: Piece[] = [];
  if (batches === null) encodeRows(columns, 0, columns.count, pieces);
  else
    for (const batch of batches) {
      if (batch.rowStart === batch.rowEnd) continue;
      const isCurrent = ((columns.flags[batch.rowStart]! >>> FLAG.magicShift) & 3) === FORMAT;
      if (isCurrent) cutBatch(columns, batch, pieces);
      else encodeRows(columns, batch.rowStart, batch.rowEnd, pieces);
    }
  const size = pieces.reduce((sum, piece) => sum + piece.bytes.length + CHECKSUM_BYTES, 0);
  const bytes = new Uint8Array(new ArrayBuffer(size));
  let at = 0;
  const blocks = pieces.map((piece): RecordBlock => {
    const start = at;
    at += piece.bytes.length + CHECKSUM_BYTES;
    seal(piece.bytes, bytes.subarray(start, at));
    const { offset, codec, rawSize } = piece;
    return { offset, codec, rawSize, start, end: at };
  });
  return { blocks, bytes };
}

/** One after the last byte of a row's record: its headers end it. */
const endOf = (columns: RecordColumns, row: number): number =>
  columns.headersStart[row]! + columns.headersLength[row]!;

function cutBatch(columns: RecordColumns, batch: BatchPart, pieces: Piece[]): void {
  const { rowStart, bytesStart, bytesEnd, packed } = batch;
  if (packed !== null && bytesEnd - bytesStart <= KEPT_WHOLE && isWhole(columns, batch)) {
    const codec = columns.flags[rowStart]! & FLAG.codec;
    const rawSize = bytesEnd - bytesStart;
    pieces.push({ offset: columns.offset[rowStart]!, codec, rawSize, bytes: packed });
    return;
  }
  let first = -1;
  let start = 0;
  let end = 0;
  const close = () => {
    if (first >= 0)
      pieces.push(pieceOf(columns.offset[first]!, columns.bytes.subarray(start, end), packed !== null));
    first = -1;
  };
  for (const [row, from, to] of recordsOf(columns, batch)) {
    // A record that was left out, or a large one, does not share a block with those before it.
    if (from !== end || to - start > BLOCK_BYTES) close();
    if (first === -1) {
      first = row;
      start = from;
    }
    end = to;
  }
  close();
}

/** Where the record of each row lies: rows of a batch may have been left out. */
function* recordsOf(
  columns: RecordColumns,
  { rowStart, rowEnd, bytesStart, bytesEnd }: BatchPart,
): Generator<[row: number, from: number, to: number]> {
  const cursor: Cursor = { at: bytesStart, bad: false };
  for (let row = rowStart; row < rowEnd; ) {
    const from = cursor.at;
    const length = readVarint(columns.bytes, cursor, bytesEnd);
    if (cursor.bad || length < 1) throw new RangeError('a decoded batch has no such record');
    cursor.at += length;
    if (cursor.at !== endOf(columns, row)) continue;
    yield [row, from, cursor.at];
    row += 1;
  }
}

/** Whether the rows are all records of the batch. */
function isWhole(columns: RecordColumns, batch: BatchPart): boolean {
  const { rowStart, rowEnd, bytesStart, bytesEnd } = batch;
  if (endOf(columns, rowEnd - 1) !== bytesEnd) return false;
  const [first] = recordsOf(columns, batch);
  if (first === undefined || first[1] !== bytesStart) return false;
  // Without gaps there can be none that were left out.
  if (columns.offset[rowEnd - 1]! - columns.offset[rowStart]! === rowEnd - 1 - rowStart) return true;
  let at = bytesStart;
  for (const [, from, to] of recordsOf(columns, batch)) {
    if (from !== at) return false;
    at = to;
  }
  return true;
}

function pieceOf(offset: number, bytes: Uint8Array, isPacked: boolean): Piece {
  const packed = isPacked ? pack(bytes, 1) : null;
  const isSmaller = packed !== null && packed.length < bytes.length;
  return {
    ...{ offset, rawSize: bytes.length },
    codec: isSmaller ? ZSTD : PLAIN,
    bytes: isSmaller ? packed : bytes,
  };
}

/** Compressed by zstd. @param level 1 (fast) to 22 */
export const pack = (bytes: Uint8Array, level: number): Buffer =>
  zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } });

/** Rows whose records are of no current encoding, encoded anew. */
function encodeRows(columns: RecordColumns, from: number, to: number, pieces: Piece[]): void {
  const part = (start: number, length: number) =>
    length < 0 ? null : columns.bytes.subarray(start, start + length);
  let out = new WireWriter(BLOCK_BYTES);
  let first = from;
  let size = 0;
  const close = (next: number) => {
    if (size > 0) pieces.push(pieceOf(columns.offset[first]!, out.bytes.slice(), false));
    out = new WireWriter(BLOCK_BYTES);
    first = next;
    size = 0;
  };
  for (let row = from; row < to; row++) {
    const headersLength = columns.headersLength[row]!;
    const body = {
      key: part(columns.keyStart[row]!, columns.keyLength[row]!),
      value: part(columns.valueStart[row]!, columns.valueLength[row]!),
      headers: headersLength > 0 ? part(columns.headersStart[row]!, headersLength) : null,
    };
    const length = (body.key?.length ?? 0) + (body.value?.length ?? 0) + (body.headers?.length ?? 0);
    // Offset deltas are 32-bit numbers.
    const isFar = columns.offset[row]! - columns.offset[first]! > MOST_BYTES;
    if (isFar || (size > 0 && size + length > BLOCK_BYTES)) close(row);
    const record = encodeRecord(columns.offset[row]! - columns.offset[first]!, body);
    out.raw(record);
    size += record.length;
  }
  close(to);
}

/** The bytes of a record as they were received. */
export interface Body {
  key: Uint8Array | null;
  value: Uint8Array | null;
  /** Encoded; null: the record's format has none. */
  headers: Uint8Array | null;
}

/** One record of format 2, its time left at 0: rows have it. */
export function encodeRecord(delta: number, { key, value, headers }: Body): Uint8Array {
  const size = (key?.length ?? 0) + (value?.length ?? 0) + (headers?.length ?? 0);
  const out = new WireWriter(size + 24).int8(0).varint(0).varint(delta);
  for (const bytes of [key, value]) {
    if (bytes === null) out.varint(-1);
    else out.varint(bytes.length).raw(bytes);
  }
  if (headers === null) out.varint(0);
  else out.raw(headers);
  const record = out.bytes;
  return new WireWriter(record.length + 5).varint(record.length).raw(record).bytes;
}

/** A block taken apart: where in the bytes the parts of each record are. */
export interface OpenBlock {
  id: number;
  bytes: Buffer;
  count: number;
  /** Record ids, ascending. */
  ids: Float64Array;
  /** One after the last byte of each record. */
  end: Int32Array;
  keyStart: Int32Array;
  keyLength: Int32Array;
  valueStart: Int32Array;
  valueLength: Int32Array;
  headersStart: Int32Array;
}

export interface BlockRow {
  id: number;
  codec: number;
  raw_size: number;
  bytes: Uint8Array;
}

function seal(bytes: Uint8Array, into: Uint8Array): void {
  into.set(bytes);
  new DataView(into.buffer, into.byteOffset).setUint32(bytes.length, crc32c(bytes));
}

/** The bytes of a block as they are stored: with their checksum. */
export function sealed(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(bytes.length + CHECKSUM_BYTES);
  seal(bytes, whole);
  return whole;
}

/** A plain block with its checksum, compressed; null: too small, or nothing is gained. */
export function squeezed(block: Uint8Array): Uint8Array | null {
  if (block.length < LEAST_PACKED) return null;
  const bytes = block.subarray(0, block.length - CHECKSUM_BYTES);
  const packed = pack(bytes, 1);
  return packed.length < bytes.length * WORTH ? sealed(packed) : null;
}

function unsealed({ id, bytes }: BlockRow): Uint8Array {
  const end = bytes.length - CHECKSUM_BYTES;
  const inside = bytes.subarray(0, Math.max(end, 0));
  const isSound = end >= 0 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(end) === crc32c(inside);
  if (!isSound) throw damaged(id);
  return inside;
}

/** Room for the bytes of a block at once; a size that was damaged on the disk takes no memory that is not needed. */
const likelySize = ({ raw_size, bytes }: BlockRow): number => Math.min(raw_size, bytes.length * 64);

/** The encoded records of a block. @throws DamagedBlock, CodecError */
export function unpack(row: BlockRow): Buffer {
  const bytes = unsealed(row);
  const raw = row.codec === PLAIN ? bytes : decompress(row.codec, bytes, row.raw_size, likelySize(row));
  return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
}

/**
 * The same behind nothing, in memory that may be used again afterwards; what is not compressed stays where it is.
 * @throws DamagedBlock, CodecError
 */
export function unpackInto(row: BlockRow, memory: GrowingOutput): Buffer {
  const bytes = unsealed(row);
  if (row.codec === PLAIN) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  memory.clear();
  memory.reserve(likelySize(row));
  decompressInto(row.codec, bytes, memory, row.raw_size);
  return Buffer.from(memory.bytes.buffer, memory.bytes.byteOffset, memory.length);
}

/** Where in the bytes of a block the parts of a record are. A length of −1 is null. */
export interface RecordParts {
  /** One after its last byte. */
  end: number;
  keyStart: number;
  keyLength: number;
  valueStart: number;
  valueLength: number;
  headersStart: number;
}

/**
 * Decompresses a block and finds its records. @param bytes when it is decompressed already
 * @throws DamagedBlock, CodecError
 */
export function openBlock(row: BlockRow, bytes = unpack(row)): OpenBlock {
  const most = Math.ceil(bytes.length / 7) + 1;
  const count = countRecords(bytes, most);
  const numbers = new Int32Array(count * 6);
  const column = (at: number) => numbers.subarray(at * count, (at + 1) * count);
  const block: OpenBlock = {
    ...{ id: row.id, bytes, count, ids: new Float64Array(count) },
    ...{ end: column(0), keyStart: column(1), keyLength: column(2) },
    ...{ valueStart: column(3), valueLength: column(4), headersStart: column(5) },
  };
  const cursor: Cursor = { at: 0, bad: false };
  let firstDelta = 0;
  for (let at = 0; at < count; at++) {
    const length = readVarint(bytes, cursor, bytes.length);
    const end = cursor.at + length;
    cursor.at += 1;
    readVarlong(bytes, cursor, end);
    const delta = readVarint(bytes, cursor, end);
    if (at === 0) firstDelta = delta;
    block.ids[at] = row.id + delta - firstDelta;
    block.end[at] = end;
    block.keyLength[at] = readVarint(bytes, cursor, end);
    block.keyStart[at] = cursor.at;
    cursor.at += Math.max(block.keyLength[at]!, 0);
    block.valueLength[at] = readVarint(bytes, cursor, end);
    block.valueStart[at] = cursor.at;
    block.headersStart[at] = cursor.at + Math.max(block.valueLength[at]!, 0);
    if (cursor.bad || block.headersStart[at]! > end) throw damaged(row.id);
    cursor.at = end;
  }
  return block;
}

function countRecords(bytes: Buffer, most: number): number {
  const cursor: Cursor = { at: 0, bad: false };
  let count = 0;
  while (cursor.at < bytes.length && count < most) {
    const length = readVarint(bytes, cursor, bytes.length);
    cursor.at += length;
    if (cursor.bad || length < 1 || cursor.at > bytes.length)
      throw new DamagedBlock('a block does not hold whole records');
    count += 1;
  }
  return count;
}

const damaged = (id: number) => new DamagedBlock(`the block of record ${id} is not as it was written`);

/** Place of a record in its block, −1: not there. */
export function placeIn({ ids, count }: OpenBlock, id: number): number {
  // Most blocks have no gaps.
  const direct = id - ids[0]!;
  if (direct < count && ids[direct] === id) return direct;
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ids[middle]! < id) low = middle + 1;
    else high = middle;
  }
  return low < count && ids[low] === id ? low : -1;
}

export function bodyAt(block: OpenBlock, at: number): Body {
  const { bytes, keyStart, keyLength, valueStart, valueLength, headersStart, end } = block;
  const part = (start: number, length: number) => (length < 0 ? null : bytes.subarray(start, start + length));
  return {
    key: part(keyStart[at]!, keyLength[at]!),
    value: part(valueStart[at]!, valueLength[at]!),
    headers: part(headersStart[at]!, end[at]! - headersStart[at]!),
  };
}

/** The records of a block from one to another place, as a block of their own. Ids must be within 2^31. */
export function partOf(block: OpenBlock, from: number, to: number): BlockRow | null {
  if (from >= to) return null;
  const bytes = block.bytes.subarray(from === 0 ? 0 : block.end[from - 1]!, block.end[to - 1]!);
  const { codec, rawSize, bytes: packed } = pieceOf(block.ids[from]!, bytes, true);
  return { id: block.ids[from]!, codec, raw_size: rawSize, bytes: sealed(packed) };
}
