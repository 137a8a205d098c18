/**
 * The file of projection tables that belongs to one workspace or recording.
 *
 * Projections are caches: they lie in a file of their own in the data folder, never in the workspace, so that they
 * also work on a recording that cannot be written, never lock a capture out, and may be deleted at any time. The same
 * tables are made in the `temp` schema of a console connection when a question is asked as of an earlier moment.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { formatJson } from '../../core/json.ts';
import type { Json, Projection } from '../../core/model.ts';
import { storeFault } from '../store/faults.ts';
import { metaOf } from '../store/open.ts';

/** Raised with every change of the tables below or of what they mean; another number: the file is made anew. */
const DERIVED_FORMAT = 4;

/** Where tables are: the file itself, or the temporary tables of a console connection. */
export interface Derived {
  db: Database.Database;
  schema: 'main' | 'temp';
}

/** A table that is ready or being built. */
export interface BuildRow {
  id: number;
  name: string;
  hash: string;
  /** Version of the definition, and the definition itself as JSON text. */
  version: number;
  definition: string;
  /**
   * ready: the table that questions are answered from. next: being built beside it. previous: what answered under an
   * earlier definition, kept to be compared.
   */
  state: 'ready' | 'next' | 'previous';
  processed: number;
  ignored: number;
  failed: number;
  built_at: number | null;
  /** Rises with every change of the table or its history: what was read under another number is not used. */
  stamp: number;
  /** Events that the history tells of, and its bytes. */
  history_changes: number;
  history_bytes: number;
}

const tables = (schema: string) => `
  CREATE TABLE ${schema}._build (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    version INTEGER NOT NULL,
    definition TEXT NOT NULL,
    state TEXT NOT NULL,
    stamp INTEGER NOT NULL DEFAULT 0,
    history_changes INTEGER NOT NULL DEFAULT 0,
    history_bytes INTEGER NOT NULL DEFAULT 0,
    processed INTEGER NOT NULL DEFAULT 0,
    ignored INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    built_at INTEGER
  );
  CREATE UNIQUE INDEX ${schema}._build_state ON _build (name, state) WHERE state <> 'previous';
  CREATE TABLE ${schema}._seen (
    build INTEGER, partition_no INTEGER, next_offset INTEGER NOT NULL, settled_offset INTEGER NOT NULL,
    rewritten INTEGER NOT NULL,
    PRIMARY KEY (build, partition_no)
  ) WITHOUT ROWID;
  CREATE TABLE ${schema}._todo (
    build INTEGER, kind TEXT, part TEXT, PRIMARY KEY (build, kind, part)
  ) WITHOUT ROWID;
  CREATE TABLE ${schema}._part (
    build INTEGER, part TEXT, processed INTEGER NOT NULL, ignored INTEGER NOT NULL, failed INTEGER NOT NULL,
    PRIMARY KEY (build, part)
  ) WITHOUT ROWID;
  CREATE TABLE ${schema}._failure (
    build INTEGER, part TEXT, record_id INTEGER, type TEXT NOT NULL, message TEXT NOT NULL,
    PRIMARY KEY (build, part, record_id)
  ) WITHOUT ROWID;
  CREATE TABLE ${schema}._scale (
    build INTEGER, name TEXT, places INTEGER NOT NULL, PRIMARY KEY (build, name)
  ) WITHOUT ROWID;
  CREATE TABLE ${schema}._key (
    build INTEGER, part TEXT, record_id INTEGER, PRIMARY KEY (build, part, record_id)
  ) WITHOUT ROWID;
  CREATE TABLE ${schema}._history (
    build INTEGER, shard INTEGER, piece INTEGER, events INTEGER NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (build, shard, piece)
  );`;

/** Tables with rows per build, in the order in which they may be emptied. */
const PER_BUILD = ['_seen', '_todo', '_part', '_failure', '_scale', '_key', '_history'] as const;

