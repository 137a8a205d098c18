// Record headers as Kafka encodes them (KIP-82): ordered, names may repeat, values may be null.
import { type Cursor, readVarint } from './varint.ts';
import { WireWriter } from './wire.ts';

export interface RecordHeader {
  /** The name as text; bytes that are no UTF-8 appear as U+FFFD, `keyBytes` has them exactly. */
  key: string;
  keyBytes: Uint8Array;
  value: Uint8Array | null;
}

const text = new TextDecoder('utf-8');

/** Reads encoded headers in order. Malformed bytes give what was readable before them and say so in `problem`. */
export function readHeaders(bytes: Uint8Array): { headers: RecordHeader[]; problem: string | null } {
  const headers: RecordHeader[] = [];
  if (bytes.length === 0) return { headers, problem: null };
  const cursor: Cursor = { at: 0, bad: false };
  const count = readVarint(bytes, cursor, bytes.length);
  if (cursor.bad || count < 0) return { headers, problem: 'the number of headers is malformed' };
  const malformed = () => ({ headers, problem: `header ${headers.length + 1} of ${count} is malformed` });
  for (let i = 0; i < count; i++) {
    const keyLength = readVarint(bytes, cursor, bytes.length);
    const keyStart = cursor.at;
    if (cursor.bad || keyLength < 0 || keyStart + keyLength > bytes.length) return malformed();
    cursor.at += keyLength;
    const valueLength = readVarint(bytes, cursor, bytes.length);
    const valueStart = cursor.at;
    if (cursor.bad || valueLength < -1 || valueStart + valueLength > bytes.length) return malformed();
    cursor.at += Math.max(valueLength, 0);
    const keyBytes = bytes.subarray(keyStart, keyStart + keyLength);
    headers.push({
      key: text.decode(keyBytes),
      keyBytes,
      value: valueLength < 0 ? null : bytes.subarray(valueStart, valueStart + valueLength),
    });
  }
  const left = bytes.length - cursor.at;
  return { headers, problem: left === 0 ? null : `${left} bytes follow the last header` };
}

/** The headers in order with duplicates; of malformed bytes, those before the fault (see readHeaders). */
export const decodeHeaders = (bytes: Uint8Array): RecordHeader[] => readHeaders(bytes).headers;

/** Encodes headers in exactly this order. */
export function encodeHeaders(headers: readonly { key: string; value: Uint8Array | null }[]): Buffer {
  const out = new WireWriter(64).varint(headers.length);
  for (const { key, value } of headers) {
    const name = Buffer.from(key, 'utf8');
    out.varint(name.length).raw(name);
    if (value === null) out.varint(-1);
    else out.varint(value.length).raw(value);
  }
  return out.bytes;
}
