/** Takes records away that come again, such as those of a transaction that was open when they were first read. */
import type { Database } from 'better-sqlite3';
import { FLAG } from '../kafka/recordColumns.ts';
import { type BlockRow, bodyAt, type OpenBlock, openBlock, partOf } from './blocks.ts';
import { OFFSET_SPAN } from './ids.ts';
import { KIND, VERDICT } from './values.ts';

/**
 * Removes the records of [from, next) of a partition and what is counted of them; those before and behind stay, with their
 * bytes. Runs inside the writer's transaction. Postings may still name them: a look-up checks what it finds.
 * @returns how many records they were, without markers
 */
export function forgetRecords(db: Database, partitionNo: number, from: number, next: number): number {
  const base = partitionNo * OFFSET_SPAN;
  const range = [base + from, base + next] as const;
  const bytes = cutOut(db, base, ...range);
  const counts = db
    .prepare(
      `SELECT coalesce(sum(verdict <> ${VERDICT.control}), 0) AS stored,
         coalesce(sum(kind = ${KIND.event} AND verdict = ${VERDICT.committed}), 0) AS events,
         coalesce(sum(verdict = ${VERDICT.control}), 0) AS control,
         coalesce(sum(verdict = ${VERDICT.aborted}), 0) AS aborted,
         coalesce(sum(verdict = ${VERDICT.open}), 0) AS open
       FROM record WHERE id >= ? AND id < ?`,
    )
    .get(...range) as Record<'stored' | 'events' | 'control' | 'aborted' | 'open', number>;
  const { stored, events, control, aborted, open } = counts;
  db.prepare(
    `UPDATE partition SET stored = stored - ?, events = events - ?, control = control - ?,
       aborted = aborted - ?, open = open - ?, bytes = bytes - ? WHERE no = ?`,
  ).run(stored, events, control, aborted, open, bytes, partitionNo);
  db.prepare('DELETE FROM record WHERE id >= ? AND id < ?').run(...range);
  return stored;
}

/** Removes the bytes of the records in the range from their blocks. @returns how many of keys, values and headers */
function cutOut(db: Database, base: number, from: number, next: number): number {
  const first = db
    .prepare('SELECT id FROM block WHERE id >= ? AND id <= ? ORDER BY id DESC LIMIT 1')
    .pluck()
    .get(base, from) as number | undefined;
  const rows = db
    .prepare('SELECT id, codec, raw_size, bytes FROM block WHERE id >= ? AND id < ?')
    .all(first ?? from, next) as BlockRow[];
  const flags = db.prepare('SELECT flags FROM record WHERE id = ?').pluck();
  const put = db.prepare('INSERT INTO block (id, codec, raw_size, bytes) VALUES (?, ?, ?, ?)');
  const drop = db.prepare('DELETE FROM block WHERE id = ?');
  let bytes = 0;
  for (const row of rows) {
    const block = openBlock(row);
    const start = block.ids.findIndex((id) => id >= from);
    if (start === -1) continue;
    const after = block.ids.findIndex((id) => id >= next);
    const end = after === -1 ? block.count : after;
    for (let at = start; at < end; at++)
      bytes += bytesOf(block, at, flags.get(block.ids[at]) as number | undefined);
    drop.run(row.id);
    for (const part of [partOf(block, 0, start), partOf(block, end, block.count)])
      if (part !== null) put.run(part.id, part.codec, part.raw_size, part.bytes);
  }
  return bytes;
}

/** As it was counted when it was stored: old formats have no headers, though their blocks say that there are none. */
function bytesOf(block: OpenBlock, at: number, flags: number | undefined): number {
  const { key, value, headers } = bodyAt(block, at);
  const isCurrent = (((flags ?? 0) >>> FLAG.magicShift) & 3) === 2;
  return (key?.length ?? 0) + (value?.length ?? 0) + (isCurrent ? (headers?.length ?? 0) : 0);
}
