// Record batches of a Java producer's shape, encoded many times faster than one record at a time would be.
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { lz4Compress, snappyCompress } from '@platformatic/wasm-utils/bundled';
import { crc32c } from '../../src/engine/kafka/crc32c.ts';
import type { DemoRecord } from '../fixtures/demo/types.ts';

export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

const CODECS: Record<Codec, { bits: number; pack: (bytes: Buffer) => Buffer }> = {
  none: { bits: 0, pack: (bytes) => bytes },
  gzip: { bits: 1, pack: (bytes) => gzipSync(bytes) },
  snappy: { bits: 2, pack: snappyCompress },
  lz4: { bits: 3, pack: lz4Compress },
  zstd: { bits: 4, pack: (bytes) => zstdCompressSync(bytes) },
};
const HEADER = 61;

/** Collects records of one partition into a record batch of format 2 (KIP-98). */
export class BatchBuilder {
  #buffer = Buffer.allocUnsafe(256 * 1024);
  #at = HEADER;
  #first = 0;
  #latest = 0;
  count = 0;

  /** Bytes of the records so far, before compression. */
  get size(): number {
    return this.#at - HEADER;
  }

  add({ key, value, headers, timestamp }: DemoRecord): void {
    if (this.count === 0) this.#first = timestamp;
    this.#latest = Math.max(this.#latest, timestamp);
    let headerBytes = 1;
    for (const [name, content] of headers) headerBytes += name.length + (content?.length ?? 0) + 4;
    const most = (key?.length ?? 0) + (value?.length ?? 0) + headerBytes + 40;
    if (this.#at + most > this.#buffer.length) {
      const grown = Buffer.allocUnsafe((this.#buffer.length + most) * 2);
      this.#buffer.copy(grown, 0, 0, this.#at);
      this.#buffer = grown;
    }
    // The length in front is written last: three bytes hold any length that fits a batch of the benchmark.
    const start = this.#at;
    this.#at += 3;
    this.#buffer[this.#at++] = 0;
    this.#varint(timestamp - this.#first);
    this.#varint(this.count);
    this.#bytes(key);
    this.#bytes(value);
    this.#varint(headers.length);
    for (const [name, content] of headers) {
      this.#varint(name.length);
      this.#at += this.#buffer.write(name, this.#at, 'latin1');
      this.#bytes(content);
    }
    const length = this.#at - start - 3;
    const zigzag = length * 2;
    const lengthBytes = zigzag < 128 ? 1 : zigzag < 16_384 ? 2 : 3;
    if (lengthBytes < 3) this.#buffer.copyWithin(start + lengthBytes, start + 3, this.#at);
    this.#at = start;
    this.#varint(length);
    this.#at += length;
    this.count += 1;
  }

  #bytes(bytes: Uint8Array | null): void {
    this.#varint(bytes === null ? -1 : bytes.length);
    if (bytes === null) return;
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Zigzag; |value| below 2^30. */
  #varint(value: number): void {
    let rest = (value << 1) ^ (value >> 31);
    while (rest > 127) {
      this.#buffer[this.#at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#buffer[this.#at++] = rest;
  }

  /** The batch, and an empty builder again. */
  finish(codec: Codec): Buffer {
    const { bits, pack } = CODECS[codec];
    const packed = pack(this.#buffer.subarray(HEADER, this.#at));
    const batch = Buffer.allocUnsafe(HEADER + packed.length);
    batch.fill(0, 0, HEADER);
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeInt32BE(-1, 12);
    batch[16] = 2;
    batch.writeInt16BE(bits, 21);
    batch.writeInt32BE(this.count - 1, 23);
    batch.writeBigInt64BE(BigInt(this.#first), 27);
    batch.writeBigInt64BE(BigInt(this.#latest), 35);
    batch.writeBigInt64BE(-1n, 43);
    batch.writeInt16BE(-1, 51);
    batch.writeInt32BE(-1, 53);
    batch.writeInt32BE(this.count, 57);
    batch.set(packed, HEADER);
    batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
    this.#at = HEADER;
    this.count = 0;
    this.#latest = 0;
    return batch;
  }
}
