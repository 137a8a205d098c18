/** Takes a topic out of a workspace: its records, their bytes, and the account of its offsets. */
import type { Database } from 'better-sqlite3';
import { HindcastError } from '../../contract/errors.ts';
import { forgetRecords } from '../store/forget.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { metaOf, setMeta } from '../store/open.ts';
import { markRewritten } from '../store/rewrite.ts';
import { dropUnusedNames } from '../store/unusedNames.ts';
import type { WriteContext } from '../workers/context.ts';

/** Records of one transaction: the write-ahead log stays small, and a cancel is heard soon. */
const ROWS_AT_ONCE = 20_000;

/**
 * Deletes in parts. At every moment, also after a kill or a cancel, coverage says what is still there: an offset whose
 * record is gone no longer counts as read. @throws HindcastError `capture.running`, `topic.not-held`, `cancelled`
 */
export function deleteTopic(context: WriteContext, { topic }: { topic: string }): { records: number } {
  const { db } = context;
  context.records();
  const topicId = db.prepare('SELECT id FROM topic WHERE name = ?').pluck().get(topic) as number | undefined;
  if (topicId === undefined) throw new HindcastError('topic.not-held', { topic });
  const numbers = db.prepare('SELECT no FROM partition WHERE topic_id = ?').pluck().all(topicId) as number[];
  let records = 0;
  for (const no of numbers)
    for (let to: number | null = 0; to !== null; ) {
      context.throwIfAborted();
      const until: number | null = boundary(db, no);
      records += context.transaction(() => {
        context.recordsChanged();
        return forgetUpTo(context, no, until ?? OFFSET_SPAN);
      });
      context.progress({ done: records });
      to = until;
    }
  context.transaction(() => {
    context.recordsChanged();
    removeTopic(db, topicId, numbers);
  });
  return { records };
}

/** The offset up to which the next part goes: where a block begins; null: all that is left. */
function boundary(db: Database, no: number): number | null {
  const base = no * OFFSET_SPAN;
  const end = base + OFFSET_SPAN;
  const far = db
    .prepare(`SELECT id FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT 1 OFFSET ${ROWS_AT_ONCE}`)
    .pluck()
    .get(base, end) as number | undefined;
  if (far === undefined) return null;
  const block = db
    .prepare('SELECT id FROM block WHERE id >= ? AND id < ? ORDER BY id LIMIT 1')
    .pluck()
    .get(far, end) as number | undefined;
  return block === undefined ? null : block - base;
}

function forgetUpTo(context: WriteContext, no: number, to: number): number {
  const { db } = context;
  context.records().book.forget(no, 0, to);
  for (const table of ['asked_range', 'read_range'] as const) {
    db.prepare(`DELETE FROM ${table} WHERE partition_no = ? AND to_offset <= ?`).run(no, to);
    db.prepare(`UPDATE ${table} SET from_offset = ? WHERE partition_no = ? AND from_offset < ?`).run(
      to,
      no,
      to,
    );
  }
  markRewritten(db, no);
  return forgetRecords(db, no, 0, to);
}

function removeTopic(db: Database, topicId: number, numbers: readonly number[]): void {
  const list = JSON.stringify(numbers);
  for (const { table, column } of ownersOf(db, 'partition'))
    db.prepare(`DELETE FROM "${table}" WHERE "${column}" IN (SELECT value FROM json_each(?))`).run(list);
  // Numbers are never given again: an address or a receipt that names a record must not find another one.
  const next = db.prepare('SELECT coalesce(max(no) + 1, 0) FROM partition').pluck().get() as number;
  setMeta(db, 'next_partition', Math.max(next, (metaOf(db, 'next_partition') as number | null) ?? 0));
  db.prepare('DELETE FROM partition WHERE topic_id = ?').run(topicId);
  db.prepare('DELETE FROM topic WHERE id = ?').run(topicId);
  dropUnusedNames(db);
}

/** The tables whose rows belong to a row of this one. */
function ownersOf(db: Database, parent: string): { table: string; column: string }[] {
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
  return tables.flatMap((table) =>
    (db.pragma(`foreign_key_list("${table}")`) as { table: string; from: string }[])
      .filter((key) => key.table === parent)
      .map(({ from }) => ({ table, column: from })),
  );
}
