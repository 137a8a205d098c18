/** Opening a workspace file: whose it is, whether it is whole, and with which settings SQLite works on it. */
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { HindcastError } from '../../contract/errors.ts';
import { storeFault } from './faults.ts';
import { FORMAT, MIGRATIONS } from './format.ts';
import { APPLICATION_ID, migrate, PRERELEASE_ID } from './migrations.ts';

export type WorkspaceKind = 'workspace' | 'recording';

export interface FileFacts {
  format: number;
  /** Written in write-ahead mode, as a live workspace is; a recording is not. */
  wal: boolean;
}

/** Files up to this size are checked whole when they are opened (about 0.2 s); of larger ones only the structure. */
const WHOLE_CHECK_BYTES = 64 * 1024 * 1024;
/**
 * What is mapped counts as memory of the process, once for each reader, although it is the system's own cache of the file:
 * 1,500 searches in 2 GB of a file made 0.9 GB of it. None at all makes searches about a tenth slower.
 */
const MAPPED_BYTES = 256 * 1024 * 1024;
const HEADER_BYTES = 100;
const SQLITE_MAGIC = 'SQLite format 3\0';

/**
 * Reads a file's header without SQLite, so that a foreign or newer file is refused untouched. Never call it on a file
 * that this process has open: closing any handle drops the process's POSIX locks on it.
 * Format: https://sqlite.org/fileformat2.html
 * @throws HindcastError `workspace.missing`, `workspace.not-ours`, `workspace.newer`, `workspace.prerelease`, `workspace.damaged`,
 * `workspace.read-only-place`
 */
export function inspectFile(file: string): FileFacts {
  if (!existsSync(file)) throw new HindcastError('workspace.missing', { where: file });
  const header = Buffer.alloc(HEADER_BYTES);
  let size: number;
  try {
    const handle = openSync(file, 'r');
    try {
      const facts = fstatSync(handle);
      if (!facts.isFile()) throw new HindcastError('workspace.not-ours', { where: file });
      size = facts.size;
      readSync(handle, header, 0, HEADER_BYTES, 0);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw storeFault(error, file);
  }
  const isSqlite = size >= HEADER_BYTES && header.toString('latin1', 0, 16) === SQLITE_MAGIC;
  const application = header.readInt32BE(68);
  if (isSqlite && application === PRERELEASE_ID)
    throw new HindcastError('workspace.prerelease', { where: file });
  if (!isSqlite || application !== APPLICATION_ID)
    throw new HindcastError('workspace.not-ours', { where: file });
  const format = header.readInt32BE(60);
  if (format > FORMAT)
    throw new HindcastError('workspace.newer', { where: file, found: format, known: FORMAT });
  const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  const pages = header.readUInt32BE(28);
  if (size < pages * pageSize && !existsSync(`${file}-wal`))
    throw new HindcastError('workspace.damaged', {
      where: file,
      problem: `it holds ${size} bytes where ${pages * pageSize} should be`,
    });
  return { format, wal: header[18] === 2 };
}

/** @throws HindcastError `workspace.exists`, `workspace.read-only-place`, `disk.full` */
export function createFile(file: string, kind: WorkspaceKind = 'workspace'): void {
  if (existsSync(file) && statSync(file).size > 0)
    throw new HindcastError('workspace.exists', { name: file });
  try {
    const db = new Database(file);
    try {
      db.pragma('page_size = 16384');
      db.pragma(`application_id = ${APPLICATION_ID}`);
      migrate(db, MIGRATIONS);
      const put = db.prepare('INSERT INTO meta (key, value) VALUES (?, ?)');
      put.run('kind', kind);
      put.run('created', Date.now());
      put.run('revision', 0);
      // Only now: until the first checkpoint a file in WAL mode would have no header of ours.
      db.pragma('journal_mode = WAL');
    } finally {
      db.close();
    }
  } catch (error) {
    throw storeFault(error, file);
  }
}

/** The one writing connection. The file exists and was inspected. @throws HindcastError */
export function openForWriting(file: string): Database.Database {
  return opened(file, { fileMustExist: true, timeout: 10_000 }, (db) => {
    db.pragma('journal_mode = WAL');
    // NORMAL: a power cut may lose the last transactions, never the file; Kafka still has them and the next capture
    // reads them again, because the position is part of the same transaction.
    db.pragma('synchronous = NORMAL');
    // Pages are written once, at the right edge of their trees: more would only hold what was written before.
    db.pragma('cache_size = -16384');
    db.pragma('wal_autocheckpoint = 4000');
    db.pragma('journal_size_limit = 67108864');
    check(db, file);
    migrate(db, MIGRATIONS);
  });
}

/**
 * A reading connection. A recording is not in WAL mode: opening it makes nothing beside it, so that it also works in a
 * folder that cannot be written; a workspace does not: see readOnlyPlace.ts. @throws HindcastError
 */
export function openForReading(file: string, options: { check: boolean }): Database.Database {
  return opened(file, { readonly: true, fileMustExist: true, timeout: 10_000 }, (db) => {
    // Per reader thread, and every commit of the writer empties it; the beginning of the file is mapped.
    db.pragma('cache_size = -16384');
    db.pragma('temp_store = MEMORY');
    db.pragma(`mmap_size = ${MAPPED_BYTES}`);
    if (options.check) check(db, file);
  });
}

/** A connection once it is set up; one that cannot be is closed here, not whenever the garbage is collected. */
function opened(
  file: string,
  options: Database.Options,
  setUp: (db: Database.Database) => void,
): Database.Database {
  let db: Database.Database | null = null;
  try {
    db = new Database(file, options);
    setUp(db);
    return db;
  } catch (error) {
    db?.close();
    throw storeFault(error, file);
  }
}

function check(db: Database.Database, file: string): void {
  const size = statSync(file).size;
  // The seal of a recording says more, and where; what of it is whole can be used.
  const isSealed = metaOf(db, 'sealed') === 1;
  if (!isSealed && size <= WHOLE_CHECK_BYTES) {
    const found = db.pragma('quick_check(1)', { simple: true }) as string;
    if (found !== 'ok')
      throw new HindcastError('workspace.damaged', { where: file, problem: oneLine(found) });
  }
  const tables = db
    .prepare(
      "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('meta', 'partition', 'record', 'block')",
    )
    .pluck()
    .get();
  if (tables !== 4)
    throw new HindcastError('workspace.damaged', {
      where: file,
      problem: 'tables of the format are missing',
    });
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

/** A value of the `meta` table. */
export const metaOf = (db: Database.Database, key: string): unknown =>
  db.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(key) ?? null;

export function setMeta(db: Database.Database, key: string, value: string | number | null): void {
  db.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  ).run(key, value);
}
