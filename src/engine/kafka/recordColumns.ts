// Decoded records as columns over one transferable buffer: nothing is copied per record, nothing is an object.

/** Bits of `flags`. The low six are the attributes of the record's batch (KIP-98). */
export const FLAG = {
  codec: 0b111,
  logAppendTime: 0b1000,
  transactional: 0b1_0000,
  control: 0b10_0000,
  /** The 64-bit timestamp is beyond 2^53 and `timestamp` is the nearest number. */
  timestampInexact: 0b100_0000,
  /** Record format 0 and 1 (before Kafka 0.11), in two bits; 2 is the current one. */
  magicShift: 8,
  /** Said at capture, not by Kafka: the key is the id of the aggregate, as text. */
  keyIsAggregateId: 0b100_0000_0000,
} as const;

/**
 * Rows in offset order. All arrays are views of `buffer`, so `postMessage(columns, [columns.buffer])` moves them; only
 * bytes that are lent (DecodeOptions.memory) lie elsewhere.
 * A start and a length point into `bytes`; a length of −1 is null, 0 is empty.
 */
export interface RecordColumns {
  count: number;
  buffer: ArrayBuffer;
  bytes: Uint8Array;
  offset: Float64Array;
  /** Milliseconds since 1970; −1: the record has none. */
  timestamp: Float64Array;
  /** −1: neither idempotent nor transactional. */
  producerId: BigInt64Array;
  keyStart: Int32Array;
  keyLength: Int32Array;
  valueStart: Int32Array;
  valueLength: Int32Array;
  /** The encoded headers exactly as received, their count included; length 0 in formats that have none. */
  headersStart: Int32Array;
  headersLength: Int32Array;
  /** The producer's own running number of this record in this partition; −1: none. */
  sequence: Int32Array;
  producerEpoch: Int16Array;
  flags: Uint16Array;
}

/** Columns for `rows` rows and `byteCount` bytes. */
export function allocateColumns(rows: number, byteCount: number): RecordColumns {
  const buffer = new ArrayBuffer(rows * (3 * 8 + 7 * 4 + 2 * 2) + byteCount);
  let at = 0;
  const next = <T>(make: new (buffer: ArrayBuffer, at: number, length: number) => T, size: number): T => {
    const view = new make(buffer, at, rows);
    at += rows * size;
    return view;
  };
  const columns = {
    count: 0,
    buffer,
    offset: next(Float64Array, 8),
    timestamp: next(Float64Array, 8),
    producerId: next(BigInt64Array, 8),
    keyStart: next(Int32Array, 4),
    keyLength: next(Int32Array, 4),
    valueStart: next(Int32Array, 4),
    valueLength: next(Int32Array, 4),
    headersStart: next(Int32Array, 4),
    headersLength: next(Int32Array, 4),
    sequence: next(Int32Array, 4),
    producerEpoch: next(Int16Array, 2),
    flags: next(Uint16Array, 2),
  };
  return { ...columns, bytes: new Uint8Array(buffer, at, byteCount) };
}

const slice = (columns: RecordColumns, start: number, length: number): Uint8Array | null =>
  length < 0 ? null : columns.bytes.subarray(start, start + length);

/** The key of a row as a view, null when it has none. */
export const rowKey = (columns: RecordColumns, row: number): Uint8Array | null =>
  slice(columns, columns.keyStart[row]!, columns.keyLength[row]!);

/** The value of a row as a view, null for a tombstone. */
export const rowValue = (columns: RecordColumns, row: number): Uint8Array | null =>
  slice(columns, columns.valueStart[row]!, columns.valueLength[row]!);

/** The encoded headers of a row as a view; read them with decodeHeaders(). */
export const rowHeaders = (columns: RecordColumns, row: number): Uint8Array =>
  slice(columns, columns.headersStart[row]!, columns.headersLength[row]!)!;

/** What a control record says: the end of a transaction, or something newer (KIP-98: version, then type, both int16). */
export function rowControlType(columns: RecordColumns, row: number): 'abort' | 'commit' | 'other' {
  const key = rowKey(columns, row);
  if (key === null || key.length < 4) return 'other';
  const type = (key[2]! << 8) | key[3]!;
  return type === 0 ? 'abort' : type === 1 ? 'commit' : 'other';
}
