/**
 * Finding records by a hash: event id, correlation id, causation id, key, and by the number of their aggregate. Each frame
 * brings its entries as they come (the tail); many frames become one sorted run, so that nothing is ever inserted into
 * the middle of a tree. A hit is a candidate: the caller compares it with the record itself.
 *
 * An entry is 64 bits: 3 of the kind, 41 of the hash, 20 of the row's place among the rows of its run.
 */
import type { Database, Statement } from 'better-sqlite3';
import type { FramePostings } from './frame.ts';
import { GradualSort, type SmallRun } from './gradualSort.ts';
import {
  aligned,
  bytesOf,
  codeAt,
  HASH_SPAN,
  HIGH_KIND,
  idsOf,
  MOST_ROWS,
  newRun,
  PAGE_WORDS,
  PageWriter,
  ROW_BITS,
} from './postingPages.ts';
import { sortEntries } from './sortEntries.ts';

const WORD = 2 ** 32;
/** The tail is sorted when it has so many rows or frames: looking through it costs about a millisecond then. */
export const TAIL_ROWS = 2 ** 18;
const TAIL_FRAMES = 512;
/** So many times as many may wait while they are sorted piece by piece. */
const LIVE_FRAMES = 4;
/** A run smaller than this takes part in the next sort, so that a slow stream does not leave thousands. */
const SMALL_RUN = 2 ** 17;

/** Rows that share one list: the places of a frame's rows must leave room for those of other frames. */
export const LIST_ROWS = 2 ** 18;

/** Collects the entries of up to {@link LIST_ROWS} rows. */
export class PostingList {
  #entries: Uint32Array<ArrayBuffer>;
  #count = 0;

  constructor(rows: number) {
    this.#entries = new Uint32Array(new ArrayBuffer(rows * 4 * 8));
  }

