/** Pages of sorted entries, as the runs of postings.ts are stored. An entry is two words, the low one first. */
import type { Database, Statement } from 'better-sqlite3';

export const POSTING = { event: 0, correlation: 1, causation: 2, key: 3, aggregate: 4 } as const;
export type PostingKind = keyof typeof POSTING;

/** An entry holds a hash modulo this. */
export const HASH_SPAN = 2 ** 41;
/** Bit of the high word of an entry where its kind begins. */
export const HIGH_KIND = 29;
/** Low bits of an entry: the row's place among the rows of its run. */
export const ROW_BITS = 20;
/** Rows of a run. */
export const MOST_ROWS = 2 ** ROW_BITS;
/** Entries of a page: ten of them, 1,600 bytes each, fill a page of the file. A look-up reads one of each run. */
const PAGE_ENTRIES = 200;
export const PAGE_WORDS = 2 * PAGE_ENTRIES;

export const bytesOf = (array: Uint32Array | Float64Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** A copy that is aligned for wider elements. */
export const aligned = (bytes: Uint8Array): ArrayBuffer => bytes.slice().buffer as ArrayBuffer;

/** Entries as words: copied only where they are not aligned. */
export const wordsOf = (bytes: Uint8Array): Uint32Array =>
  bytes.byteOffset % 4 === 0
    ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2)
    : new Uint32Array(aligned(bytes));

/** The 44 bits of kind and hash. @param at which entry */
export const codeAt = (words: Uint32Array, at: number): number =>
  words[2 * at + 1]! * 4096 + (words[2 * at]! >>> ROW_BITS);

/**
 * Number of a run that is to come. Pages of a run above the last are of a sort that never ended (postings are in order
 * without them): they are taken away, or they would be taken for the new run's. Inside a transaction.
 */
export function newRun(db: Database): number {
  const last = db.prepare('SELECT coalesce(max(id), 0) FROM posting_run').pluck().get() as number;
  db.prepare('DELETE FROM posting_page WHERE run > ?').run(last);
  return last + 1;
}

/** Writes the pages of one run, which come in order. */
export class PageWriter {
  readonly #put: Statement;
  readonly #run: number;

  constructor(db: Database, run: number) {
    this.#put = db.prepare('INSERT INTO posting_page (run, first, last, entries) VALUES (?, ?, ?, ?)');
    this.#run = run;
  }

  /** @param words sorted entries, a page of them at most; empty: nothing is written */
  put(words: Uint32Array): void {
    if (words.length === 0) return;
    this.#put.run(this.#run, codeAt(words, 0), codeAt(words, words.length / 2 - 1), bytesOf(words));
  }
}

/** Record id of each row of a run. */
export function idsOf(rows: number, spanBytes: Uint8Array): Float64Array {
  const ids = new Float64Array(rows);
  const spans = new Float64Array(aligned(spanBytes));
  let row = 0;
  for (let span = 0; span < spans.length; span += 2)
    for (let nth = 0; nth < spans[span + 1]!; nth++) ids[row++] = spans[span]! + nth;
  return ids;
}
