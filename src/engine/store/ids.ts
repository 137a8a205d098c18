/** The packed record number and the id hashes. */

/** Offsets share a 53-bit integer with the partition number: 40 bits of offset, 8,192 partitions. */
export const OFFSET_SPAN = 2 ** 40;
export const MAX_PARTITIONS = 8192;

/** The record id: partition number of the workspace · 2^40 + offset. */
export const recordId = (partitionNo: number, offset: number): number => partitionNo * OFFSET_SPAN + offset;
export const partitionNoOf = (id: number): number => Math.floor(id / OFFSET_SPAN);
export const offsetOf = (id: number): number => id % OFFSET_SPAN;

/**
 * A 53-bit hash of a text (cyrb53 by bryc, public domain: two 32-bit multiplicative mixes). Not cryptographic: a hit is
 * always compared with the event's own bytes.
 */
export function hash53(text: string): number {
  let high = HIGH;
  let low = LOW;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  return mixed(high, low);
}

/** The same of bytes, each taken as a character; of ASCII it is the hash of the text. */
export function hashOfBytes(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let high = HIGH;
  let low = LOW;
  for (let at = start; at < end; at++) {
    const code = bytes[at]!;
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  return mixed(high, low);
}

const HIGH = 0xdeadbeef;
const LOW = 0x41c6ce57;

function mixed(from: number, lower: number): number {
  let high = from;
  let low = lower;
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}