  /** @param row place of the row among those of the list */
  add(kind: number, hash: number, row: number): void {
    const at = this.#count * 2;
    if (at === this.#entries.length) {
      const grown = new Uint32Array(new ArrayBuffer(Math.max(64, this.#entries.byteLength * 2)));
      grown.set(this.#entries);
      this.#entries = grown;
    }
    // The same as codeOf() in words of 32 bits: a remainder of a larger number is a call.
    const low = hash >>> 0;
    const high = ((hash - low) / WORD) & (HASH_SPAN / WORD - 1);
    // Little-endian: the low word comes first.
    this.#entries[at] = (low << ROW_BITS) | row;
    this.#entries[at + 1] = (kind << HIGH_KIND) | (high << ROW_BITS) | (low >>> 12);
    this.#count += 1;
  }

  /** The entries, and the rows' offsets as spans. The list is empty then. */
  finish(offsets: Float64Array): FramePostings {
    const spans: number[] = [];
    for (let row = 0; row < offsets.length; row++) {
      const offset = offsets[row]!;
      const last = spans.length - 2;
      if (last >= 0 && spans[last]! + spans[last + 1]! === offset) spans[last + 1]! += 1;
      else spans.push(offset, 1);
    }
    const entries = this.#entries.slice(0, this.#count * 2);
    this.#count = 0;
    return { rows: offsets.length, spans: Float64Array.from(spans), entries };
  }
}

interface TailRow {
  id: number;
  rows: number;
  spans: Uint8Array;
  entries: Uint8Array;
}

/** The writer's side: takes frames and sorts them into runs, inside the transaction that is open. */
export class PostingWriter {
  readonly #db: Database;
  readonly #add: Statement;
  /** Of the tail and of what is held. */
  #rows: number;
  #frames: number;
  #held: FramePostings[] = [];
  #gradual: GradualSort | null = null;
  #live = false;

  constructor(db: Database) {
    this.#db = db;
    this.#add = db.prepare('INSERT INTO posting_tail (rows, spans, entries) VALUES (?, ?, ?)');
    const found = db.prepare('SELECT coalesce(sum(rows), 0) AS rows, count(*) AS frames FROM posting_tail');
    const { rows, frames } = found.get() as { rows: number; frames: number };
    this.#rows = rows;
    this.#frames = frames;
  }

  /** @param base record id of offset 0 of the partition */
  add(base: number, part: FramePostings): void {
    this.hold(base, part);
    this.flush();
  }

  /**
   * As {@link add}, but kept here until {@link flush}, which has to come before the transaction ends: a bulk load then goes
   * into runs at once and never through the tail.
   */
  hold(base: number, { rows, spans, entries }: FramePostings): void {
    const ids = spans.map((value, at) => (at % 2 === 0 ? base + value : value));
    this.#held.push({ rows, spans: ids, entries });
    this.#rows += rows;
    this.#frames += 1;
    const most = this.#live ? TAIL_FRAMES * LIVE_FRAMES : TAIL_FRAMES;
    if (this.#rows >= TAIL_ROWS || this.#frames >= most) this.sort();
  }

  /** While a topic is followed the caller sorts with {@link sortAPiece}; a flood is sorted at once all the same. */
  set live(live: boolean) {
    this.#live = live;
  }

  /** Whether {@link sortAPiece} has something to do: a sort has begun, or the tail is long. */
  get isSorting(): boolean {
    return this.#gradual !== null || this.#frames >= TAIL_FRAMES;
  }

  /** One piece of sorting the tail, inside the transaction that is open. @returns whether there is more to do */
  sortAPiece(): boolean {
    if (!this.isSorting) return false;
    if (this.#gradual === null) {
      this.#gradual = new GradualSort(this.#db, this.#smallRuns());
      return true;
    }
    if (!this.#gradual.piece()) return true;
    this.#rows -= this.#gradual.taken.rows;
    this.#frames -= this.#gradual.taken.frames;
    this.#gradual = null;
    return false;
  }

  /** Puts what is held into the tail. */
  flush(): void {
    for (const { rows, spans, entries } of this.#held.splice(0))
      this.#add.run(rows, bytesOf(spans), bytesOf(entries));
  }

  /** After a rollback: what the tail holds is what was committed. */
  reset(): void {
    const fresh = new PostingWriter(this.#db);
    this.#rows = fresh.#rows;
    this.#frames = fresh.#frames;
    this.#held = [];
    this.#gradual = null;
  }

  /** Takes out the entries of records that are read anew, from what is sorted and from the tail. */
  forget(isGone: (id: number) => boolean): void {
    // What is being sorted still has the entries that go.
    this.#gradual = null;
    const db = this.#db;
    const tail = db.prepare('SELECT id, rows, spans, entries FROM posting_tail ORDER BY id');
    const putTail = db.prepare('UPDATE posting_tail SET entries = ? WHERE id = ?');
    for (const { id, rows, spans, entries } of tail.all() as TailRow[]) {
      const left = entriesLeft(new Uint32Array(aligned(entries)), idsOf(rows, spans), isGone);
      if (left !== null) putTail.run(bytesOf(left), id);
    }
    const pages = db.prepare('SELECT id, entries FROM posting_page WHERE run = ? ORDER BY id');
    const put = db.prepare('UPDATE posting_page SET first = ?, last = ?, entries = ? WHERE id = ?');
    const drop = db.prepare('DELETE FROM posting_page WHERE id = ?');
    const runs = db.prepare('SELECT id, rows, spans FROM posting_run').all();
    for (const run of runs as Omit<TailRow, 'entries'>[]) {
      const ids = idsOf(run.rows, run.spans);
      for (const page of pages.all(run.id) as Pick<TailRow, 'id' | 'entries'>[]) {
        const left = entriesLeft(new Uint32Array(aligned(page.entries)), ids, isGone);
        if (left === null) continue;
        if (left.length === 0) drop.run(page.id);
        else put.run(codeAt(left, 0), codeAt(left, left.length / 2 - 1), bytesOf(left), page.id);
      }
    }
  }

  get tailRows(): number {
    return this.#rows;
  }

  /** The newest runs that the next sort takes in, the newest first. */
  #smallRuns(): SmallRun[] {
    const newestFirst = this.#db.prepare('SELECT id, rows, spans FROM posting_run ORDER BY id DESC');
    const found: SmallRun[] = [];
    let rows = this.#rows;
    // Closed early: the connection is free again before anything is written.
    for (const run of newestFirst.iterate() as Iterable<SmallRun>) {
      if (run.rows >= SMALL_RUN || run.rows > 2 * rows || rows + run.rows > MOST_ROWS) break;
      found.push(run);
      rows += run.rows;
    }
    return found;
  }

  /** Makes one sorted run of the tail, of what is held, and of the small runs before it. */
  sort(): void {
    this.#gradual = null;
    if (this.#frames === 0) return;
    const db = this.#db;
    const parts: { rows: number; spans: Float64Array; entries: Uint32Array }[] = [];
    let rows = 0;
    let words = 0;
    const take = (part: { rows: number; spans: Uint8Array }, entries: Uint8Array[]) => {
      const spans = new Float64Array(aligned(part.spans));
      for (const [at, each] of entries.entries()) {
        const list = new Uint32Array(aligned(each));
        parts.push({
          rows: at === 0 ? part.rows : 0,
          spans: at === 0 ? spans : new Float64Array(0),
          entries: list,
        });
        words += list.length;
      }
      rows += part.rows;
    };
    const pages = db.prepare('SELECT entries FROM posting_page WHERE run = ? ORDER BY id').pluck();
    for (const run of this.#smallRuns()) {
      take(run, pages.all(run.id) as Uint8Array[]);
      db.prepare('DELETE FROM posting_page WHERE run = ?').run(run.id);
      db.prepare('DELETE FROM posting_run WHERE id = ?').run(run.id);
    }
    const tail = db.prepare('SELECT id, rows, spans, entries FROM posting_tail ORDER BY id');
    for (const row of tail.all() as TailRow[]) take(row, [row.entries]);
    for (const part of this.#held.splice(0)) {
      parts.push(part);
      rows += part.rows;
      words += part.entries.length;
    }
    this.#write(parts, rows, words);
    db.exec('DELETE FROM posting_tail');
    this.#rows = 0;
    this.#frames = 0;
  }

  #write(
    parts: readonly { rows: number; spans: Float64Array; entries: Uint32Array }[],
    rows: number,
    words: number,
  ): void {
    const all = new Uint32Array(words);
    const spans: number[] = [];
    let at = 0;
    let shift = 0;
    let counted = 0;
    for (const part of parts) {
      if (part.rows > 0) {
        shift = counted;
        counted += part.rows;
        for (const value of part.spans) spans.push(value);
      }
      const { entries } = part;
      // Places count on from part to part; there is room, for a run has at most MOST_ROWS.
      for (let word = 0; word < entries.length; word += 2) {
        all[at] = entries[word]! + shift;
        all[at + 1] = entries[word + 1]!;
        at += 2;
      }
    }
    const sorted = sortEntries(all);
    const run = newRun(this.#db);
    this.#db
      .prepare('INSERT INTO posting_run (id, rows, spans) VALUES (?, ?, ?)')
      .run(run, rows, bytesOf(Float64Array.from(spans)));
    const pages = new PageWriter(this.#db, run);
    for (let start = 0; start < sorted.length; start += PAGE_WORDS)
      pages.put(sorted.subarray(start, start + PAGE_WORDS));
  }
}

/** The entries whose record is not gone, in their order; null: all of them. */
function entriesLeft(
  words: Uint32Array,
  ids: Float64Array,
  isGone: (id: number) => boolean,
): Uint32Array | null {
  let kept = 0;
  for (let word = 0; word < words.length; word += 2) {
    if (isGone(ids[words[word]! & (MOST_ROWS - 1)]!)) continue;
    words[kept] = words[word]!;
    words[kept + 1] = words[word + 1]!;
    kept += 2;
  }
  return kept === words.length ? null : words.slice(0, kept);
}
