/**
 * The file that keeps keyframes, changes by path and faults of long streams, in the data folder beside the tables of
 * projections: a cache that may be deleted at any time. It is never evidence: every keyframe can be compared with the
 * fold from the first event.
 */
import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { derivedFile } from '../projection/derived.ts';
import { type CacheKind, openCacheToRead, openCacheToWrite } from '../store/cacheFile.ts';
import { prepared } from '../store/statements.ts';
import type { ReadContext } from '../workers/context.ts';

const SUFFIX = '.keyframes';
/** Raised with every change of the tables, of what lies in them, or of how events are folded. */
export const KEYFRAME_FORMAT = 1;
/** The tracks that were not used for longest go when the file has become larger. Bytes. */
const MOST_BYTES = 1024 ** 3;

/** `track`: one stream folded by one reducer (or checked for faults); `subject`: the same whatever the definition. */
const TABLES = `
  CREATE TABLE track (id INTEGER PRIMARY KEY, subject TEXT NOT NULL, key TEXT NOT NULL UNIQUE, used_at INTEGER NOT NULL);
  CREATE TABLE keyframe (
    id INTEGER PRIMARY KEY, track INTEGER NOT NULL, count INTEGER NOT NULL, digest BLOB NOT NULL,
    problems INTEGER NOT NULL, state BLOB NOT NULL
  );
  CREATE UNIQUE INDEX keyframe_at ON keyframe (track, count, digest);
  CREATE TABLE problem (
    track INTEGER, count INTEGER, digest BLOB, problems TEXT NOT NULL, PRIMARY KEY (track, count, digest)
  ) WITHOUT ROWID;
  CREATE TABLE part (
    track INTEGER, no INTEGER, digest BLOB, is_whole INTEGER NOT NULL, PRIMARY KEY (track, no, digest)
  ) WITHOUT ROWID;
  CREATE TABLE change (
    id INTEGER PRIMARY KEY, track INTEGER NOT NULL, path TEXT NOT NULL, no INTEGER NOT NULL, digest BLOB NOT NULL,
    steps INTEGER NOT NULL, has_containers INTEGER NOT NULL, data BLOB NOT NULL
  );
  CREATE UNIQUE INDEX change_at ON change (track, path, no, digest);
  CREATE TABLE fault (track INTEGER, place INTEGER, texts TEXT NOT NULL, PRIMARY KEY (track, place)) WITHOUT ROWID;
  CREATE TABLE fault_run (track INTEGER PRIMARY KEY, count INTEGER NOT NULL, digest BLOB NOT NULL);
`;
const PER_TRACK = ['keyframe', 'problem', 'part', 'change', 'fault', 'fault_run'] as const;

/** Where the file of a workspace is, or would be. */
export const fileOf = (context: ReadContext, folder: string): string =>
  derivedFile(folder, context.file, context.db).replace(/\.sqlite$/, SUFFIX);

const KIND: CacheKind = { suffix: SUFFIX, format: KEYFRAME_FORMAT, tables: TABLES };

/** Opens the file to read; null when nothing was ever kept, or nothing that is of use. */
export const openToRead = (file: string): Database.Database | null => openCacheToRead(file, KIND);

/**
 * Opens the file to write, making it when it is missing, of another format or damaged. The caller closes it.
 * @throws HindcastError `disk.full`, `workspace.read-only-place`
 */
export const openToWrite = (context: ReadContext, folder: string): Database.Database =>
  openCacheToWrite(fileOf(context, folder), context.file, KIND);

/** What a track is about, and the name of exactly this definition of it. */
export interface TrackName {
  subject: string;
  key: string;
}

export const findTrack = (db: Database.Database, { key }: TrackName): number | null =>
  (prepared(db, 'SELECT id FROM track WHERE key = ?', 'pluck').get(key) as number | undefined) ?? null;

function dropTrack(db: Database.Database, id: number): void {
  for (const table of PER_TRACK) db.prepare(`DELETE FROM ${table} WHERE track = ?`).run(id);
  db.prepare('DELETE FROM track WHERE id = ?').run(id);
}

/** The track of that name, made when there is none; those of the same subject under another definition go. */
export function takeTrack(db: Database.Database, { subject, key }: TrackName, at: number): number {
  return db
    .transaction(() => {
      const others = db.prepare('SELECT id FROM track WHERE subject = ? AND key <> ?').pluck();
      for (const id of others.all(subject, key) as number[]) dropTrack(db, id);
      const known = findTrack(db, { subject, key });
      if (known !== null) {
        db.prepare('UPDATE track SET used_at = ? WHERE id = ?').run(at, known);
        return known;
      }
      const added = db.prepare('INSERT INTO track (subject, key, used_at) VALUES (?, ?, ?)');
      return Number(added.run(subject, key, at).lastInsertRowid);
    })
    .immediate();
}

/** Makes room by dropping what was not used for longest; never this track. */
export function makeRoom(db: Database.Database, own: readonly number[]): void {
  if ((statSync(db.name, { throwIfNoEntry: false })?.size ?? 0) <= MOST_BYTES) return;
  const pages = (name: string) => db.pragma(name, { simple: true }) as number;
  const used = () => (pages('page_count') - pages('freelist_count')) * pages('page_size');
  const oldest = db.prepare('SELECT id FROM track ORDER BY used_at').pluck().all() as number[];
  for (const id of oldest) {
    if (used() <= MOST_BYTES) return;
    if (!own.includes(id)) db.transaction(() => dropTrack(db, id)).immediate();
  }
}
