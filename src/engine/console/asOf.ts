/**
 * A projection as of a moment, as a table of a statement: rows come from the history that the projection keeps. Only
 * rows of which clocks that jitter leave no prefix at that moment, or that have new events, are folded.
 */
import type { Database } from 'better-sqlite3';
import type { Cut } from '../../core/model.ts';
import { stepBuild } from '../projection/build.ts';
import { type BuildRow, type Derived, dataTable, quoted, temporaryDerived } from '../projection/derived.ts';
import { History } from '../projection/history/historyFile.ts';
import type { RowsAsOf } from '../projection/history/loadedShard.ts';
import { type Definition, planKeys, touchedKeys } from '../projection/plan.ts';
import type { ReadContext } from '../workers/context.ts';
import { LruCache } from '../workers/revisionCache.ts';

/** Histories that were asked for stay in memory up to so many bytes together. */
const KEPT_BYTES = 512 * 1024 * 1024;
const kept = new LruCache(KEPT_BYTES);

/** Columns that each table has after the declared ones. */
const OWN_COLUMNS = 3;

export interface AsOfTable {
  /** In the schema `main` of the connection. */
  table: string;
  /** Events that were moved to where they occurred, in the rows that were folded. */
  moved: number;
}

/** Columns whose names the statement could mean; what stands for all columns means all. */
function wantedColumns(sql: string, names: readonly string[]): number[] {
  const bare = sql.replace(/\bcount\s*\(\s*\*\s*\)/gi, '');
  const isAll = /\*|\bnatural\b/i.test(bare);
  return names.flatMap((name, column) =>
    isAll || new RegExp(`\\b${name}\\b`, 'i').test(bare) ? [column] : [],
  );
}

/**
 * Makes the table; null: the history does not tell it, all must be folded.
 * @param own the file of projection tables, read in one transaction
 */
export function asOfTable(
  context: ReadContext,
  { own, build, definition, cut, sql }: AsOfQuestion,
): AsOfTable | null {
  const { projection } = definition;
  if (build.history_bytes === 0 || build.hash !== definition.hash) return null;
  const name = `${own.db.name} ${build.id} ${build.hash} ${build.built_at} ${build.stamp}`;
  const history = kept.get(
    name,
    () => new History(own, build, projection),
    (each) => each.bytes * 2,
  );
  history.readFrom(own, build.id);
  const columns = wantedColumns(
    sql,
    projection.columns.map((column) => column.name),
  );
  if (!history.has(columns)) return null;
  const touched = touchedKeys(context, own, build, projection);
  if (touched === null) return null;
  const { shards, folds } = history.asOf(cut);
  const keys = touched.length === 0 ? folds : new Set([...touched, ...folds]);
  const folded =
    keys.size === 0 ? { rows: [], moved: 0 } : foldKeys(context, own, build, definition, keys, cut);
  const table = `_as_of_${build.id}`;
  defineTable(context.db, table, history, {
    ...{ projection: definition.projection, columns, cut, shards, keys, folded },
  });
  context.db.exec(`CREATE TEMP VIEW ${quoted(projection.name)} AS SELECT * FROM ${table}`);
  return { table, moved: folded.moved };
}

export interface AsOfQuestion {
  own: Derived;
  build: BuildRow;
  definition: Definition;
  cut: Cut;
  sql: string;
}

interface Folded {
  rows: unknown[][];
  moved: number;
}

/** Folds some rows to the cut; they come by key. */
function foldKeys(
  context: ReadContext,
  own: Derived,
  build: BuildRow,
  definition: Definition,
  keys: ReadonlySet<string>,
  cut: Cut,
): Folded {
  const derived = temporaryDerived(context.db);
  const plan = planKeys(derived, definition, keys, recordsOf(own, build));
  const options = { build: plan.build, budgetMs: Number.POSITIVE_INFINITY, cut, at: 0 };
  const { moved } = stepBuild(context, derived, definition, options);
  const rows = context.db
    .prepare(`SELECT * FROM temp.${dataTable(plan.build)} ORDER BY key`)
    .safeIntegers(true)
    .raw()
    .all() as unknown[][];
  return { rows, moved };
}

/** Records of the rows whose key lies in their events. */
function recordsOf({ db }: Derived, build: BuildRow): (key: string) => number[] {
  const read = db.prepare('SELECT record_id FROM _key WHERE build = ? AND part = ?').pluck();
  return (key) => read.all(build.id, key) as number[];
}

function defineTable(
  db: Database,
  table: string,
  history: History,
  {
    projection,
    columns,
    cut,
    shards,
    keys,
    folded,
  }: {
    projection: Definition['projection'];
    columns: readonly number[];
    cut: Cut;
    shards: readonly RowsAsOf[];
    keys: ReadonlySet<string>;
    folded: Folded;
  },
): void {
  const count = projection.columns.length;
  db.table(table, {
    columns: ['key', ...projection.columns.map(({ name }) => name), '_events', '_last_event', '_last_at'],
    *rows() {
      const row: unknown[] = new Array(1 + count + OWN_COLUMNS).fill(null);
      let next = 0;
      for (const { key, shard, row: at } of history.inOrder(cut)) {
        const rows = shards[shard]!;
        if (!rows.isThere(at) || keys.has(key)) continue;
        while (next < folded.rows.length && (folded.rows[next]![0] as string) < key)
          yield folded.rows[next++]!;
        row[0] = key;
        for (const column of columns) row[1 + column] = rows.value(column, at);
        row[1 + count] = BigInt(rows.events(at));
        row[2 + count] = BigInt(rows.lastEvent(at));
        row[3 + count] = rows.lastAt(at);
        yield row;
      }
      while (next < folded.rows.length) yield folded.rows[next++]!;
    },
  });
}
