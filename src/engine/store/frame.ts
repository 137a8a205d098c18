/** A batch of records of one partition on its way to the writer: typed arrays over two transferable buffers. */
import type { RecordColumns } from '../kafka/recordColumns.ts';

/** What the envelope said, row for row beside the record columns. NaN and 0: nothing there. */
export interface EnvelopeColumns {
  buffer: ArrayBuffer;
  /** Recorded time made monotonic inside the partition. */
  mono: Float64Array;
  /** Milliseconds; NaN: none. */
  occurred: Float64Array;
  /** NaN: none. */
  version: Float64Array;
  /** 53-bit hashes; NaN: none. */
  eventHash: Float64Array;
  correlationHash: Float64Array;
  causationHash: Float64Array;
  /** 0: none. */
  typeId: Int32Array;
  aggregateId: Int32Array;
  kind: Uint8Array;
  verdict: Uint8Array;
}

export type MissingReason = 'compaction' | 'retention' | 'undecodable';

export interface MissingRow {
  from: number;
  /** Exclusive. */
  to: number;
  /** Offsets missing inside the range; fewer than its length where several gaps are kept as one row. */
  count: number;
  reason: MissingReason;
  note: string;
  /** The batch as received, where it was received and could not be decoded. */
  bytes: Uint8Array | null;
}

export interface RecordFrame {
  partitionNo: number;
  columns: RecordColumns;
  envelope: EnvelopeColumns;
  /** Names that the rows use and the file does not have yet. */
  newTypes: { id: number; name: string }[];
  newAggregates: { id: number; type: string; key: string }[];
  /** First offset that this frame answers for, and the one after its last. */
  from: number;
  next: number;
  /** Everything before it is final: no transaction is open there. */
  settled: number;
  logStart: number;
  highWatermark: number;
  missing: MissingRow[];
}

export function allocateEnvelope(rows: number): EnvelopeColumns {
  const buffer = new ArrayBuffer(rows * (6 * 8 + 2 * 4 + 2));
  let at = 0;
  const next = <T>(make: new (buffer: ArrayBuffer, at: number, length: number) => T, size: number): T => {
    const view = new make(buffer, at, rows);
    at += rows * size;
    return view;
  };
  return {
    buffer,
    mono: next(Float64Array, 8),
    occurred: next(Float64Array, 8),
    version: next(Float64Array, 8),
    eventHash: next(Float64Array, 8),
    correlationHash: next(Float64Array, 8),
    causationHash: next(Float64Array, 8),
    typeId: next(Int32Array, 4),
    aggregateId: next(Int32Array, 4),
    kind: next(Uint8Array, 1),
    verdict: next(Uint8Array, 1),
  };
}
