// Memory that decoders write to: it grows when full, never passes its limit, and can be used again.
import { OutputTooLarge } from './codecError.ts';

/** Kept for the next use; what a single huge batch took beyond it is given back. */
const KEPT_BYTES = 16 * 2 ** 20;

/** No zeros are written first: only what a decoder has written is ever read. */
const uncleared = (size: number) => new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);

/** Output that doubles when full and never passes its limit. */
export class GrowingOutput {
  bytes: Uint8Array;
  length = 0;
  /** The length that must not be passed. */
  limit: number;
  #allowed: number;

  constructor(size: number, limit = Number.POSITIVE_INFINITY) {
    this.bytes = uncleared(Math.max(size, 16));
    this.limit = limit;
    this.#allowed = limit;
  }

  /** From here on so many bytes may follow. */
  allow(size: number): void {
    this.limit = this.length + size;
    this.#allowed = size;
  }

  /** Forgets the content. */
  clear(): void {
    if (this.bytes.length > KEPT_BYTES) this.bytes = uncleared(16);
    this.length = 0;
  }

  /** Makes room for `wanted` bytes, or as many as are allowed; gives how many bytes may be written now. */
  room(wanted: number): number {
    const size = Math.min(wanted, this.limit - this.length);
    if (size > 0) this.reserve(size);
    return Math.min(this.bytes.length, this.limit) - this.length;
  }

  reserve(size: number): void {
    const wanted = this.length + size;
    if (wanted > this.limit) throw new OutputTooLarge(this.#allowed);
    if (wanted <= this.bytes.length) return;
    const grown = uncleared(Math.min(this.limit, Math.max(wanted, this.bytes.length * 2)));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  append(source: Uint8Array): void {
    this.reserve(source.length);
    this.bytes.set(source, this.length);
    this.length += source.length;
  }

  copyIn(source: Uint8Array, from: number, size: number): void {
    this.reserve(size);
    const target = this.bytes;
    // A loop beats set() for the short runs that JSON compresses to.
    if (size > 48) target.set(source.subarray(from, from + size), this.length);
    else for (let i = 0, to = this.length; i < size; i++) target[to + i] = source[from + i]!;
    this.length += size;
  }

  /** Copies `size` bytes from `distance` back; the ranges may overlap, which repeats a pattern. */
  repeat(distance: number, size: number): void {
    this.reserve(size);
    const target = this.bytes;
    const to = this.length;
    const from = to - distance;
    if (size > 48 && distance >= size) target.copyWithin(to, from, from + size);
    else for (let i = 0; i < size; i++) target[to + i] = target[from + i]!;
    this.length += size;
  }
}