/** Name of the table that holds a build's rows. */
export const dataTable = (build: number): string => `_data_${build}`;
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The file for the workspace that `source` is connected to; a workspace made anew under the same name gets another. */
export function derivedFile(folder: string, file: string, source: Database.Database): string {
  const identity = createHash('sha256')
    .update(`${file}\n${metaOf(source, 'created')}`)
    .digest('hex');
  return join(folder, `${identity.slice(0, 32)}.sqlite`);
}

/**
 * Opens the file to write, making it when it is missing, of another format or damaged: nothing in it is lost for good.
 * @throws HindcastError `disk.full`, `workspace.read-only-place`
 */
export function openDerived(file: string, source: string): Derived {
  try {
    return attempt(file, source);
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    if (!code.startsWith('SQLITE_CORRUPT') && code !== 'SQLITE_NOTADB') throw storeFault(error, file);
    removeDerived(file);
    try {
      return attempt(file, source);
    } catch (second) {
      throw storeFault(second, file);
    }
  }
}

/** Removes the tables of workspaces that are gone, or were made anew in the same place. */
function sweep(file: string, source: string): void {
  const folder = dirname(file);
  for (const name of readdirSync(folder)) {
    const other = join(folder, name);
    if (!name.endsWith('.sqlite') || other === file) continue;
    const owner = ownerOf(other);
    if (owner !== null && (owner === source || !existsSync(owner))) removeDerived(other);
  }
}

/** The workspace whose tables a file holds; null when it cannot be told. */
function ownerOf(file: string): string | null {
  let db: Database.Database | null = null;
  try {
    db = new Database(file, { readonly: true });
    return db.prepare('SELECT file FROM _source').pluck().get() as string;
  } catch {
    return null;
  } finally {
    db?.close();
  }
}

function attempt(file: string, source: string): Derived {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) sweep(file, source);
  let db = connect(file);
  const format = db.pragma('user_version', { simple: true }) as number;
  if (format !== 0 && format !== DERIVED_FORMAT) {
    db.close();
    removeDerived(file);
    db = connect(file);
  }
  // Only a new file is written to: another thread may be in the middle of a long transaction.
  if (format === DERIVED_FORMAT) return { db, schema: 'main' };
  db.transaction(() => {
    if (db.pragma('user_version', { simple: true }) === DERIVED_FORMAT) return;
    db.exec(tables('main'));
    db.exec('CREATE TABLE _source (file TEXT NOT NULL)');
    db.prepare('INSERT INTO _source VALUES (?)').run(source);
    db.pragma(`user_version = ${DERIVED_FORMAT}`);
  }).immediate();
  return { db, schema: 'main' };
}

function connect(file: string): Database.Database {
  const db = new Database(file, { timeout: 10_000 });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.pragma('temp_store = MEMORY');
  return db;
}

export function removeDerived(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}

/** Opens the file to read; null when nothing was ever built. */
export function openDerivedForReading(file: string): Database.Database | null {
  if (!existsSync(file)) return null;
  const db = new Database(file, { readonly: true, timeout: 10_000 });
  if (db.pragma('user_version', { simple: true }) === DERIVED_FORMAT) return db;
  db.close();
  return null;
}

/** The same tables as temporary ones of a reading connection, made when they are first needed. */
export function temporaryDerived(db: Database.Database): Derived {
  const isMade = db.prepare("SELECT 1 FROM temp.sqlite_schema WHERE name = '_build'").get() !== undefined;
  if (!isMade) db.exec(tables('temp'));
  return { db, schema: 'temp' };
}

export function findBuild({ db, schema }: Derived, name: string, state: 'ready' | 'next'): BuildRow | null {
  const row = db.prepare(`SELECT * FROM ${schema}._build WHERE name = ? AND state = ?`).get(name, state);
  return (row as BuildRow | undefined) ?? null;
}

