/** Steps of the file format and how they are taken. The list is in format.ts. */
import type { Database } from 'better-sqlite3';
import { PARTITION_TABLES } from './partitionTables.ts';
import { RECORD_TABLES } from './recordTables.ts';

export interface Migration {
  name: string;
  sql: string;
}

/** Step 1: the captured records and where they are from. */
export const recordsMigration: Migration = {
  name: 'records',
  sql: `
    CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;${PARTITION_TABLES}
    CREATE TABLE event_type (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE aggregate (
      id INTEGER PRIMARY KEY,
      type TEXT NOT NULL,
      key TEXT NOT NULL,
      UNIQUE (type, key)
    );
${RECORD_TABLES}`,
};

/** "HcWb": marks the file as ours (SQLite's application_id). */
export const APPLICATION_ID = 0x48635762;
/** "HcWs": files of the time before the first release, whose records lay in rows. */
export const PRERELEASE_ID = 0x48635773;

/** Brings a file up to the last of these steps, each in its own transaction. */
export function migrate(db: Database, steps: readonly Migration[]): void {
  const found = db.pragma('user_version', { simple: true }) as number;
  for (let at = found; at < steps.length; at++) {
    db.transaction(() => {
      db.exec(steps[at]!.sql);
      db.pragma(`user_version = ${at + 1}`);
    }).immediate();
  }
}
