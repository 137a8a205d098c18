// Zigzag variable-length integers of Kafka records (KIP-98), read from a shared cursor: no object is made per number.

/** A position in bytes. `bad` becomes true when a number ran over the end or its length; the caller checks it once. */
export interface Cursor {
  at: number;
  bad: boolean;
}

/** Reads a VARINT (32 bits). */
export function readVarint(bytes: Uint8Array, cursor: Cursor, end: number): number {
  let at = cursor.at;
  let byte = at < end ? bytes[at++]! : -1;
  if (byte >= 0 && byte < 128) {
    cursor.at = at;
    return (byte >>> 1) ^ -(byte & 1);
  }
  let value = byte & 127;
  for (let shift = 7; shift < 35; shift += 7) {
    if (byte < 0 || at >= end) break;
    byte = bytes[at++]!;
    value |= (byte & 127) << shift;
    if (byte < 128) {
      // The fifth byte carries only the top four of 32 bits.
      if (shift === 28 && byte > 15) break;
      cursor.at = at;
      return (value >>> 1) ^ -(value & 1);
    }
  }
  cursor.bad = true;
  return 0;
}

/** Reads a VARLONG (64 bits) as a number; exact up to 2^53, the nearest number beyond. */
export function readVarlong(bytes: Uint8Array, cursor: Cursor, end: number): number {
  const start = cursor.at;
  let low = 0;
  let scale = 1;
  for (let i = 0; i < 7; i++) {
    if (start + i >= end) {
      cursor.bad = true;
      return 0;
    }
    const byte = bytes[start + i]!;
    low += (byte & 127) * scale;
    if (byte < 128) {
      cursor.at = start + i + 1;
      return low % 2 === 0 ? low / 2 : -(low + 1) / 2;
    }
    scale *= 128;
  }
  return Number(readLongVarlong(bytes, cursor, end));
}

/** The exact value, for the rare numbers of more than seven bytes. */
export function readLongVarlong(bytes: Uint8Array, cursor: Cursor, end: number): bigint {
  let value = 0n;
  let at = cursor.at;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (at >= end) break;
    const byte = bytes[at++]!;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) {
      if (shift === 63n && byte > 1) break;
      cursor.at = at;
      const unsigned = BigInt.asUintN(64, value);
      return (unsigned >> 1n) ^ -(unsigned & 1n);
    }
  }
  cursor.bad = true;
  return 0n;
}