/** Results of earlier definitions, the latest first; each definition once. */
export const previousBuilds = ({ db, schema }: Derived, name: string): BuildRow[] =>
  db
    .prepare(`SELECT * FROM ${schema}._build WHERE name = ? AND state = 'previous' ORDER BY id DESC`)
    .all(name) as BuildRow[];

export function buildById({ db, schema }: Derived, id: number): BuildRow | null {
  return (db.prepare(`SELECT * FROM ${schema}._build WHERE id = ?`).get(id) as BuildRow | undefined) ?? null;
}

/** Registers a build and makes its empty table. */
export function createBuild({ db, schema }: Derived, projection: Projection, hash: string): BuildRow {
  const id = Number(
    db
      .prepare(
        `INSERT INTO ${schema}._build (name, hash, version, definition, state) VALUES (?, ?, ?, ?, 'next')`,
      )
      .run(projection.name, hash, projection.reducer.version, formatJson(projection as unknown as Json))
      .lastInsertRowid,
  );
  const columns = projection.columns.map((column) => `${quoted(column.name)} ANY`);
  db.exec(
    `CREATE TABLE ${schema}.${dataTable(id)} (
       key TEXT PRIMARY KEY, ${columns.join(', ')}, _events INTEGER, _last_event INTEGER, _last_at TEXT
     ) STRICT, WITHOUT ROWID`,
  );
  return buildById({ db, schema }, id)!;
}

export function dropBuild({ db, schema }: Derived, id: number): void {
  db.exec(`DROP TABLE IF EXISTS ${schema}.${dataTable(id)}`);
  for (const table of PER_BUILD) db.prepare(`DELETE FROM ${schema}.${table} WHERE build = ?`).run(id);
  db.prepare(`DELETE FROM ${schema}._build WHERE id = ?`).run(id);
}

/** Makes a finished build the one that answers; the one before is kept when another definition made it. */
export function switchTo(derived: Derived, build: BuildRow, at: number): void {
  const { db, schema } = derived;
  const before = findBuild(derived, build.name, 'ready');
  if (before !== null && before.id !== build.id) {
    if (before.hash === build.hash) dropBuild(derived, before.id);
    else keepPrevious(derived, before, build);
  }
  db.prepare(`UPDATE ${schema}._build SET state = 'ready', built_at = ?, stamp = stamp + 1 WHERE id = ?`).run(
    at,
    build.id,
  );
  if (schema === 'main') {
    db.exec(`DROP VIEW IF EXISTS ${quoted(build.name)}`);
    db.exec(`CREATE VIEW ${quoted(build.name)} AS SELECT * FROM ${dataTable(build.id)}`);
  }
}

/** Results of so many earlier definitions are kept. */
const MOST_PREVIOUS = 5;

/** Only its rows are kept, with what is needed to read them and to tell which events they rest on. */
function keepPrevious(derived: Derived, build: BuildRow, next: BuildRow): void {
  const { db, schema } = derived;
  const older = previousBuilds(derived, build.name);
  for (const [nth, each] of older.entries())
    if (each.hash === build.hash || each.hash === next.hash || nth >= MOST_PREVIOUS - 1)
      dropBuild(derived, each.id);
  for (const table of PER_BUILD)
    if (table !== '_scale' && table !== '_seen')
      db.prepare(`DELETE FROM ${schema}.${table} WHERE build = ?`).run(build.id);
  db.prepare(`UPDATE ${schema}._build SET state = 'previous' WHERE id = ?`).run(build.id);
}

export const rowCount = ({ db, schema }: Derived, build: number): number =>
  db
    .prepare(`SELECT count(*) FROM ${schema}.${dataTable(build)}`)
    .pluck()
    .get() as number;

/** Decimal places of a build's columns, by name. */
export const scalesOf = ({ db, schema }: Derived, build: number): Map<string, number> =>
  new Map(
    db.prepare(`SELECT name, places FROM ${schema}._scale WHERE build = ?`).raw().all(build) as [
      string,
      number,
    ][],
  );
