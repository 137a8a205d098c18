import type { Migration } from '../store/migrations.ts';

/** Filters that a person gave a name. */
export const savedFilterMigration: Migration = {
  name: 'saved filters',
  sql: `
    CREATE TABLE saved_filter (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      filter TEXT NOT NULL,
      changed_at INTEGER NOT NULL
    ) WITHOUT ROWID;`,
};
