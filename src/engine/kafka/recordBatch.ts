// The record sets of Fetch responses decoded into columns: record batches of format 2 (KIP-98,
// https://kafka.apache.org/documentation/#recordbatch) and the older message sets. Lazy: keys, values and headers stay
// bytes. Hostile input gives a DecodeProblem that keeps the bytes of the batch; nothing here throws because of input.
import {
  ATTRIBUTES_AT,
  asBad,
  BadBatch,
  CRC_AT,
  completeSize,
  type DecodeProblem,
  describeDamage,
  MAGIC_AT,
  OFFSET_LIMIT,
  OVERHEAD,
  RECORDS_AT,
  readOffset,
} from './batchDamage.ts';
import { decompressInto } from './codecs.ts';
import { crc32c } from './crc32c.ts';
import { GrowingOutput } from './growingOutput.ts';
import { decodeLegacyEntry, LEGACY_MINIMUM, type LegacyEntry } from './legacyMessageSet.ts';
import { allocateColumns, FLAG, type RecordColumns, rowControlType } from './recordColumns.ts';
import { type Cursor, readLongVarlong, readVarint, readVarlong } from './varint.ts';

export { type DecodeProblem, type DecodeProblemCode, OFFSET_LIMIT } from './batchDamage.ts';

/** A batch of the set; rows [rowStart, rowEnd) of the columns are its records. */
export interface BatchSummary {
  rowStart: number;
  rowEnd: number;
  /** Where its encoded records, decompressed, lie in the bytes of the columns: those that were left out too. */
  bytesStart: number;
  bytesEnd: number;
  /** Its records as received, still compressed (a view of the set); null when they were not. */
  packed: Uint8Array | null;
  baseOffset: number;
  lastOffset: number;
  producerId: bigint;
  transactional: boolean;
  control: 'abort' | 'commit' | 'other' | null;
}

export interface DecodeOptions {
  /** Rows before this offset are left out (a batch is always sent whole). */
  from?: number;
  /** Rows at or after this offset are left out. */
  to?: number;
  /** Bytes one batch may decompress to. Default 128 MB. */
  batchLimit?: number;
  /** Bytes after which the columns are closed; the rest of the set is decoded by the next call. Default 64 MB. */
  columnLimit?: number;
  /**
   * Memory for what is decompressed. The bytes of the columns are then a view of it, or of the set when nothing is
   * compressed: they are good until the memory is used again, and are not for a transfer. Default: the bytes are the
   * columns' own, behind them in the same buffer.
   */
  memory?: GrowingOutput;
}

export interface DecodedSet {
  columns: RecordColumns;
  batches: BatchSummary[];
  problems: DecodeProblem[];
  /** One after the last offset that was decoded or is covered by a problem; `from` when nothing was complete. */
  nextOffset: number;
  /** Bytes of the set that were used; less than its length when `columnLimit` ended it. */
  consumed: number;
  /** The set ends in the middle of a batch: normal in a Fetch response. */
  partialTail: boolean;
}

const SMALLEST_RECORD = 7;

interface Segment {
  summary: BatchSummary;
  /** The encoded records where they came; null: decompressed, at [bytesStart, bytesEnd) of the memory. */
  source: Uint8Array | null;
  /** The whole batch as received, for a problem. */
  batch: Uint8Array;
  rows: number;
  view: DataView | null;
  legacy: LegacyEntry | null;
}

/** Holds what is decompressed until it is copied behind the columns. */
const scratch = new GrowingOutput(2 ** 20);

