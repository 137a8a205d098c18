/**
 * One writing process per workspace. The lock is the operating system's own, held through a small SQLite file beside
 * the workspace: it ends with the process, however that ends, so a dead owner can never block. The file stays; it
 * carries the process id of its last owner for the error message.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import Database from 'better-sqlite3';
import { HindcastError } from '../../contract/errors.ts';
import { storeFault } from './faults.ts';

/** Bytes 60 to 63 of a SQLite file hold its user_version, big-endian (https://sqlite.org/fileformat2.html). */
const USER_VERSION_AT = 60;

export interface WorkspaceLock {
  release(): void;
}

/** Files locked by this process: POSIX locks do not tell two owners inside one process apart. */
const held = new Set<string>();

/** @throws HindcastError `workspace.in-use`, `workspace.read-only-place`, `disk.full` */
export function lockWorkspace(file: string): WorkspaceLock {
  if (held.has(file)) throw new HindcastError('workspace.in-use', { where: file, pid: process.pid });
  const lockFile = `${file}-lock`;
  let db: Database.Database | undefined;
  try {
    db = new Database(lockFile, { timeout: 500 });
    db.pragma('journal_mode = MEMORY');
    // In this mode a connection keeps its lock between transactions until it is closed.
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
    db.pragma(`user_version = ${process.pid}`);
    db.exec('COMMIT');
  } catch (error) {
    db?.close();
    const code = String((error as { code?: unknown }).code);
    if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
      throw new HindcastError('workspace.in-use', { where: file, pid: ownerOf(lockFile) }, { cause: error });
    throw storeFault(error, file);
  }
  held.add(file);
  const connection = db;
  return {
    release() {
      if (held.delete(file)) connection.close();
    },
  };
}

/** Whether this process has the workspace open for writing. */
export const isHeldHere = (file: string): boolean => held.has(file);

function ownerOf(lockFile: string): number {
  const bytes = Buffer.alloc(4);
  try {
    const handle = openSync(lockFile, 'r');
    try {
      readSync(handle, bytes, 0, 4, USER_VERSION_AT);
    } finally {
      closeSync(handle);
    }
  } catch {
    return 0;
  }
  return bytes.readInt32BE(0);
}
