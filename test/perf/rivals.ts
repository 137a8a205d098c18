// What Hindcast is measured against, in the same run: kcat to /dev/null, and two programs of this folder.
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';

/** Seconds that kcat needs to read `events` records and throw them away; null when kcat is not installed. */
export async function kcat(bootstrap: string, topic: string, events: number): Promise<number | null> {
  const started = performance.now();
  const place = ['-C', '-b', bootstrap, '-t', topic, '-o', 'beginning'];
  // Without this it waits half a second whenever a partition is read to its end.
  const args = [...place, '-c', String(events), '-q', '-X', 'fetch.wait.max.ms=5'];
  const child = spawn('kcat', args, { stdio: 'ignore' });
  const status = await new Promise<number | null>((done) => {
    child.on('error', () => done(null));
    child.on('exit', (code) => done(code));
  });
  return status === 0 ? (performance.now() - started) / 1000 : null;
}

/** What the store keeps of a record, as anybody would name it. */
export const NAIVE_TABLE = `CREATE TABLE event (topic TEXT, partition INTEGER, offset INTEGER, ts INTEGER, occurred TEXT,
  type TEXT, aggregate_type TEXT, aggregate_id TEXT, version INTEGER, event_id TEXT, correlation_id TEXT,
  causation_id TEXT, key BLOB, value BLOB, headers TEXT, PRIMARY KEY (topic, partition, offset)) WITHOUT ROWID`;
export const NAIVE_COLUMNS = 15;
/** The look-ups that the store has: event, key, aggregate, correlation, causation. */
export const NAIVE_INDEXES = [
  'CREATE INDEX by_event ON event (event_id)',
  'CREATE INDEX by_key ON event (key)',
  'CREATE INDEX by_aggregate ON event (aggregate_type, aggregate_id, ts)',
  'CREATE INDEX by_correlation ON event (correlation_id)',
  'CREATE INDEX by_causation ON event (causation_id)',
];
export const ROWS_PER_TRANSACTION = 20_000;

/** The same facts in the leanest table that still has them in rows: packed ids, numbers for names. */
export const BARE_TABLE = `CREATE TABLE event (id INTEGER PRIMARY KEY, ts INTEGER, occurred INTEGER, type_id INTEGER,
  agg_id INTEGER, version INTEGER, event_id TEXT, correlation_id TEXT, causation_id TEXT, key BLOB, value BLOB,
  headers BLOB)`;
export const BARE_COLUMNS = 12;

export function openBare(file: string, pageSize?: number): Database.Database {
  const db = new Database(file);
  if (pageSize !== undefined) db.pragma(`page_size = ${pageSize}`);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  return db;
}

export const sizeOf = (file: string): number => statSync(file).size;
