import type { Database } from 'better-sqlite3';
import { metaOf, setMeta } from './open.ts';

/** Removes event types and aggregates that no record has any more; readers forget the numbers they know. */
export function dropUnusedNames(db: Database): void {
  db.exec(`
    DELETE FROM aggregate WHERE id NOT IN (SELECT agg_id FROM record WHERE agg_id IS NOT NULL);
    DELETE FROM event_type WHERE id NOT IN (SELECT type_id FROM record WHERE type_id IS NOT NULL);`);
  layoutChanged(db);
}

/** Readers give up what they know of partitions, types, aggregates and mappings. */
export function layoutChanged(db: Database): void {
  setMeta(db, 'layout', ((metaOf(db, 'layout') as number | null) ?? 0) + 1);
}
