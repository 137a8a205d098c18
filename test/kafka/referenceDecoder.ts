// A second, plain decoder of record batches of format 2 and of old messages, slow and eager, to hold the real one
// against: it shares no code with it. https://kafka.apache.org/documentation/#recordbatch
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

export interface PlainRecord {
  offset: number;
  timestamp: bigint;
  key: string | null;
  value: string | null;
  headers: string;
}

class Bytes {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  take(size: number): Buffer {
    if (size < 0 || size > this.left) throw new RangeError('over the end');
    this.at += size;
    return this.#bytes.subarray(this.at - size, this.at);
  }

  /** Zigzag, of at most `bits` bits. */
  varint(bits: 32 | 64): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (shift >= BigInt(bits) + 3n) throw new RangeError('too long a number');
      const byte = BigInt(this.take(1)[0]!);
      value |= (byte & 127n) << shift;
      if (byte < 128n) break;
    }
    if (value >= 1n << BigInt(bits)) throw new RangeError('too large a number');
    return value & 1n ? -((value + 1n) / 2n) : value / 2n;
  }

  sized(): string | null {
    const size = Number(this.varint(32));
    if (size < -1) throw new RangeError('a negative size');
    return size === -1 ? null : this.take(size).toString('latin1');
  }
}

/** Records of one batch of format 2 with a right checksum; `records` are its decompressed records. @throws RangeError */
export function referenceRecords(batch: Buffer, records: Buffer): PlainRecord[] {
  const base = Number(batch.readBigInt64BE(0));
  const lastDelta = batch.readInt32BE(23);
  const isAppendTime = (batch.readInt16BE(21) & 8) !== 0;
  const firstTime = batch.readBigInt64BE(isAppendTime ? 35 : 27);
  const count = batch.readInt32BE(57);
  if (count < 0 || lastDelta < 0) throw new RangeError('a negative count');
  const bytes = new Bytes(records);
  const found: PlainRecord[] = [];
  let previous = -1;
  for (let i = 0; i < count; i++) {
    const record = new Bytes(bytes.take(Number(bytes.varint(32))));
    record.take(1);
    const timeDelta = record.varint(64);
    const delta = Number(record.varint(32));
    if (delta <= previous || delta > lastDelta) throw new RangeError('offsets run backwards or too far');
    previous = delta;
    const key = record.sized();
    const value = record.sized();
    if (record.left === 0) throw new RangeError('no headers');
    found.push({
      offset: base + delta,
      timestamp: isAppendTime ? firstTime : BigInt.asIntN(64, firstTime + timeDelta),
      ...{ key, value, headers: record.take(record.left).toString('latin1') },
    });
  }
  if (bytes.left > 0) throw new RangeError('bytes are left');
  return found;
}

/** What gzip (1) and zstd (4) give through Node's public functions; null for the others. @throws on malformed bytes */
export function referenceUnpack(codec: number, packed: Buffer, limit: number): Buffer | null {
  if (codec === 0) return packed;
  if (codec === 1) return gunzipSync(packed, { maxOutputLength: limit });
  if (codec === 4) return zstdDecompressSync(packed, { maxOutputLength: limit });
  return null;
}
