/**
 * Finding records by a hash in what postings.ts wrote. A hit is a candidate: the caller compares it with the record itself.
 */
import type { Database } from 'better-sqlite3';
import { IdList } from './idList.ts';
import {
  aligned,
  codeAt,
  HASH_SPAN,
  HIGH_KIND,
  idsOf,
  MOST_ROWS,
  POSTING,
  type PostingKind,
  ROW_BITS,
  wordsOf,
} from './postingPages.ts';
import { prepared } from './statements.ts';

const HIGH_HASH = 2 ** HIGH_KIND - 1;

/** The 44 bits that are looked for. @param hash any whole number; its low 41 bits count */
const codeOf = (kind: number, hash: number): number => kind * HASH_SPAN + (hash % HASH_SPAN);
const highOf = (code: number): number => Math.floor(code / 4096);
const lowOf = (code: number): number => code % 4096;

/** Pages of a run are in order: the last that begins no later than a code is the last that can hold it. */
const LAST_PAGES = `
  SELECT r.id, p.first, p.entries FROM posting_run AS r CROSS JOIN posting_page AS p
  ON p.id = (SELECT id FROM posting_page WHERE run = r.id AND first <= CAST(? AS INTEGER)
    ORDER BY first DESC, last DESC LIMIT 1)
  WHERE p.last >= CAST(? AS INTEGER) ORDER BY r.id`;
type LastPage = [run: number, first: number, entries: Uint8Array];
const ALL_PAGES = 'SELECT entries FROM posting_page WHERE run = ? AND first <= ? AND last >= ? ORDER BY id';

/** As {@link candidates}, for hashes that very many records may have. */
export function candidateIds(db: Database, kind: PostingKind, hash: number): Float64Array {
  const code = codeOf(POSTING[kind], hash);
  const found = new IdList();
  const spansOf = prepared(db, 'SELECT spans FROM posting_run WHERE id = ?', 'pluck');
  for (const [run, first, page] of prepared(db, LAST_PAGES, 'raw').all(code, code) as LastPage[]) {
    const rows: number[] = [];
    // Only where it begins a page can there be more of it in the one before.
    const pages =
      first < code
        ? [page]
        : (db.prepare(ALL_PAGES).pluck().iterate(run, code, code) as Iterable<Uint8Array>);
    for (const each of pages) {
      const words = wordsOf(each);
      const count = words.length / 2;
      for (let at = firstOf(words, code, count); at < count && codeAt(words, at) === code; at++)
        rows.push(words[2 * at]! & (MOST_ROWS - 1));
    }
    if (rows.length > 0) addIds(rows, spansOf.get(run) as Uint8Array, found);
  }
  const tail = prepared(db, 'SELECT spans, entries FROM posting_tail', 'raw').all() as [
    Uint8Array,
    Uint8Array,
  ][];
  const high = highOf(code);
  const low = lowOf(code);
  for (const [spans, entries] of tail) {
    const words = wordsOf(entries);
    const rows: number[] = [];
    for (let word = 1; word < words.length; word += 2)
      if (words[word] === high && words[word - 1]! >>> ROW_BITS === low)
        rows.push(words[word - 1]! & (MOST_ROWS - 1));
    if (rows.length > 0) addIds(rows, spans, found);
  }
  return found.finish();
}

/**
 * Ids of the records that may have this hash, ascending; every one that has it is among them, and nearly always no other.
 * Some may be gone since.
 */
export const candidates = (db: Database, kind: PostingKind, hash: number): number[] =>
  Array.from(candidateIds(db, kind, hash));

function firstOf(words: Uint32Array, code: number, count: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (codeAt(words, middle) < code) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param rows places in the run, ascending */
function addIds(rows: readonly number[], spanBytes: Uint8Array, found: IdList): void {
  const spans = new Float64Array(aligned(spanBytes));
  let span = 0;
  let start = 0;
  for (const row of rows) {
    while (row >= start + spans[span + 1]!) {
      start += spans[span + 1]!;
      span += 2;
    }
    found.add(spans[span]! + row - start);
  }
}

/** Ids of the records of an aggregate, ascending. */
export function recordsOfAggregate(db: Database, aggregate: number): number[] {
  const ids = candidates(db, 'aggregate', aggregate);
  const ofAggregate = prepared(
    db,
    'SELECT r.id FROM json_each(?) AS wanted CROSS JOIN record AS r ON r.id = wanted.value WHERE r.agg_id = ?',
    'pluck',
  );
  return ofAggregate.all(JSON.stringify(ids), aggregate) as number[];
}

/** Low bits of a hash that an entry holds. */
export const foldedHash = (hash: number): number => hash % HASH_SPAN;

/**
 * Every entry of some kinds, run by run and in no order: what a look at all records reads instead of their bytes. Some
 * records may be gone since. One step is one run or one part of the tail.
 */
export function* eachPosting(
  db: Database,
  kinds: readonly PostingKind[],
  visit: (kind: PostingKind, id: number, hash: number) => void,
): Generator<void> {
  const names: (PostingKind | undefined)[] = [];
  for (const kind of kinds) names[POSTING[kind]] = kind;
  const look = (entries: Uint8Array, ids: Float64Array) => {
    const words = new Uint32Array(aligned(entries));
    for (let at = 0; at < words.length; at += 2) {
      const low = words[at]!;
      const high = words[at + 1]!;
      const kind = names[high >>> HIGH_KIND];
      if (kind === undefined) continue;
      // The same as codeAt() % HASH_SPAN, which would be a call.
      visit(kind, ids[low & (MOST_ROWS - 1)]!, (high & HIGH_HASH) * 4096 + (low >>> ROW_BITS));
    }
  };
  const runs = db.prepare('SELECT id FROM posting_run ORDER BY id').pluck().all() as number[];
  const run = db.prepare('SELECT rows, spans FROM posting_run WHERE id = ?').raw();
  for (const no of runs) {
    const [rows, spans] = run.get(no) as [number, Uint8Array];
    const ids = idsOf(rows, spans);
    const pages = db.prepare('SELECT entries FROM posting_page WHERE run = ? ORDER BY id').pluck().all(no);
    for (const page of pages as Uint8Array[]) look(page, ids);
    yield;
  }
  const tail = db.prepare('SELECT rows, spans, entries FROM posting_tail ORDER BY id').raw().all();
  for (const [rows, spans, entries] of tail as [number, Uint8Array, Uint8Array][])
    look(entries, idsOf(rows, spans));
}
