/**
 * The full-text index of a workspace: the words of every value of a topic, in a file of its own in the data folder
 * (ADR 0012). It is a cache: a search that uses it still looks at the bytes of what it finds, and at every record that
 * the index does not hold yet; the file may be deleted at any time.
 */
import { existsSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { wordsOf } from '../../core/filter/filter.ts';
import { derivedFile } from '../projection/derived.ts';
import { type CacheKind, openCacheToRead, openCacheToWrite, removeCacheFile } from '../store/cacheFile.ts';
import { storeFault } from '../store/faults.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import type { ReadContext } from '../workers/context.ts';
import { valuesFrom } from './recordRun.ts';

/** Raised with every change of the tables or of what a word is; another number: the file is made anew. */
const FORMAT = 1;
const SUFFIX = '.words';
/** Stands with the words of a value that is written with a backslash. A value may hold it as a word, too: one more look. */
export const ESCAPED_WORD = 'zzescapedzz';
const BACKSLASH = 0x5c;
/** Records per transaction: each begins new segments of the index, which are merged later. */
const COMMIT_EVERY = 50_000;
const STEP_MS = 80;
/** Words wait in memory for so many bytes before they are written. */
const HASH_BYTES = 32 * 1024 * 1024;
const CHECK_EVERY = 256;

export interface TopicIndex {
  topic: string;
  /** Captured records whose words are in it, and those whose are not yet. */
  indexed: number;
  behind: number;
  bytes: number;
}

const TABLES = `
  CREATE TABLE topic (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE part (no INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, next_offset INTEGER NOT NULL, records INTEGER NOT NULL);`;

export const wordsTable = (topicId: number): string => `words_${topicId}`;

const fileOf = (context: ReadContext, folder: string): string =>
  derivedFile(folder, context.file, context.db).replace(/\.sqlite$/, SUFFIX);

const KIND: CacheKind = { suffix: SUFFIX, format: FORMAT, tables: TABLES };

/** Opens the file to read; null when no topic was ever indexed. The caller closes it. */
export const openForSearch = (context: ReadContext, folder: string): Database.Database | null =>
  openCacheToRead(fileOf(context, folder), KIND);

interface Writer {
  db: Database.Database;
  /** Records in the open transaction. */
  pending: number;
}

/** The writing connection of this thread. */
function writerOf(context: ReadContext, folder: string): Writer {
  const file = fileOf(context, folder);
  const key = `text index ${file}`;
  const known = context.lasting.get(key) as Writer | undefined;
  if (known !== undefined) return known;
  const writer = { db: openCacheToWrite(file, context.file, KIND), pending: 0 };
  context.lasting.set(key, writer);
  return writer;
}

interface Part {
  no: number;
  topicId: number;
  settled: number;
}

const partsOf = ({ db }: ReadContext, topic: string): Part[] =>
  db
    .prepare(
      `SELECT p.no, p.topic_id AS topicId, p.settled_offset AS settled FROM partition p
       JOIN topic t ON t.id = p.topic_id WHERE t.name = ? ORDER BY p.no`,
    )
    .all(topic) as Part[];

/** Where the index of a partition stands; when the partition holds less than that, it is another one by now. */
export interface Stand {
  next: number;
  records: number;
}

export function standsOf(words: Database.Database, topicId: number): Map<number, Stand> {
  const rows = words
    .prepare('SELECT no, next_offset AS next, records FROM part WHERE topic_id = ?')
    .all(topicId) as (Stand & { no: number })[];
  return new Map(rows.map(({ no, next, records }) => [no, { next, records }]));
}

/** True when the index speaks of other records than the workspace holds: a topic deleted and captured again. */
export const isOfAnother = (stands: ReadonlyMap<number, Stand>, parts: readonly Part[]): boolean =>
  [...stands].some(([no, { next }]) => (parts.find((part) => part.no === no)?.settled ?? 0) < next);

/** Takes the words of some more records of a topic in. `left`: records that are still to be taken in. */
export function indexStep(
  context: ReadContext,
  { folder, topic }: { folder: string; topic: string },
): { done: number; left: number } {
  const writer = writerOf(context, folder);
  const parts = partsOf(context, topic);
  const topicId = parts[0]?.topicId;
  if (topicId === undefined) return { done: 0, left: 0 };
  try {
    if (!writer.db.inTransaction) writer.db.exec('BEGIN IMMEDIATE');
    prepareTopic(writer.db, topicId, topic, parts);
    const done = takeIn(context, writer, topicId, parts);
    const left = behindOf(context, parts, standsOf(writer.db, topicId));
    if (left === 0 || writer.pending >= COMMIT_EVERY) commit(writer);
    return { done, left };
  } catch (error) {
    if (writer.db.inTransaction) writer.db.exec('ROLLBACK');
    writer.pending = 0;
    throw storeFault(error, fileOf(context, folder));
  }
}

function commit(writer: Writer): void {
  if (writer.db.inTransaction) writer.db.exec('COMMIT');
  writer.pending = 0;
}

function prepareTopic(db: Database.Database, topicId: number, name: string, parts: readonly Part[]): void {
  const table = wordsTable(topicId);
  const isKnown = db.prepare('SELECT name FROM topic WHERE id = ?').pluck().get(topicId) === name;
  if (isKnown && !isOfAnother(standsOf(db, topicId), parts)) return;
  dropTopic(db, topicId);
  // Each record's words are given once and sorted out beforehand (see core/filter/words.ts): no positions, no sizes,
  // no text. `ascii` splits at nothing else than the spaces between them.
  db.exec(
    `CREATE VIRTUAL TABLE ${table} USING fts5(words, content='', columnsize=0, detail=none, tokenize='ascii')`,
  );
  db.exec(`INSERT INTO ${table} (${table}, rank) VALUES ('hashsize', ${HASH_BYTES})`);
  db.prepare('DELETE FROM topic WHERE name = ?').run(name);
  db.prepare('INSERT INTO topic VALUES (?, ?)').run(topicId, name);
}

function dropTopic(db: Database.Database, topicId: number): void {
  db.exec(`DROP TABLE IF EXISTS ${wordsTable(topicId)}`);
  db.prepare('DELETE FROM part WHERE topic_id = ?').run(topicId);
  db.prepare('DELETE FROM topic WHERE id = ?').run(topicId);
}

function takeIn(context: ReadContext, writer: Writer, topicId: number, parts: readonly Part[]): number {
  const until = performance.now() + STEP_MS;
  const insert = writer.db.prepare(`INSERT INTO ${wordsTable(topicId)} (rowid, words) VALUES (?, ?)`);
  const stands = standsOf(writer.db, topicId);
  const save = writer.db.prepare('INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?)');
  let done = 0;
  for (const { no, settled } of parts) {
    const stand = stands.get(no) ?? { next: 0, records: 0 };
    if (stand.next >= settled) continue;
    let { next, records } = stand;
    let isInTime = true;
    for (const { id, value } of valuesFrom(context, no * OFFSET_SPAN + next, no * OFFSET_SPAN + settled)) {
      if (value !== null) insert.run(id, indexWords(value));
      next = (id % OFFSET_SPAN) + 1;
      records += 1;
      done += 1;
      if (done % CHECK_EVERY !== 0) continue;
      // Whoever gives up does so between two steps: what was taken in until then is kept.
      isInTime = performance.now() < until;
      if (!isInTime) break;
    }
    save.run(no, topicId, isInTime ? settled : next, records);
    if (!isInTime) break;
  }
  writer.pending += done;
  return done;
}

function indexWords(bytes: Buffer): string {
  const words = new Set(wordsOf(bytes.toString('utf8')));
  if (bytes.indexOf(BACKSLASH) !== -1) words.add(ESCAPED_WORD);
  return [...words].join(' ');
}

function behindOf({ db }: ReadContext, parts: readonly Part[], stands: ReadonlyMap<number, Stand>): number {
  const count = db.prepare('SELECT count(*) FROM record WHERE id >= ? AND id < ?').pluck();
  let behind = 0;
  for (const { no, settled } of parts)
    behind += count.get(no * OFFSET_SPAN + (stands.get(no)?.next ?? 0), no * OFFSET_SPAN + settled) as number;
  return behind;
}

/** Makes what was taken in so far usable: after a job that was stopped. */
export function indexPause(context: ReadContext, { folder }: { folder: string }): Record<string, never> {
  const writer = context.lasting.get(`text index ${fileOf(context, folder)}`) as Writer | undefined;
  if (writer !== undefined) commit(writer);
  return {};
}

/** Every topic that has an index. */
export function indexStates(context: ReadContext, { folder }: { folder: string }): TopicIndex[] {
  const words = openForSearch(context, folder);
  if (words === null) return [];
  try {
    const topics = words.prepare('SELECT id, name FROM topic ORDER BY name').all() as {
      id: number;
      name: string;
    }[];
    return topics.map(({ id, name }): TopicIndex => {
      const parts = partsOf(context, name);
      const stands = standsOf(words, id);
      const usable = isOfAnother(stands, parts) ? new Map<number, Stand>() : stands;
      const indexed = [...usable.values()].reduce((sum, { records }) => sum + records, 0);
      const bytes = words
        .prepare(`SELECT coalesce(sum(length(block)), 0) FROM ${wordsTable(id)}_data`)
        .pluck();
      return { topic: name, indexed, behind: behindOf(context, parts, usable), bytes: bytes.get() as number };
    });
  } finally {
    words.close();
  }
}

/** Removes the index of a topic and gives its space back. */
export function indexRemove(
  context: ReadContext,
  { folder, topic }: { folder: string; topic: string },
): Record<string, never> {
  const file = fileOf(context, folder);
  if (!existsSync(file)) return {};
  const writer = writerOf(context, folder);
  try {
    commit(writer);
    const id = writer.db.prepare('SELECT id FROM topic WHERE name = ?').pluck().get(topic) as
      | number
      | undefined;
    if (id === undefined) return {};
    writer.db.transaction(() => dropTopic(writer.db, id)).immediate();
    if ((writer.db.prepare('SELECT count(*) FROM topic').pluck().get() as number) > 0)
      writer.db.exec('VACUUM');
    else {
      writer.db.close();
      context.lasting.delete(`text index ${file}`);
      removeCacheFile(file);
    }
    return {};
  } catch (error) {
    throw storeFault(error, file);
  }
}
