/** What has to follow when records are stored before others that are there already. */
import type { Database } from 'better-sqlite3';
import { OFFSET_SPAN } from './ids.ts';
import { VERDICT } from './values.ts';

const ROWS_AT_ONCE = 1000;

interface TimeRow {
  id: number;
  ts: number;
  mono: number;
  verdict: number;
}

/**
 * Makes the recorded time of a partition rise again from an offset on: each record's is that of the latest one up to it,
 * a marker's that of the record before. Stops behind `settled`, the first offset that was not touched, where nothing
 * changes any more.
 */
export function straightenTimes(db: Database, partitionNo: number, from: number, settled: number): void {
  const base = partitionNo * OFFSET_SPAN;
  const read = db.prepare(
    'SELECT id, ts, mono, verdict FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT ?',
  );
  const write = db.prepare('UPDATE record SET late = ? WHERE id = ?');
  let latest = monoBefore(db, partitionNo, from) ?? Number.NEGATIVE_INFINITY;
  for (let at = base + from; ; ) {
    const rows = read.all(at, base + OFFSET_SPAN, ROWS_AT_ONCE) as TimeRow[];
    for (const { id, ts, mono, verdict } of rows) {
      if (verdict !== VERDICT.control) latest = Math.max(latest, ts);
      const time = latest === Number.NEGATIVE_INFINITY ? mono : latest;
      if (time !== mono) write.run(time === ts ? null : time, id);
      else if (id >= base + settled && verdict !== VERDICT.control) return;
    }
    if (rows.length < ROWS_AT_ONCE) return;
    at = rows.at(-1)!.id + 1;
  }
}

/** The running maximum never falls along the offsets: the last record before has it. Markers do not count in it. */
export function monoBefore(db: Database, no: number, offset: number): number | null {
  const base = no * OFFSET_SPAN;
  const mono = db
    .prepare(
      `SELECT mono FROM record WHERE id >= ? AND id < ? AND verdict <> ${VERDICT.control} ORDER BY id DESC LIMIT 1`,
    )
    .pluck()
    .get(base, base + offset) as number | undefined;
  return mono ?? null;
}

/** Tells readers that something changed before the end. */
export const markRewritten = (db: Database, partitionNo: number): void =>
  void db.prepare('UPDATE partition SET rewritten = rewritten + 1 WHERE no = ?').run(partitionNo);
