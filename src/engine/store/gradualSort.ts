/**
 * Makes one sorted run of the tail and of the small runs before it, a piece at a time: while a topic is followed, a sort
 * in one go would hold up the rows that come meanwhile. The new run's pages carry a number above every run's until its
 * row is written; then tail and old runs go in the same transaction, so that a reader sees either all of the old or all
 * of the new.
 */
import type { Database, Statement } from 'better-sqlite3';
import { aligned, bytesOf, newRun, PAGE_WORDS, PageWriter, wordsOf } from './postingPages.ts';
import { sortEntries } from './sortEntries.ts';

/** Pages of one piece: about 10 ms of merging and writing. */
const PAGES_A_PIECE = 200;
/** Pages of a run that are read at once. */
const PAGES_READ = 50;

interface TailPart {
  id: number;
  rows: number;
  spans: Uint8Array;
  entries: Uint8Array;
}

export interface SmallRun {
  id: number;
  rows: number;
  spans: Uint8Array;
}

/** Sorted entries that are read on. */
class Source {
  #words: Uint32Array = new Uint32Array(0);
  #at = 0;
  #next: () => Uint32Array | null;
  /** Place of the first of its rows in the new run. */
  readonly #shift: number;
  /** Words of the entry that is due, its row as in the new run. */
  low = 0;
  high = 0;

  constructor(shift: number, next: () => Uint32Array | null) {
    this.#shift = shift;
    this.#next = next;
  }

  /** @returns false at the end */
  advance(): boolean {
    while (this.#at === this.#words.length) {
      const words = this.#next();
      if (words === null) return false;
      this.#words = words;
      this.#at = 0;
    }
    this.low = this.#words[this.#at]! + this.#shift;
    this.high = this.#words[this.#at + 1]!;
    this.#at += 2;
    return true;
  }
}

export class GradualSort {
  readonly #db: Database;
  readonly #run: number;
  readonly #rows: number;
  readonly #spans: Float64Array;
  readonly #merged: readonly SmallRun[];
  readonly #lastOfTail: number;
  readonly #sources: Source[];
  readonly #pages: PageWriter;
  #page = new Uint32Array(PAGE_WORDS);
  #filled = 0;
  /** What of the tail it takes. */
  readonly taken: { rows: number; frames: number };

  /**
   * Sorts the tail as it is now, in memory. Inside a transaction.
   * @param small the runs that take part; their rows and those of the tail must fit one run
   */
  constructor(db: Database, small: readonly SmallRun[]) {
    this.#db = db;
    this.#run = newRun(db);
    this.#merged = small;
    const tail = db
      .prepare('SELECT id, rows, spans, entries FROM posting_tail ORDER BY id')
      .all() as TailPart[];
    this.#lastOfTail = tail.at(-1)?.id ?? 0;
    const spans: number[] = [];
    let rows = 0;
    this.#sources = small.map((each) => {
      const source = new Source(rows, pagesOf(db, each.id));
      spans.push(...spansOf(each.spans));
      rows += each.rows;
      return source;
    });
    const all = new Uint32Array(tail.reduce((sum, part) => sum + part.entries.length / 4, 0));
    const before = rows;
    let at = 0;
    for (const part of tail) {
      const words = wordsOf(part.entries);
      const shift = rows - before;
      for (let word = 0; word < words.length; word += 2) {
        all[at] = words[word]! + shift;
        all[at + 1] = words[word + 1]!;
        at += 2;
      }
      spans.push(...spansOf(part.spans));
      rows += part.rows;
    }
    let sorted: Uint32Array | null = sortEntries(all);
    this.#sources.push(
      new Source(before, () => {
        const whole = sorted;
        sorted = null;
        return whole;
      }),
    );
    this.#sources = this.#sources.filter((source) => source.advance());
    this.#rows = rows;
    this.#spans = Float64Array.from(spans);
    this.#pages = new PageWriter(db, this.#run);
    this.taken = { rows: rows - before, frames: tail.length };
  }

  /** Does one piece inside the transaction that is open. @returns whether it was the last */
  piece(): boolean {
    for (let pages = 0; pages < PAGES_A_PIECE; pages++) {
      while (this.#filled < PAGE_WORDS) {
        const least = this.#least();
        if (least < 0) {
          this.#finish();
          return true;
        }
        const source = this.#sources[least]!;
        this.#page[this.#filled] = source.low;
        this.#page[this.#filled + 1] = source.high;
        this.#filled += 2;
        if (!source.advance()) this.#sources.splice(least, 1);
      }
      this.#pages.put(this.#page);
      this.#filled = 0;
    }
    return false;
  }

  /** Which source has the entry that comes first; -1 when all are read. */
  #least(): number {
    let least = this.#sources.length - 1;
    for (let at = least - 1; at >= 0; at--) {
      const { low, high } = this.#sources[at]!;
      const other = this.#sources[least]!;
      if (high < other.high || (high === other.high && low < other.low)) least = at;
    }
    return least;
  }

  #finish(): void {
    this.#pages.put(this.#page.subarray(0, this.#filled));
    const put = this.#db.prepare('INSERT INTO posting_run (id, rows, spans) VALUES (?, ?, ?)');
    put.run(this.#run, this.#rows, bytesOf(this.#spans));
    for (const { id } of this.#merged) {
      this.#db.prepare('DELETE FROM posting_page WHERE run = ?').run(id);
      this.#db.prepare('DELETE FROM posting_run WHERE id = ?').run(id);
    }
    this.#db.prepare('DELETE FROM posting_tail WHERE id <= ?').run(this.#lastOfTail);
  }
}

const spansOf = (bytes: Uint8Array): Float64Array => new Float64Array(aligned(bytes));

/** The pages of a run, one after the other; read some at once, for a statement left open would lock the connection. */
function pagesOf(db: Database, run: number): () => Uint32Array | null {
  const some: Statement = db
    .prepare(`SELECT id, entries FROM posting_page WHERE run = ? AND id > ? ORDER BY id LIMIT ${PAGES_READ}`)
    .raw();
  let ready: [id: number, entries: Uint8Array][] = [];
  let last = 0;
  return () => {
    if (ready.length === 0) ready = (some.all(run, last) as [number, Uint8Array][]).reverse();
    const page = ready.pop();
    if (page === undefined) return null;
    last = page[0];
    return wordsOf(page[1]);
  };
}
