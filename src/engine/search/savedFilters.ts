/** Saved filters in the workspace file. */
import type { Database } from 'better-sqlite3';
import type { SavedFilter } from '../../contract/search.ts';
import type { ReadContext, WriteContext } from '../workers/context.ts';

/** A filter without where it is kept. */
export type KeptFilter = Omit<SavedFilter, 'place'>;

/** A recording of an older format has no such table, and is never changed. */
const hasTable = (db: Database): boolean =>
  db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'saved_filter'").get() !==
  undefined;

function list({ db }: ReadContext, _args: Record<string, never>): KeptFilter[] {
  if (!hasTable(db)) return [];
  const rows = db.prepare('SELECT id, name, filter, changed_at FROM saved_filter').all() as {
    id: string;
    name: string;
    filter: string;
    changed_at: number;
  }[];
  return rows.map(({ id, name, filter, changed_at }) => ({
    id,
    name,
    filter: JSON.parse(filter) as SavedFilter['filter'],
    changedAt: changed_at,
  }));
}

/** Adds a filter, or changes the one with this id. */
function put(context: WriteContext, { id, name, filter, changedAt }: KeptFilter): Record<string, never> {
  context.transaction(() =>
    context.db
      .prepare('INSERT OR REPLACE INTO saved_filter VALUES (?, ?, ?, ?)')
      .run(id, name, JSON.stringify(filter), changedAt),
  );
  return {};
}

function remove(context: WriteContext, { id }: { id: string }): Record<string, never> {
  context.transaction(() => context.db.prepare('DELETE FROM saved_filter WHERE id = ?').run(id));
  return {};
}

export const savedFilterReads = { 'search.saved': list };
export const savedFilterWrites = { putSavedFilter: put, removeSavedFilter: remove };
