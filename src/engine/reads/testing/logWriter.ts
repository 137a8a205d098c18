/** Writes rows of a log without bytes, many at once, as captures leave them: for tests of what reads only the rows. */
import Database from 'better-sqlite3';
import type { Random } from '../../../../test/fixtures/demo/random.ts';
import { OFFSET_SPAN } from '../../store/ids.ts';
import { createFile } from '../../store/open.ts';
import { packState } from '../../store/recordState.ts';
import { markRewritten, monoBefore, straightenTimes } from '../../store/rewrite.ts';
import { KIND, VERDICT } from '../../store/values.ts';

export interface Batch {
  rows: number;
  /** Offsets left out before a row, at most. */
  gap: number;
  /** Milliseconds from row to row: from, to; below 0 they run backwards. */
  step: readonly [number, number];
  /** One row of so many is a marker; 0: none. */
  markers: number;
  /** Rows from this one on are of an open transaction; Infinity: none. */
  openFrom: number;
}

interface Part {
  topic: number;
  next: number;
  settled: number;
  time: number;
}

export class LogWriter {
  readonly db: Database.Database;
  readonly #random: Random;
  readonly #parts = new Map<number, Part>();
  #topics = 0;
  #numbers = 0;

  constructor(file: string, random: Random) {
    createFile(file);
    this.db = new Database(file);
    this.#random = random;
  }

  get numbers(): number[] {
    return [...this.#parts.keys()];
  }

  /** @returns the numbers of its partitions */
  addTopic(name: string, partitions: number, startOffset: number, startTime: number): number[] {
    this.#topics += 1;
    const topic = this.#topics;
    this.db.prepare('INSERT INTO topic (id, name, kafka_name) VALUES (?, ?, ?)').run(topic, name, name);
    return Array.from({ length: partitions }, (_, partition) => {
      const no = this.#numbers++;
      this.db
        .prepare(
          `INSERT INTO partition (no, topic_id, partition, next_offset, settled_offset, first_log_start, log_start,
             high_watermark) VALUES (?, ?, ?, ?, ?, 0, 0, 0)`,
        )
        .run(no, topic, partition, startOffset, startOffset);
      this.#parts.set(no, { topic, next: startOffset, settled: startOffset, time: startTime });
      return no;
    });
  }

  append(no: number, batch: Batch): void {
    const part = this.#parts.get(no)!;
    const isSettled = part.settled === part.next;
    const { next, openAt } = this.#insert(no, part.next, part, batch);
    part.next = next;
    if (isSettled) part.settled = openAt ?? next;
    this.#enter(no, part);
  }

  /** What is open is decided: the same records come again. */
  settle(no: number): void {
    const part = this.#parts.get(no)!;
    const start = no * OFFSET_SPAN + part.settled;
    this.db
      .prepare(
        `UPDATE record SET state = state + (? - ((state >> 3) & 3)) * 8
         WHERE id >= ? AND id < ? AND verdict = ${VERDICT.open}`,
      )
      .run(this.#random.int(0, 1) === 0 ? VERDICT.committed : VERDICT.aborted, start, (no + 1) * OFFSET_SPAN);
    part.settled = part.next;
    this.#enter(no, part);
  }

  /** Records before those that are there. */
  fill(no: number, from: number, batch: Batch): void {
    const part = this.#parts.get(no)!;
    const first = this.db
      .prepare('SELECT min(id) FROM record WHERE id >= ? AND id < ?')
      .pluck()
      .get(no * OFFSET_SPAN, (no + 1) * OFFSET_SPAN) as number | null;
    const room = (first === null ? part.next : first % OFFSET_SPAN) - from;
    const rows = Math.min(batch.rows, Math.floor(room / (batch.gap + 1)));
    if (rows <= 0) return;
    const { next } = this.#insert(no, from, { ...part }, { ...batch, rows, openFrom: Infinity });
    straightenTimes(this.db, no, from, next);
    markRewritten(this.db, no);
    this.#enter(no, part);
  }

  rename(no: number, name: string): void {
    const { topic } = this.#parts.get(no)!;
    this.db.prepare('UPDATE topic SET name = ? WHERE id = ?').run(name, topic);
    this.db.prepare('UPDATE partition SET rewritten = rewritten + 1 WHERE topic_id = ?').run(topic);
  }

  remove(no: number): void {
    this.db
      .prepare('DELETE FROM record WHERE id >= ? AND id < ?')
      .run(no * OFFSET_SPAN, (no + 1) * OFFSET_SPAN);
    this.db.prepare('DELETE FROM partition WHERE no = ?').run(no);
    this.#parts.delete(no);
  }

  #insert(no: number, start: number, part: Part, batch: Batch): { next: number; openAt: number | null } {
    const insert = this.db.prepare(
      'INSERT INTO record (id, ts, late, occurred, state, agg_id) VALUES (?, ?, ?, ?, ?, ?)',
    );
    const random = this.#random;
    const base = no * OFFSET_SPAN;
    let offset = start;
    let latest = monoBefore(this.db, no, start);
    let openAt: number | null = null;
    this.db.transaction(() => {
      for (let row = 0; row < batch.rows; row++) {
        offset += batch.gap === 0 ? 0 : random.int(0, batch.gap);
        part.time += random.int(...batch.step);
        const isMarker = batch.markers > 0 && random.int(1, batch.markers) === 1;
        const isOpen = !isMarker && row >= batch.openFrom;
        if (isOpen) openAt ??= offset;
        if (!isMarker) latest = Math.max(latest ?? part.time, part.time);
        const mono = latest ?? part.time;
        const verdict = isMarker ? VERDICT.control : isOpen ? VERDICT.open : VERDICT.committed;
        const state = packState(isMarker ? KIND.control : KIND.event, verdict, 0, random.int(0, 5));
        const occurred = random.int(0, 3) === 0 ? null : part.time - random.int(0, 50);
        const late = mono === part.time ? null : mono;
        insert.run(base + offset, part.time, late, occurred, state, random.int(0, 40) || null);
        offset += 1;
      }
    })();
    return { next: offset, openAt };
  }

  #enter(no: number, { next, settled }: Part): void {
    this.db
      .prepare(
        `UPDATE partition SET next_offset = ?, settled_offset = ?,
           stored = (SELECT count(*) FROM record WHERE id >= ? AND id < ?) WHERE no = ?`,
      )
      .run(next, settled, no * OFFSET_SPAN, (no + 1) * OFFSET_SPAN, no);
  }
}
