/** Places in the log that fit a filter, page by page: about a bit for each row of the log, or less. */
import { PAGE } from './logOrder.ts';

/** Fewer hits of a page are kept as a list with their ids, so that the page need not be made to name them. */
const LISTED = 24;
/** Of the lists of pages and counts. */
const BYTES_PER_PAGE = 48;

/** Hits of one page; `bits` null: the listed ones. */
interface HitPage {
  bits: Uint8Array | null;
  places: Uint16Array;
  ids: Float64Array;
}

const NONE: HitPage = { bits: null, places: new Uint16Array(0), ids: new Float64Array(0) };

/** Where some hits are: either their ids, or their places in a page. */
export interface HitRun {
  page: number;
  /** Rows in the page, ascending. */
  places: Uint16Array;
  /** Null: the page has them. */
  ids: Float64Array | null;
}

export class Hits {
  readonly #pages: HitPage[] = [];
  /** Hits before each page, and behind the last. */
  readonly #before: number[] = [0];
  #bytes = 0;

  get count(): number {
    return this.#before[this.#pages.length]!;
  }

  /** What they take of the memory, about. */
  get bytes(): number {
    return this.#bytes + this.#pages.length * BYTES_PER_PAGE;
  }

  /** Forgets the hits of this page and all behind it. */
  cut(page: number): void {
    if (page >= this.#pages.length) return;
    for (const gone of this.#pages.splice(page)) this.#bytes -= bytesOf(gone);
    this.#before.length = page + 1;
  }

  /** The next page's hits; pages between have none. @param places rows in the page, ascending */
  add(page: number, places: Uint16Array, idOf: (place: number) => number): void {
    const { count } = this;
    while (this.#pages.length < page) {
      this.#pages.push(NONE);
      this.#before.push(count);
    }
    const last = packed(places, idOf);
    this.#pages.push(last);
    this.#bytes += bytesOf(last);
    this.#before.push(count + places.length);
  }

  /** How many of the hits stand before a place of the log. */
  countBelow(place: number): number {
    const no = Math.floor(place / PAGE);
    const page = this.#pages[no];
    if (page === undefined) return this.count;
    let count = this.#before[no]!;
    for (const each of placesOf(page)) {
      if (each >= place - no * PAGE) break;
      count += 1;
    }
    return count;
  }

  /** The n-th hits from one up to another (exclusive), page by page. */
  *runs(from: number, to: number): Generator<HitRun> {
    for (let no = this.#pageOf(from); no < this.#pages.length && this.#before[no]! < to; no++) {
      const page = this.#pages[no]!;
      const before = this.#before[no]!;
      const places = placesOf(page);
      const start = Math.max(from - before, 0);
      const end = Math.min(to - before, places.length);
      if (start >= end) continue;
      const ids = page.bits === null ? page.ids.subarray(start, end) : null;
      yield { page: no, places: places.subarray(start, end), ids };
    }
  }

  /** The page of the n-th hit. */
  #pageOf(nth: number): number {
    let low = 0;
    let high = this.#pages.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#before[middle + 1]! <= nth) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const bytesOf = ({ bits, places, ids }: HitPage): number =>
  bits === null ? places.byteLength + ids.byteLength : bits.byteLength;

function packed(places: Uint16Array, idOf: (place: number) => number): HitPage {
  if (places.length === 0) return NONE;
  if (places.length <= LISTED)
    return { bits: null, places: places.slice(), ids: Float64Array.from(places, idOf) };
  const bits = new Uint8Array(PAGE / 8);
  for (const place of places) bits[place >> 3]! |= 1 << (place & 7);
  return { ...NONE, bits };
}

function placesOf({ bits, places }: HitPage): Uint16Array {
  if (bits === null) return places;
  const found = new Uint16Array(PAGE);
  let count = 0;
  for (let byte = 0; byte < bits.length; byte++)
    for (let left = bits[byte]!; left !== 0; left &= left - 1)
      found[count++] = byte * 8 + (31 - Math.clz32(left & -left));
  return found.subarray(0, count);
}