/** Decodes the record set of one partition. `start` continues a set that `columnLimit` ended. */
export function decodeRecordSet(input: Uint8Array, options: DecodeOptions = {}, start = 0): DecodedSet {
  // A Buffer's slice() would be no copy.
  const set = new Uint8Array(input.buffer, input.byteOffset, input.length);
  const from = options.from ?? 0;
  const to = options.to ?? OFFSET_LIMIT;
  const batchLimit = options.batchLimit ?? 128 * 2 ** 20;
  const columnLimit = options.columnLimit ?? 64 * 2 ** 20;
  const memory = options.memory ?? scratch;
  memory.clear();
  const segments: Segment[] = [];
  const problems: DecodeProblem[] = [];
  const view = new DataView(set.buffer, set.byteOffset, set.byteLength);
  let at = start;
  let expected = 0;
  let nextOffset = from;
  let rows = 0;
  let byteCount = 0;
  let partialTail = false;

  while (at < set.length) {
    if (byteCount > columnLimit) break;
    const size = completeSize(view, at);
    if (size === null) {
      partialTail = true;
      at = set.length;
      break;
    }
    let segment: Segment | null = null;
    let problem: DecodeProblem | null = null;
    const held = memory.length;
    try {
      if (size < OVERHEAD + LEGACY_MINIMUM) throw new BadBatch('length', `a batch declares ${size} bytes`);
      segment = openBatch(set.subarray(at, at + size), expected, from, { memory, limit: batchLimit });
    } catch (error) {
      problem = describeDamage(error, set, view, at, size, Math.max(expected, 0), from);
    }
    if (problem !== null) {
      memory.length = held;
      problems.push(problem);
      nextOffset = Math.max(nextOffset, problem.lastOffset + 1);
      expected = nextOffset;
      at += problem.bytes.length;
      continue;
    }
    const { lastOffset, baseOffset } = segment!.summary;
    expected = lastOffset + 1;
    nextOffset = Math.max(nextOffset, expected);
    at += size;
    if (lastOffset < from || baseOffset >= to) {
      memory.length = held;
      continue;
    }
    rows += segment!.rows;
    byteCount += segment!.source?.length ?? memory.length - held;
    segments.push(segment!);
  }

  const columns =
    options.memory === undefined
      ? gather(segments, memory, rows, byteCount)
      : refer(set, segments, memory, rows);
  if (options.memory === undefined) memory.clear();
  const batches: BatchSummary[] = [];
  for (const segment of segments) {
    const { summary } = segment;
    const row = columns.count;
    try {
      summary.rowStart = row;
      if (segment.legacy !== null) fillLegacy(columns, segment, from, to);
      else fillBatch(columns, segment, from, to);
      summary.rowEnd = columns.count;
      if (summary.control !== null && summary.rowEnd > row) summary.control = rowControlType(columns, row);
      batches.push(summary);
    } catch (error) {
      columns.count = row;
      const { code, message } = asBad(error);
      const { baseOffset, lastOffset } = summary;
      problems.push({ code, baseOffset, lastOffset, reason: message, bytes: segment.batch.slice() });
    }
  }
  problems.sort((a, b) => a.baseOffset - b.baseOffset);
  return { columns, batches, problems, nextOffset, consumed: at, partialTail };
}

/** Columns with bytes of their own: everything is copied together. */
function gather(segments: Segment[], memory: GrowingOutput, rows: number, byteCount: number): RecordColumns {
  const columns = allocateColumns(rows, byteCount);
  let at = 0;
  for (const { summary, source } of segments) {
    const bytes = source ?? memory.bytes.subarray(summary.bytesStart, summary.bytesEnd);
    columns.bytes.set(bytes, at);
    summary.bytesStart = at;
    at += bytes.length;
    summary.bytesEnd = at;
  }
  return columns;
}

/** Columns whose bytes are the set itself when every batch lies in it, else the memory. */
function refer(set: Uint8Array, segments: Segment[], memory: GrowingOutput, rows: number): RecordColumns {
  const columns = allocateColumns(rows, 0);
  const isInSet = segments.every(({ source }) => source !== null && source.buffer === set.buffer);
  for (const { summary, source } of segments) {
    if (source === null) continue;
    summary.bytesStart = isInSet ? source.byteOffset - set.byteOffset : memory.length;
    summary.bytesEnd = summary.bytesStart + source.length;
    if (!isInSet) memory.append(source);
  }
  return { ...columns, bytes: isInSet ? set : memory.bytes.subarray(0, memory.length) };
}

/**
 * One after the last offset of the complete batches of a set, from their headers alone: what to ask for next while
 * this set is still to be decoded. null when there is no complete batch.
 */
export function peekNextOffset(set: Uint8Array): number | null {
  const view = new DataView(set.buffer, set.byteOffset, set.byteLength);
  let next: number | null = null;
  for (let at = 0; ; ) {
    const size = completeSize(view, at);
    if (size === null || size < OVERHEAD + LEGACY_MINIMUM) return next;
    const base = readOffset(view, at);
    next = base + (set[at + MAGIC_AT] === 2 && size >= RECORDS_AT ? view.getInt32(at + 23) : 0) + 1;
    at += size;
  }
}

