import type { Migration } from '../store/migrations.ts';

/**
 * What a person keeps: documents of a kind (`case`, `query`, `mapping`, …) as JSON. `identity` names the workspace and
 * every copy and recording of it.
 */
export const documentMigration: Migration = {
  name: 'documents',
  sql: `
    CREATE TABLE document (
      kind TEXT NOT NULL,
      id TEXT NOT NULL,
      body TEXT NOT NULL,
      changed_at INTEGER NOT NULL,
      PRIMARY KEY (kind, id)
    ) WITHOUT ROWID;
    INSERT OR IGNORE INTO meta (key, value) VALUES ('identity', lower(hex(randomblob(8))));`,
};
