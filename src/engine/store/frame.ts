/** A batch of records of one partition on its way to the writer: numbers and blobs over transferable buffers. */
import type { Span } from '../../core/ranges.ts';

/** One row of the `record` table each. NaN and 0: nothing there, where the column may be empty. */
export interface RowColumns {
  count: number;
  buffer: ArrayBuffer;
  offset: Float64Array;
  /** Milliseconds. */
  timestamp: Float64Array;
  /** Recorded time made monotonic inside the partition. */
  mono: Float64Array;
  /** Milliseconds; NaN: none. */
  occurred: Float64Array;
  /** See packState(). */
  state: Float64Array;
  /** NaN: none. */
  version: Float64Array;
  /** 53-bit hash; NaN: none. */
  eventHash: Float64Array;
  /** −1: none. */
  producerId: BigInt64Array;
  /** 0: none. */
  aggregateId: Int32Array;
}

/** The encoded records of the rows, cut into pieces that are read one at a time. */
export interface RecordBlock {
  /** Of its first record. */
  offset: number;
  codec: number;
  rawSize: number;
  /** In the bytes of the frame. */
  start: number;
  end: number;
}

/** What some of the rows can be found by; see postings.ts. */
export interface FramePostings {
  rows: number;
  /** Pairs of the offset of a first row and how many rows follow one another from there. */
  spans: Float64Array<ArrayBuffer>;
  entries: Uint32Array<ArrayBuffer>;
}

/** How many of the rows are what; stored are all but markers. */
export interface RowCounts {
  stored: number;
  events: number;
  control: number;
  aborted: number;
  open: number;
  /** Of keys, values and headers. */
  bytes: number;
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
  rows: RowColumns;
  counts: RowCounts;
  blocks: RecordBlock[];
  blockBytes: Uint8Array<ArrayBuffer>;
  postings: FramePostings[];
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
  /** Only records of this key were kept: the offsets do not count as read. */
  key?: Uint8Array;
  /** The offsets that count as read, where they are not all of [from, next): an import of a part of a topic. */
  spans?: readonly Span[];
  /** Offsets that were deleted before they could be looked through for the key. */
  lost?: number;
}

/** Bytes that the frame holds while it is on its way. */
export const frameBytes = ({ rows, blockBytes, postings }: RecordFrame): number =>
  rows.buffer.byteLength +
  blockBytes.byteLength +
  postings.reduce((sum, { entries }) => sum + entries.byteLength, 0);

/** Buffers that go with the frame instead of being copied. */
export const frameBuffers = ({ rows, blockBytes, postings }: RecordFrame): ArrayBuffer[] => [
  rows.buffer,
  blockBytes.buffer,
  ...postings.flatMap(({ entries, spans }) => [entries.buffer, spans.buffer]),
];

export function allocateRows(count: number): RowColumns {
  const buffer = new ArrayBuffer(count * (8 * 8 + 4));
  let at = 0;
  const next = <T>(make: new (buffer: ArrayBuffer, at: number, length: number) => T, size: number): T => {
    const view = new make(buffer, at, count);
    at += count * size;
    return view;
  };
  return {
    count,
    buffer,
    offset: next(Float64Array, 8),
    timestamp: next(Float64Array, 8),
    mono: next(Float64Array, 8),
    occurred: next(Float64Array, 8),
    state: next(Float64Array, 8),
    version: next(Float64Array, 8),
    eventHash: next(Float64Array, 8),
    producerId: next(BigInt64Array, 8),
    aggregateId: next(Int32Array, 4),
  };
}
