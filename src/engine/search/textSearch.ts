/** Which records the full-text index leaves over. */
import type Database from 'better-sqlite3';
import type { TextQuery } from '../../core/filter/filter.ts';
import { rowsOfRecords, sliceRows } from '../reads/logRows.ts';
import { inLogOrder, ListedRecords, type Selection } from '../reads/selection.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { prepared } from '../store/statements.ts';
import type { ReadContext } from '../workers/context.ts';
import { ESCAPED_WORD, isOfAnother, openForSearch, standsOf, wordsTable } from './textIndex.ts';

/** Fewer records are read sooner than an index is asked. */
const WORTH_ASKING = 5000;
/** An index that leaves more than this share over costs more than it spares. */
const MOST = 0.02;
/** Records that are read in pieces, and how many may be left over at all: their ids are held. */
const PIECE = 1 << 14;
const MOST_LEFT = 1 << 21;

/**
 * Those of the records that can have the words: found by the index, or not in it yet. Null: no index can help, all have
 * to be looked at.
 */
export function narrowByWords(
  context: ReadContext,
  base: Selection,
  words: TextQuery | null,
  folder: string,
): Selection | null {
  if (words === null || base.count < WORTH_ASKING) return null;
  const db = openForSearch(context, folder);
  if (db === null) return null;
  try {
    return narrow(context, base, matchText(words), db);
  } finally {
    db.close();
  }
}

function narrow(
  context: ReadContext,
  base: Selection,
  match: string,
  db: Database.Database,
): Selection | null {
  /** By partition number: records below this offset are in the index. */
  const indexedTo: number[] = [];
  const found = new Set<number>();
  const most = base.count * MOST;
  for (const { id, parts } of indexedTopics(context, db)) {
    for (const [no, next] of parts) indexedTo[no] = next;
    const ids = db
      .prepare(`SELECT rowid FROM ${wordsTable(id)} WHERE ${wordsTable(id)} MATCH ?`)
      .pluck()
      .iterate(match) as IterableIterator<number>;
    for (const each of ids) {
      found.add(each);
      if (found.size > most) return null;
    }
    context.throwIfAborted();
  }
  if (indexedTo.length === 0) return null;
  const since = firstLeftOut(context, indexedTo);
  // Before that moment the index knows all; from there on each record is looked at.
  const known = inLogOrder(context, rowsOfRecords(context.db, [...found]));
  const isBefore = known.mono.findIndex((time) => time >= since);
  const ids = base.among(isBefore === -1 ? known : sliceRows(known, 0, isBefore));
  for (let from = base.countBefore(since); from < base.count; from += PIECE) {
    context.throwIfAborted();
    const rows = base.rows(from, Math.min(from + PIECE, base.count));
    for (const id of rows.id) {
      const no = Math.floor(id / OFFSET_SPAN);
      if (id - no * OFFSET_SPAN >= (indexedTo[no] ?? 0) || found.has(id)) ids.push(id);
    }
    if (ids.length > MOST_LEFT) return null;
  }
  return new ListedRecords(context.db, Float64Array.from(ids));
}

/** Moment of the first record that is not in the index; Infinity: all are. */
function firstLeftOut({ db, dictionary }: ReadContext, indexedTo: readonly number[]): number {
  const first = prepared(db, 'SELECT mono FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT 1', 'pluck');
  let earliest = Number.POSITIVE_INFINITY;
  for (const { no } of dictionary.partitions()) {
    const start = no * OFFSET_SPAN;
    const time = first.get(start + (indexedTo[no] ?? 0), start + OFFSET_SPAN) as number | undefined;
    if (time !== undefined) earliest = Math.min(earliest, time);
  }
  return earliest;
}

function* indexedTopics(
  context: ReadContext,
  words: Database.Database,
): Generator<{ id: number; parts: [no: number, next: number][] }> {
  const parts = context.db.prepare(
    'SELECT no, topic_id AS topicId, settled_offset AS settled FROM partition WHERE topic_id = ?',
  );
  for (const id of words.prepare('SELECT id FROM topic').pluck().all() as number[]) {
    const stands = standsOf(words, id);
    if (isOfAnother(stands, parts.all(id) as Parameters<typeof isOfAnother>[1])) continue;
    yield { id, parts: [...stands].map(([no, { next }]) => [no, next]) };
  }
}

/** As FTS5 writes it. Words are letters and digits only, so nothing in them has a meaning there. */
function matchText(query: TextQuery): string {
  if (query.kind === 'escaped') return `"${ESCAPED_WORD}"`;
  if (query.kind === 'word') return `"${query.word}"${query.prefix ? ' *' : ''}`;
  return `(${query.items.map(matchText).join(query.kind === 'all' ? ' AND ' : ' OR ')})`;
}