/** Where decompressed records go, and how many bytes of a batch at most. */
interface Unpacking {
  memory: GrowingOutput;
  limit: number;
}

function openBatch(batch: Uint8Array, expected: number, from: number, unpacking: Unpacking): Segment {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  const baseOffset = readOffset(view, 0);
  const magic = batch[MAGIC_AT]!;
  if (magic > 2) throw new BadBatch('magic', `record format ${magic} is unknown`);
  const segment =
    magic === 2 ? openCurrent(batch, view, baseOffset, from, unpacking) : openLegacy(batch, unpacking.limit);
  const { summary } = segment;
  if (summary.baseOffset < 0 || summary.lastOffset >= OFFSET_LIMIT)
    throw new BadBatch('offset-limit', `offset ${summary.lastOffset} is beyond 2^40 and cannot be kept`);
  if (summary.baseOffset < expected)
    throw new BadBatch('offset', `offset ${summary.baseOffset} comes after ${expected - 1}`);
  return segment;
}

function openCurrent(
  batch: Uint8Array,
  view: DataView,
  baseOffset: number,
  from: number,
  { memory, limit }: Unpacking,
): Segment {
  if (batch.length < RECORDS_AT) throw new BadBatch('length', `a batch declares only ${batch.length} bytes`);
  if (crc32c(batch.subarray(ATTRIBUTES_AT)) !== view.getUint32(CRC_AT))
    throw new BadBatch('crc', 'the checksum of the batch is wrong');
  const attributes = view.getInt16(ATTRIBUTES_AT);
  const lastDelta = view.getInt32(23);
  const rows = view.getInt32(57);
  const lastOffset = baseOffset + lastDelta;
  if (lastDelta < 0)
    throw new BadBatch('count', `the last offset of the batch is ${lastDelta} after its first`);
  const packed = batch.subarray(RECORDS_AT);
  const codec = attributes & FLAG.codec;
  const needed = lastOffset >= from && packed.length > 0;
  const isPacked = codec !== 0 && needed;
  const bytesStart = memory.length;
  if (isPacked) decompressInto(codec, packed, memory, limit);
  const size = isPacked ? memory.length - bytesStart : packed.length;
  if (needed && (rows < 0 || rows > size / SMALLEST_RECORD))
    throw new BadBatch('count', `${rows} records cannot be in ${size} bytes`);
  if (packed.length === 0 && rows !== 0) throw new BadBatch('count', `${rows} records in an empty batch`);
  const isControl = (attributes & FLAG.control) !== 0;
  return {
    summary: {
      ...{ rowStart: 0, rowEnd: 0, bytesStart, bytesEnd: bytesStart + size, baseOffset, lastOffset },
      packed: isPacked ? packed : null,
      producerId: view.getBigInt64(43),
      transactional: (attributes & FLAG.transactional) !== 0,
      control: isControl ? 'other' : null,
    },
    ...{ source: isPacked ? null : packed, batch, rows: Math.max(rows, 0), view, legacy: null },
  };
}

function openLegacy(batch: Uint8Array, batchLimit: number): Segment {
  const legacy = decodeLegacyEntry(batch, batchLimit);
  const baseOffset = legacy.messages[0]!.offset;
  const lastOffset = legacy.messages.at(-1)!.offset;
  return {
    summary: {
      ...{ rowStart: 0, rowEnd: 0, bytesStart: 0, bytesEnd: 0, packed: null, baseOffset, lastOffset },
      ...{ producerId: -1n, transactional: false, control: null },
    },
    ...{ source: legacy.source, batch, rows: legacy.messages.length, view: null, legacy },
  };
}

