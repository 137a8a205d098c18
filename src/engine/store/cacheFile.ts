/**
 * SQLite files in the data folder that are made from a workspace and may be deleted at any time: one of another format,
 * or a damaged one, is made anew.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { storeFault } from './faults.ts';

export interface CacheKind {
  /** End of the names of these files: `.keyframes`. */
  suffix: string;
  /** Raised with every change of the tables, or of what lies in them. */
  format: number;
  tables: string;
}

/** Remembers whose file it is, so that it can go when that is gone. */
const SOURCE = 'CREATE TABLE source (file TEXT NOT NULL);';

/** Opens the file to read; null when there is none, or none that is of use. The caller closes it. */
export function openCacheToRead(file: string, { format }: CacheKind): Database.Database | null {
  if (!existsSync(file)) return null;
  try {
    const db = new Database(file, { readonly: true, timeout: 1000 });
    if (db.pragma('user_version', { simple: true }) === format) return db;
    db.close();
  } catch {
    // Whoever asks can do without a damaged cache.
  }
  return null;
}

/**
 * Opens the file to write, making it when it is missing or of no use. The caller closes it.
 * @param source the workspace it is made from
 * @throws HindcastError `disk.full`, `workspace.read-only-place`
 */
export function openCacheToWrite(file: string, source: string, kind: CacheKind): Database.Database {
  try {
    return create(file, source, kind);
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    if (!code.startsWith('SQLITE_CORRUPT') && code !== 'SQLITE_NOTADB') throw storeFault(error, file);
    removeCacheFile(file);
    try {
      return create(file, source, kind);
    } catch (second) {
      throw storeFault(second, file);
    }
  }
}

export function removeCacheFile(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}

function connect(file: string): Database.Database {
  const db = new Database(file, { timeout: 10_000 });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  return db;
}

function create(file: string, source: string, { suffix, format, tables }: CacheKind): Database.Database {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) removeOrphans(dirname(file), suffix);
  let db = connect(file);
  const found = db.pragma('user_version', { simple: true }) as number;
  if (found !== 0 && found !== format) {
    db.close();
    removeCacheFile(file);
    db = connect(file);
  }
  db.transaction(() => {
    if (db.pragma('user_version', { simple: true }) === format) return;
    db.exec(SOURCE + tables);
    db.prepare('INSERT INTO source VALUES (?)').run(source);
    db.pragma(`user_version = ${format}`);
  }).immediate();
  return db;
}

/** Removes the files of workspaces that are gone. */
function removeOrphans(folder: string, suffix: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.endsWith(suffix)) continue;
    const file = join(folder, name);
    let owner: string | null = null;
    try {
      const db = new Database(file, { readonly: true });
      owner = db.prepare('SELECT file FROM source').pluck().get() as string;
      db.close();
    } catch {
      // Of another format or damaged: nobody can use it.
    }
    if (owner === null || !existsSync(owner)) removeCacheFile(file);
  }
}
