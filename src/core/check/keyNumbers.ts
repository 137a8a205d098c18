/** Numbers of keys, looked up by their bytes: making a text of each key of each payload would cost as much as parsing it. */

interface Known {
  key: Uint8Array;
  no: number;
}

/** A power of two. */
const PLACES = 1024;
/** Keys that are kept; data whose keys are ids would have millions. */
const MOST_KEPT = 10_000;

export class KeyNumbers {
  readonly #places: Known[][] = Array.from({ length: PLACES }, () => []);
  readonly #numberOf: (key: string) => number;
  // A byte order mark is a letter of the key.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #kept = 0;

  /** @param numberOf of a key; the same whenever it is asked, because what it says is kept */
  constructor(numberOf: (key: string) => number) {
    this.#numberOf = numberOf;
  }

  /** @param start of the bytes of the key, valid UTF-8 without escapes */
  numberOf(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    // Tells most keys apart by what is cheap to read.
    const middle = start + (length >>> 1);
    const mix = bytes[start]! + Math.imul(bytes[end - 1]!, 7) + Math.imul(bytes[middle]!, 31) + length * 97;
    const place = this.#places[mix & (PLACES - 1)]!;
    next: for (const { key, no } of place) {
      if (key.length !== length) continue;
      for (let at = 0; at < length; at += 1) if (bytes[start + at] !== key[at]) continue next;
      return no;
    }
    // A copy: the bytes are of a block, whose memory is used again.
    const key = Uint8Array.from(bytes.subarray(start, end));
    const no = this.#numberOf(this.#decoder.decode(key));
    if (this.#kept < MOST_KEPT) {
      place.push({ key, no });
      this.#kept += 1;
    }
    return no;
  }
}
