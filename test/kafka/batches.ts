// Record batches and old message sets with any property a broker may hold, for the decoder's tests.
import { crc32, gzipSync, zstdCompressSync } from 'node:zlib';
import { lz4Compress, snappyCompress } from '@platformatic/wasm-utils/bundled';
import { encodeBatch, type RecordToWrite } from '../../src/engine/kafka/batchWriter.ts';
import { crc32c } from '../../src/engine/kafka/crc32c.ts';
import { WireWriter } from '../../src/engine/kafka/wire.ts';

export const COMPRESS: ((bytes: Buffer) => Buffer)[] = [
  (bytes) => bytes,
  (bytes) => gzipSync(bytes),
  (bytes) => snappyCompress(bytes),
  (bytes) => lz4Compress(bytes),
  (bytes) => zstdCompressSync(bytes),
];

export const record = (
  key: string | null,
  value: string | null,
  timestamp = 1_700_000_000_000,
): RecordToWrite => ({
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: [],
  timestamp,
});

export interface BatchShape {
  baseOffset?: number;
  codec?: number;
  logAppendTime?: number;
  transactional?: boolean;
  control?: boolean;
  producerId?: bigint;
  baseSequence?: number;
  /** Replaces the records' bytes before compression. */
  payload?: Buffer;
  /** Replaces the compressed bytes. */
  packed?: Buffer;
  count?: number;
  lastOffsetDelta?: number;
}

/** A whole batch with a right checksum, whatever else is wrong with it. */
export function batchOf(records: RecordToWrite[], shape: BatchShape = {}): Buffer {
  const plain = encodeBatch(records.length > 0 ? records : [record(null, null)], {
    producerId: shape.producerId ?? -1n,
    producerEpoch: shape.producerId === undefined ? -1 : 3,
    baseSequence: shape.baseSequence ?? -1,
  });
  const payload = shape.payload ?? (records.length > 0 ? plain.subarray(61) : Buffer.alloc(0));
  const packed = shape.packed ?? COMPRESS[shape.codec ?? 0]?.(payload) ?? payload;
  const batch = Buffer.concat([plain.subarray(0, 61), packed]);
  batch.writeBigInt64BE(BigInt(shape.baseOffset ?? 0), 0);
  batch.writeInt32BE(batch.length - 12, 8);
  const bits =
    (shape.logAppendTime === undefined ? 0 : 8) | (shape.transactional ? 16 : 0) | (shape.control ? 32 : 0);
  batch.writeInt16BE((shape.codec ?? 0) | bits, 21);
  if (shape.lastOffsetDelta !== undefined) batch.writeInt32BE(shape.lastOffsetDelta, 23);
  if (shape.logAppendTime !== undefined) batch.writeBigInt64BE(BigInt(shape.logAppendTime), 35);
  batch.writeInt32BE(shape.count ?? records.length, 57);
  return sealed(batch);
}

/** The same bytes with the checksum that belongs to them. */
export function sealed(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

/** The control batch that ends a transaction. */
export const marker = (kind: 'commit' | 'abort', producerId: bigint, baseOffset: number): Buffer =>
  batchOf(
    [
      {
        key: Buffer.from([0, 0, 0, kind === 'commit' ? 1 : 0]),
        value: Buffer.alloc(6),
        headers: [],
        timestamp: 1,
      },
    ],
    {
      ...{ control: true, transactional: true, producerId, baseOffset },
    },
  );

export interface LegacyRecord {
  offset: number;
  key: string | null;
  value: string | Buffer | null;
  timestamp?: number;
}

/** One message of format 0 or 1; `codec` marks `value` as a compressed set. */
export function legacyMessage(magic: 0 | 1, message: LegacyRecord, codec = 0): Buffer {
  const body = new WireWriter().int8(magic).int8(codec);
  if (magic === 1) body.int64(message.timestamp ?? 1_400_000_000_000);
  body.bytes32(message.key === null ? null : Buffer.from(message.key));
  body.bytes32(message.value === null ? null : Buffer.from(message.value));
  const covered = body.bytes;
  const size = covered.length + 4;
  return new WireWriter().int64(message.offset).int32(size).uint32(crc32(covered)).raw(covered).bytes;
}
