/** Writes what a part of a first replay has folded into the tables, all or nothing. */

import type { BulkResult } from './bulk.ts';
import { type Derived, dataTable } from './derived.ts';
import { addShard } from './history/historyFile.ts';

/** How the rows of failed and counted parts are named in the tables. */
export const ROW_PART = 'key ';

/** @param name of the part in the plan */
export function writeAtOnce(
  { db, schema }: Derived,
  build: number,
  name: string,
  { rows, left, history, scales }: BulkResult,
  columns: number,
): void {
  const places = new Array(columns).fill('?').join(', ');
  const putRow = db.prepare(
    `INSERT OR REPLACE INTO ${schema}.${dataTable(build)} VALUES (?, ${places}, ?, ?, ?)`,
  );
  const putPart = db.prepare(`INSERT OR REPLACE INTO ${schema}._part VALUES (?, ?, ?, ?, ?)`);
  const putFailure = db.prepare(`INSERT OR REPLACE INTO ${schema}._failure VALUES (?, ?, ?, ?, ?)`);
  const addTodo = db.prepare(`INSERT OR IGNORE INTO ${schema}._todo VALUES (?, 'fold', ?)`);
  const drop = db.prepare(`DELETE FROM ${schema}._todo WHERE build = ? AND kind = 'bulk' AND part = ?`);
  const putScale = db.prepare(
    `INSERT INTO ${schema}._scale VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET places = max(places, excluded.places)`,
  );
  const count = db.prepare(
    `UPDATE ${schema}._build SET processed = processed + ?, ignored = ignored + ?, failed = failed + ?,
     stamp = stamp + 1 WHERE id = ?`,
  );
  db.transaction(() => {
    // Another may have done it meanwhile, or dropped the build.
    if (drop.run(build, name).changes === 0) return;
    let [processed, ignored, failed] = [0, 0, 0];
    for (const { key, row } of rows) {
      if (row.values !== null) putRow.run(key, ...row.values);
      const part = ROW_PART + key;
      for (const { recordId, type, message } of row.failures)
        putFailure.run(build, part, recordId, type, message);
      putPart.run(build, part, row.processed, row.ignored, row.failures.length);
      processed += row.processed;
      ignored += row.ignored;
      failed += row.failures.length;
    }
    count.run(processed, ignored, failed, build);
    for (const key of left) addTodo.run(build, key);
    for (const [column, most] of scales) putScale.run(build, column, most);
    addShard({ db, schema }, build, history);
  }).immediate();
}
