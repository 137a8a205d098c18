/** Runs one statement of the console on a connection of its own that can only read. */
import type { Database, Statement } from 'better-sqlite3';
import { HindcastError } from '../../contract/errors.ts';
import type { Cell } from '../../contract/projections.ts';
import { Dictionary } from '../store/dictionary.ts';
import { storeFault } from '../store/faults.ts';
import { inspectFile, metaOf, openForReading, type WorkspaceKind } from '../store/open.ts';
import type { ReadContext } from '../workers/context.ts';
import { LruCache } from '../workers/revisionCache.ts';
import { addByteFunctions } from './byteFunctions.ts';
import { cellOf, type Meaning } from './cells.ts';
import { addExactFunctions } from './exactFunctions.ts';
import { bindings } from './parameters.ts';
import { type PlanRow, type PlanStep, planInWords } from './plan.ts';
import type { ConsoleAnswer, ConsoleColumn, ConsoleQuery } from './protocol.ts';
import { makeTables, type Shown } from './views.ts';

/** Memory SQLite may take in this process; beyond it a statement fails instead of the machine. Bytes. */
const HEAP_LIMIT = 1024 * 1024 * 1024;
const CACHE_BYTES = 64 * 1024 * 1024;

const READING = new Set(['select', 'with', 'values', 'explain']);
const WRITING = new Set(
  'insert update delete replace create drop alter attach detach pragma vacuum reindex analyze begin commit end rollback savepoint release'.split(
    ' ',
  ),
);

/** First word of a statement, in lower case; comments and spaces do not count. */
function firstWord(sql: string): string {
  const bare = sql.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))+/, '');
  return /^\w+/.exec(bare)?.[0].toLowerCase() ?? '';
}

function prepare(db: Database, sql: string): Statement {
  const word = firstWord(sql);
  if (WRITING.has(word)) throw new HindcastError('sql.writes');
  let statement: Statement;
  try {
    statement = db.prepare(sql);
  } catch (error) {
    throw invalid(error);
  }
  if (!statement.readonly || !statement.reader || !READING.has(word)) throw new HindcastError('sql.writes');
  return statement.safeIntegers(true).raw(true);
}

/** What SQLite says of a statement, or what one of our functions found, as an error of the console. */
function invalid(error: unknown): unknown {
  if (error instanceof HindcastError || !(error instanceof Error)) return error;
  if (error instanceof RangeError && error.message.includes('more than one statement'))
    return new HindcastError('sql.invalid', { problem: 'only one statement at a time can be run' });
  if (error instanceof RangeError && error.message.includes('no statements'))
    return new HindcastError('sql.invalid', { problem: 'there is no statement' });
  const code = String((error as { code?: unknown }).code ?? '');
  if (code === 'SQLITE_NOMEM' || error instanceof RangeError)
    return new HindcastError('sql.invalid', { problem: 'the statement needs too much memory' });
  const isOfStatement =
    error instanceof TypeError || /^SQLITE_(ERROR|TOOBIG|MISMATCH|RANGE|CONSTRAINT)/.test(code);
  return isOfStatement
    ? new HindcastError('sql.invalid', { problem: error.message }, { cause: error })
    : error;
}

/** What each column of the answer is: that of a projection's column, else as SQLite declares it. */
function meanings(statement: Statement, { tables }: Shown): Meaning[] {
  return statement.columns().map(({ database, table, column, type }) => {
    const shown = tables
      .find((each) => each.database === database && each.table === table)
      ?.columns.get(column ?? '');
    return shown ?? { type: type === null || type === 'ANY' ? null : type.toLowerCase(), places: 0 };
  });
}

function collect(
  statement: Statement,
  shown: Shown,
  query: ConsoleQuery,
): Pick<ConsoleAnswer, 'columns' | 'rows' | 'more'> {
  const { limit, maxBytes } = query;
  const means = meanings(statement, shown);
  const columns = statement.columns().map(({ name }, at): ConsoleColumn => ({ name, type: means[at]!.type }));
  const rows: Cell[][] = [];
  let bytes = 0;
  const bound = bindings(query.sql, query.parameters ?? {});
  const found = bound === null ? statement.iterate() : statement.iterate(bound);
  for (const values of found as IterableIterator<unknown[]>) {
    if (rows.length === limit) return { columns, rows, more: true };
    const row = values.map((value, at) => cellOf(value, means[at]!));
    if (maxBytes !== null) {
      bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
      if (bytes > maxBytes && rows.length === 0)
        throw new HindcastError('sql.invalid', {
          problem: `the first row is larger than ${maxBytes} bytes; take parts with substr or fewer columns`,
        });
      if (bytes > maxBytes) return { columns, rows, more: true };
    }
    rows.push(row);
  }
  return { columns, rows, more: false };
}

function readContext(db: Database, file: string): ReadContext {
  return {
    db,
    file,
    kind: metaOf(db, 'kind') as WorkspaceKind,
    revision: metaOf(db, 'revision') as number,
    cache: new LruCache(CACHE_BYTES),
    lasting: new Map(),
    dictionary: new Dictionary(db),
    throwIfAborted() {},
  };
}

/** Tables behind the views that a statement asks, by the names it knows them by. */
function namesBehind(db: Database, sql: string): Map<string, string> {
  const names = new Map<string, string>();
  const views = db.prepare("SELECT name, sql FROM sqlite_temp_schema WHERE type = 'view'").all() as {
    name: string;
    sql: string;
  }[];
  for (const view of views)
    for (const [table] of view.sql.matchAll(/_data_\d+/g)) names.set(table, view.name);
  // The view of the events gives its tables these names; a person may have used one of them too.
  for (const [alias, table] of [
    ['r', 'events'],
    ['p', 'partitions'],
    ['t', 'topic names'],
    ['e', 'type names'],
    ['a', 'aggregate names'],
  ] as const)
    if (!new RegExp(`\\b${alias}\\b`, 'i').test(sql)) names.set(alias, table);
  return names;
}

function planOf(db: Database, { sql, parameters = {} }: ConsoleQuery): PlanStep[] {
  const bound = bindings(sql, parameters);
  const statement = db.prepare(`EXPLAIN QUERY PLAN ${sql}`);
  const rows = (bound === null ? statement.all() : statement.all(bound)) as PlanRow[];
  return planInWords(rows, namesBehind(db, sql));
}

/**
 * Answers one query. Blocks until it is done: run it in a process that can be killed.
 * @throws HindcastError `sql.invalid`, `sql.writes`, and those of opening a workspace
 */
export function runQuery(query: ConsoleQuery): ConsoleAnswer {
  const started = performance.now();
  inspectFile(query.file);
  const db = openForReading(query.file, { check: false });
  // A function of a statement cannot ask the connection that the statement runs on.
  const bytes = openForReading(query.file, { check: false });
  try {
    db.pragma(`hard_heap_limit = ${HEAP_LIMIT}`);
    // One read transaction: tables and events are of the same moment although a capture may be writing.
    db.exec('BEGIN');
    bytes.exec('BEGIN');
    addByteFunctions(db, bytes);
    const shown = makeTables(readContext(db, query.file), query);
    addExactFunctions(db);
    db.pragma('query_only = ON');
    const statement = prepare(db, query.sql);
    const answer =
      query.plan === true
        ? { columns: [], rows: [], more: false, plan: planOf(db, query) }
        : collect(statement, shown, query);
    return { ...answer, tookMs: performance.now() - started, asOf: shown.asOf };
  } catch (error) {
    throw invalid(storeFault(error, query.file));
  } finally {
    bytes.close();
    db.close();
  }
}
