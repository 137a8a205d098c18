/**
 * The format of a workspace file, as an ordered list of steps. A file carries the number of the last step it has
 * (`user_version`). Steps only ever add; a step that was released is never edited. A new one goes to the end.
 */
import { receiptMigration } from '../compensation/receiptMigration.ts';
import { documentMigration } from '../notebook/documentMigration.ts';
import { savedFilterMigration } from '../search/savedFilterMigration.ts';
import { type Migration, recordsMigration } from './migrations.ts';

export const MIGRATIONS: readonly Migration[] = [
  recordsMigration,
  receiptMigration,
  savedFilterMigration,
  documentMigration,
];

/** The format this Hindcast writes. */
export const FORMAT = MIGRATIONS.length;
