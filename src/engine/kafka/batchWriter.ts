// Writes one record as a record batch of format 2 (https://kafka.apache.org/documentation/#recordbatch).
import { crc32c } from './crc32c.ts';
import { encodeHeaders } from './headers.ts';
import { WireWriter } from './wire.ts';

export interface RecordToWrite {
  key: Uint8Array | null;
  value: Uint8Array | null;
  /** Written in exactly this order, duplicates included. */
  headers: readonly { key: string; value: Uint8Array | null }[];
  /** Milliseconds since 1970. */
  timestamp: number;
}

export interface BatchOrigin {
  producerId: bigint;
  producerEpoch: number;
  baseSequence: number;
}

/** The batch as it goes into a Produce request; the broker sets its offset. */
export function encodeBatch(records: readonly RecordToWrite[], origin: BatchOrigin): Buffer {
  const first = records[0]!.timestamp;
  const latest = Math.max(...records.map(({ timestamp }) => timestamp));
  const payload = records.map((record, delta) => encodeRecord(record, delta, record.timestamp - first));
  const covered = new WireWriter(payload.reduce((sum, bytes) => sum + bytes.length, 64))
    .int16(0)
    .int32(records.length - 1)
    .int64(first)
    .int64(latest)
    .int64(origin.producerId)
    .int16(origin.producerEpoch)
    .int32(origin.baseSequence)
    .int32(records.length);
  for (const bytes of payload) covered.raw(bytes);
  const AFTER_LENGTH = 9;
  const out = new WireWriter(covered.bytes.length + 21);
  out.int64(0).int32(covered.bytes.length + AFTER_LENGTH);
  out.int32(-1).int8(2).uint32(crc32c(covered.bytes));
  return out.raw(covered.bytes).bytes;
}

function encodeRecord(record: RecordToWrite, offsetDelta: number, timestampDelta: number): Buffer {
  const { key, value } = record;
  const body = new WireWriter((key?.length ?? 0) + (value?.length ?? 0) + 64);
  body.int8(0).varint(timestampDelta).varint(offsetDelta);
  for (const bytes of [key, value]) {
    if (bytes === null) body.varint(-1);
    else body.varint(bytes.length).raw(bytes);
  }
  body.raw(encodeHeaders(record.headers));
  return new WireWriter(body.bytes.length + 5).varint(body.bytes.length).raw(body.bytes).bytes;
}
