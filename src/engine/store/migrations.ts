/** Steps of the file format and how they are taken; the indexes of the record table. The list is in format.ts. */
import type { Database } from 'better-sqlite3';
import { FLAG } from '../kafka/recordColumns.ts';

export interface Migration {
  name: string;
  sql: string;
}

/** Step 1: the captured records and where they are from. */
export const recordsMigration: Migration = {
  name: 'records',
  sql: `
    CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE topic (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      kafka_id TEXT,
      mapping TEXT
    );
    CREATE TABLE partition (
      no INTEGER PRIMARY KEY,
      topic_id INTEGER NOT NULL REFERENCES topic(id),
      partition INTEGER NOT NULL,
      asked_from INTEGER NOT NULL,
      asked_to INTEGER NOT NULL,
      next_offset INTEGER NOT NULL,
      settled_offset INTEGER NOT NULL,
      log_start INTEGER NOT NULL,
      high_watermark INTEGER NOT NULL,
      stored INTEGER NOT NULL DEFAULT 0,
      events INTEGER NOT NULL DEFAULT 0,
      control INTEGER NOT NULL DEFAULT 0,
      aborted INTEGER NOT NULL DEFAULT 0,
      open INTEGER NOT NULL DEFAULT 0,
      bytes INTEGER NOT NULL DEFAULT 0,
      last_capture_at INTEGER,
      UNIQUE (topic_id, partition)
    );
    CREATE TABLE event_type (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE aggregate (
      id INTEGER PRIMARY KEY,
      type TEXT NOT NULL,
      key TEXT NOT NULL,
      UNIQUE (type, key)
    );
    CREATE TABLE missing (
      partition_no INTEGER NOT NULL REFERENCES partition(no),
      from_offset INTEGER NOT NULL,
      to_offset INTEGER NOT NULL,
      count INTEGER NOT NULL,
      reason TEXT NOT NULL,
      note TEXT NOT NULL,
      bytes BLOB,
      PRIMARY KEY (partition_no, from_offset)
    );
    CREATE TABLE record (
      id INTEGER PRIMARY KEY,
      ts INTEGER NOT NULL,
      mono INTEGER NOT NULL,
      occurred INTEGER,
      type_id INTEGER,
      agg_id INTEGER,
      version INTEGER,
      event_hash INTEGER,
      correlation_hash INTEGER,
      causation_hash INTEGER,
      kind INTEGER NOT NULL,
      verdict INTEGER NOT NULL,
      flags INTEGER NOT NULL,
      producer_id INTEGER,
      key BLOB,
      value BLOB,
      headers BLOB
    );`,
};

/** "HcWs": marks the file as ours (SQLite's application_id). */
export const APPLICATION_ID = 0x48635773;

/** True of records whose key is not the id of their aggregate. A query must say it in these words to use the index. */
export const KEY_IS_OTHER = `(flags & ${FLAG.keyIsAggregateId}) = 0`;

/** Indexes of `record`: built after a large first capture, kept live afterwards. */
export const RECORD_INDEXES: readonly string[] = [
  // Everything that lists and counts need, in log order, so that the values are never read for it.
  'CREATE INDEX IF NOT EXISTS record_log ON record (mono, type_id, agg_id, kind, verdict, occurred)',
  'CREATE INDEX IF NOT EXISTS record_aggregate ON record (agg_id, mono) WHERE agg_id IS NOT NULL',
  'CREATE INDEX IF NOT EXISTS record_event ON record (event_hash) WHERE event_hash IS NOT NULL',
  'CREATE INDEX IF NOT EXISTS record_correlation ON record (correlation_hash) WHERE correlation_hash IS NOT NULL',
  // Most keys are the id of their aggregate and are found by it: see KEY_IS_OTHER.
  `CREATE INDEX IF NOT EXISTS record_key ON record (key) WHERE key IS NOT NULL AND ${KEY_IS_OTHER}`,
];
const RECORD_INDEX_NAMES = RECORD_INDEXES.map((sql) => /EXISTS (\w+)/.exec(sql)![1]!);

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

export const hasRecordIndexes = (db: Database): boolean =>
  (db
    .prepare(
      `SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name IN (${RECORD_INDEX_NAMES.map(() => '?').join(',')})`,
    )
    .pluck()
    .get(...RECORD_INDEX_NAMES) as number) === RECORD_INDEXES.length;

/** Before a bulk load into an empty table: keeping the indexes live costs five times the load. */
export function dropRecordIndexes(db: Database): void {
  for (const name of RECORD_INDEX_NAMES) db.exec(`DROP INDEX IF EXISTS ${name}`);
}

/** Sorting takes parts of this size, which SQLite's own threads sort beside each other. KiB. */
const SORT_PART = 16_384;

/** Builds what is missing; `step` is told before each. Not inside a transaction. */
export function buildRecordIndexes(db: Database, step?: (done: number, of: number) => void): void {
  const cache = db.pragma('cache_size', { simple: true });
  // Sorting in memory would take one thread only, and as much memory as the index is large.
  db.pragma('temp_store = FILE');
  db.pragma(`cache_size = -${SORT_PART}`);
  db.pragma('threads = 2');
  try {
    for (const [at, sql] of RECORD_INDEXES.entries()) {
      step?.(at, RECORD_INDEXES.length);
      db.exec(sql);
    }
  } finally {
    db.pragma(`cache_size = ${cache}`);
  }
  // A sample of each index is enough for the planner.
  db.pragma('analysis_limit = 400');
  db.exec('ANALYZE');
}
