/** Numbers by a group and bytes: a hash table of typed arrays, a fraction of the memory of a map of texts. */

const FIRST_PLACES = 1024;
const FIRST_BYTES = 16 * 1024;

/** 32 bits, four bytes a step. Not cryptographic and never stored: what is found is compared byte by byte. */
export function hash32({ bytes, view }: ViewedBytes, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash;
}

/** Bytes that are also read as words; a view is made once for many look-ups in the same bytes. */
export class ViewedBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

function grown<T extends Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

export class ByteTable {
  /** One more than the entry; 0: free. Length: a power of two, at most half of it taken. */
  #places = new Int32Array(FIRST_PLACES);
  #count = 0;
  /** Of each entry: hash, group, number, end of its bytes, which begin where those before end. */
  #entries = new Int32Array(FIRST_PLACES * 2);
  #own = new ViewedBytes(new Uint8Array(FIRST_BYTES));
  #used = 0;

  get size(): number {
    return this.#count;
  }

  /** The number that was added; 0: none. @param hash of {@link hash32} */
  find(group: number, bytes: ViewedBytes, start: number, end: number, hash: number): number {
    const places = this.#places;
    const entries = this.#entries;
    const mask = places.length - 1;
    const mixed = mix(hash, group);
    for (let place = mixed & mask; ; place = (place + 1) & mask) {
      const entry = places[place]! - 1;
      if (entry < 0) return 0;
      const at = entry * 4;
      if (entries[at] === mixed && entries[at + 1] === group && this.#isAt(entry, bytes, start, end))
        return entries[at + 2]!;
    }
  }

  /** Adds what is not there yet. @param number 1 to 2^31 − 1 */
  add(group: number, { bytes }: ViewedBytes, start: number, end: number, hash: number, number: number): void {
    if ((this.#count + 1) * 2 > this.#places.length) this.#grow();
    const length = end - start;
    const own = this.#own.bytes;
    if (this.#used + length > own.length)
      this.#own = new ViewedBytes(grown(own, new Uint8Array(Math.max(own.length * 2, this.#used + length))));
    this.#own.bytes.set(bytes.subarray(start, end), this.#used);
    this.#used += length;
    const mixed = mix(hash, group);
    this.#entries.set([mixed, group, number, this.#used], this.#count * 4);
    this.#count += 1;
    this.#take(mixed, this.#count);
  }

  #isAt(entry: number, { bytes, view }: ViewedBytes, start: number, end: number): boolean {
    const from = entry === 0 ? 0 : this.#entries[entry * 4 - 1]!;
    if (this.#entries[entry * 4 + 3]! - from !== end - start) return false;
    const own = this.#own;
    const shift = from - start;
    let at = start;
    for (; at + 4 <= end; at += 4) if (view.getInt32(at) !== own.view.getInt32(at + shift)) return false;
    for (; at < end; at++) if (bytes[at] !== own.bytes[at + shift]) return false;
    return true;
  }

  #take(mixed: number, value: number): void {
    const mask = this.#places.length - 1;
    let place = mixed & mask;
    while (this.#places[place] !== 0) place = (place + 1) & mask;
    this.#places[place] = value;
  }

  #grow(): void {
    this.#places = new Int32Array(this.#places.length * 2);
    this.#entries = grown(this.#entries, new Int32Array(this.#places.length * 2));
    for (let entry = 0; entry < this.#count; entry++) this.#take(this.#entries[entry * 4]!, entry + 1);
  }
}

function mix(hash: number, group: number): number {
  const mixed = Math.imul(hash ^ Math.imul(group, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