/** Decodes the records of a batch of format 2 into the next rows. @throws BadBatch */
function fillBatch(columns: RecordColumns, segment: Segment, from: number, to: number): void {
  const view = segment.view!;
  const { bytes, offset, timestamp, keyStart, keyLength, valueStart, valueLength } = columns;
  const { headersStart, headersLength, sequence, flags } = columns;
  const { baseOffset, lastOffset, producerId } = segment.summary;
  const attributes = view.getInt16(ATTRIBUTES_AT);
  const lastDelta = lastOffset - baseOffset;
  const appendTime = (attributes & FLAG.logAppendTime) !== 0;
  const firstTime = readOffset(view, appendTime ? 35 : 27);
  const exactBase = Number.isSafeInteger(firstTime);
  const baseSequence = view.getInt32(53);
  const flag = (attributes & 0b11_1111) | (2 << FLAG.magicShift);
  const { bytesStart, bytesEnd: end } = segment.summary;
  const cursor: Cursor = { at: bytesStart, bad: false };
  const firstRow = columns.count;
  let row = firstRow;
  let previous = -1;

  for (let i = 0; i < segment.rows; i++) {
    const length = readVarint(bytes, cursor, end);
    const recordEnd = cursor.at + length;
    if (cursor.bad || length < 1 || recordEnd > end) throw new BadBatch('record', bad(i, segment, 'length'));
    cursor.at++;
    const timeAt = cursor.at;
    const timeDelta = readVarlong(bytes, cursor, recordEnd);
    const delta = readVarint(bytes, cursor, recordEnd);
    const keySize = readVarint(bytes, cursor, recordEnd);
    const keyAt = cursor.at;
    if (keySize > 0) cursor.at += keySize;
    const valueSize = cursor.at <= recordEnd ? readVarint(bytes, cursor, recordEnd) : -2;
    const valueAt = cursor.at;
    if (valueSize > 0) cursor.at += valueSize;
    if (cursor.bad || keySize < -1 || valueSize < -1 || cursor.at >= recordEnd)
      throw new BadBatch('record', bad(i, segment, 'key or value'));
    if (delta <= previous || delta > lastDelta) throw new BadBatch('record', bad(i, segment, 'offset'));
    previous = delta;
    const headersAt = cursor.at;
    cursor.at = recordEnd;
    const recordOffset = baseOffset + delta;
    if (recordOffset < from || recordOffset >= to) continue;

    const time = appendTime ? firstTime : firstTime + timeDelta;
    offset[row] = recordOffset;
    timestamp[row] = time;
    keyStart[row] = keyAt;
    keyLength[row] = keySize;
    valueStart[row] = valueAt;
    valueLength[row] = valueSize;
    headersStart[row] = headersAt;
    headersLength[row] = recordEnd - headersAt;
    sequence[row] = baseSequence < 0 ? -1 : (baseSequence + delta) & 0x7fffffff;
    if (exactBase && Number.isSafeInteger(time) && Number.isSafeInteger(timeDelta)) flags[row] = flag;
    else {
      const base = view.getBigInt64(appendTime ? 35 : 27);
      const exact = appendTime
        ? base
        : BigInt.asIntN(64, base + readLongVarlong(bytes, { at: timeAt, bad: false }, recordEnd));
      timestamp[row] = Number(exact);
      flags[row] = BigInt(timestamp[row]!) === exact ? flag : flag | FLAG.timestampInexact;
    }
    row++;
  }
  if (cursor.at !== end)
    throw new BadBatch('count', `${end - cursor.at} bytes follow the ${segment.rows} records of the batch`);
  columns.producerId.fill(producerId, firstRow, row);
  columns.producerEpoch.fill(view.getInt16(51), firstRow, row);
  columns.count = row;
}

const bad = (index: number, segment: Segment, what: string) =>
  `record ${index + 1} of ${segment.rows} in the batch has a malformed ${what}`;

function fillLegacy(columns: RecordColumns, segment: Segment, from: number, to: number): void {
  const shift = segment.summary.bytesStart;
  let row = columns.count;
  let previous = -1;
  for (const message of segment.legacy!.messages) {
    if (message.offset <= previous) throw new BadBatch('offset', 'offsets inside a message run backwards');
    previous = message.offset;
    if (message.offset < from || message.offset >= to) continue;
    columns.offset[row] = message.offset;
    columns.timestamp[row] = message.timestamp;
    columns.keyStart[row] = message.keyStart + shift;
    columns.keyLength[row] = message.keyLength;
    columns.valueStart[row] = message.valueStart + shift;
    columns.valueLength[row] = message.valueLength;
    columns.headersStart[row] = shift;
    columns.headersLength[row] = 0;
    columns.sequence[row] = -1;
    columns.producerId[row] = -1n;
    columns.producerEpoch[row] = -1;
    columns.flags[row] =
      message.flags | (Number.isSafeInteger(message.timestamp) ? 0 : FLAG.timestampInexact);
    row++;
  }
  columns.count = row;
}
