import type { Migration } from '../store/migrations.ts';

/**
 * Compensations of this workspace. A row is written before anything is sent (`pending`) and becomes `published` with
 * its receipt; one that was never confirmed stays pending, so that it is looked for before it can be sent again.
 */
export const receiptMigration: Migration = {
  name: 'receipts',
  sql: `
    CREATE TABLE receipt (
      idempotency_key TEXT PRIMARY KEY,
      status TEXT NOT NULL CHECK (status IN ('pending', 'published')),
      at INTEGER NOT NULL,
      attempt TEXT NOT NULL,
      receipt TEXT
    ) WITHOUT ROWID;`,
};
