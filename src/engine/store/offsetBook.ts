/**
 * The account of a partition's offsets: what was asked, what was read, what of it is missing and why. Every offset of a
 * read range is a stored row or counted by one row of `missing`; the writer keeps it so inside its transactions.
 */
import type { Database, Statement } from 'better-sqlite3';
import { joined, type Span, within } from '../../core/ranges.ts';
import type { MissingRow } from './frame.ts';
import { OFFSET_SPAN } from './ids.ts';

type RangeTable = 'asked_range' | 'read_range';

/** The ranges of a partition, joined. */
export function rangesOf(db: Database, table: RangeTable, no: number): Span[] {
  return db
    .prepare(
      `SELECT from_offset AS "from", to_offset AS "to" FROM ${table} WHERE partition_no = ? ORDER BY from_offset`,
    )
    .all(no) as Span[];
}

/** What of a written frame the account has to know. */
export interface Entry {
  partitionNo: number;
  from: number;
  next: number;
  settled: number;
  /** Only records of this key were kept; the offsets do not count as read. */
  key?: Uint8Array;
  /** The offsets that count as read; absent: all of [from, next). */
  spans?: readonly Span[];
  /** Offsets of the frame that were deleted before they could be looked through for the key. */
  lost?: number;
}

export class OffsetBook {
  readonly #db: Database;
  readonly #grow: Record<RangeTable, Statement>;
  readonly #touching: Record<RangeTable, Statement>;
  readonly #remove: Record<RangeTable, Statement>;
  readonly #insert: Record<RangeTable, Statement>;
  readonly #addMissing: Statement;
  readonly #growMissing: Statement;

  constructor(db: Database) {
    this.#db = db;
    const each = (sql: (table: RangeTable) => string) => ({
      asked_range: db.prepare(sql('asked_range')),
      read_range: db.prepare(sql('read_range')),
    });
    // The usual way: reading goes on at the end of the last range.
    this.#grow = each(
      (table) =>
        `UPDATE ${table} SET to_offset = max(to_offset, @to) WHERE partition_no = @no AND from_offset <= @from
           AND to_offset >= @from AND NOT EXISTS (SELECT 1 FROM ${table} AS later
             WHERE later.partition_no = @no AND later.from_offset > @from AND later.from_offset <= @to)`,
    );
    this.#touching = each(
      (table) =>
        `SELECT from_offset AS "from", to_offset AS "to" FROM ${table}
         WHERE partition_no = ? AND from_offset <= ? AND to_offset >= ?`,
    );
    this.#remove = each(
      (table) => `DELETE FROM ${table} WHERE partition_no = ? AND from_offset <= ? AND to_offset >= ?`,
    );
    this.#insert = each((table) => `INSERT INTO ${table} VALUES (?, ?, ?)`);
    this.#growMissing = db.prepare(
      `UPDATE missing SET to_offset = ?, count = count + ?
       WHERE partition_no = ? AND to_offset = ? AND reason = ? AND note = ? AND bytes IS NULL`,
    );
    this.#addMissing = db.prepare(
      'INSERT INTO missing (partition_no, from_offset, to_offset, count, reason, note, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
  }

  /** Adds a range to those of a partition. */
  add(table: RangeTable, no: number, { from, to }: Span): void {
    if (from >= to) return;
    if (this.#grow[table].run({ no, from, to }).changes > 0) return;
    const touching = this.#touching[table].all(no, to, from) as Span[];
    this.#remove[table].run(no, to, from);
    for (const span of joined([...touching, { from, to }])) this.#insert[table].run(no, span.from, span.to);
  }

  addMissing(no: number, { from, to, count, reason, note, bytes }: MissingRow): void {
    const isGrown = bytes === null && this.#growMissing.run(to, count, no, from, reason, note).changes > 0;
    if (!isGrown) this.#addMissing.run(no, from, to, count, reason, note, bytes);
  }

  /** Takes back what is said of [from, to), while the records there are still in their table. */
  forget(no: number, from: number, to: number): void {
    for (const at of [from, to]) this.#cut(no, at);
    this.#db
      .prepare('DELETE FROM missing WHERE partition_no = ? AND from_offset >= ? AND from_offset < ?')
      .run(no, from, to);
  }

  /** Parts a row of `missing` that lies across an offset. */
  #cut(no: number, at: number): void {
    const rows = this.#db
      .prepare(
        `SELECT from_offset AS "from", to_offset AS "to", count, reason, note, bytes FROM missing
         WHERE partition_no = ? AND from_offset < ? AND to_offset > ?`,
      )
      .all(no, at, at) as MissingRow[];
    for (const row of rows) {
      const left = row.count === row.to - row.from ? at - row.from : this.#gapsIn(no, row.from, at);
      this.#db
        .prepare(
          'UPDATE missing SET to_offset = ?, count = ? WHERE partition_no = ? AND from_offset = ? AND reason = ?',
        )
        .run(at, left, no, row.from, row.reason);
      this.#addMissing.run(no, at, row.to, row.count - left, row.reason, row.note, row.bytes);
    }
  }

  /** Offsets of a read range that are neither a record nor in another, solid row of `missing`. */
  #gapsIn(no: number, from: number, to: number): number {
    const base = no * OFFSET_SPAN;
    const stored = this.#db
      .prepare('SELECT count(*) FROM record WHERE id >= ? AND id < ?')
      .pluck()
      .get(base + from, base + to) as number;
    const others = this.#db
      .prepare(
        `SELECT coalesce(sum(min(to_offset, @to) - max(from_offset, @from)), 0) FROM missing
         WHERE partition_no = @no AND from_offset < @to AND to_offset > @from AND count = to_offset - from_offset`,
      )
      .pluck()
      .get({ no, from, to }) as number;
    return to - from - stored - others;
  }

  /** Enters a frame whose records and missing offsets are written. */
  enter({ partitionNo: no, from, next, settled, key, spans, lost }: Entry): void {
    if (key === undefined) {
      for (const span of spans ?? [{ from, to: next }]) {
        this.add('read_range', no, span);
        this.add('asked_range', no, span);
      }
      return;
    }
    this.#db
      .prepare(
        `UPDATE key_scan SET next_offset = max(next_offset, ?), settled_offset = max(settled_offset, ?),
           lost = lost + ? WHERE partition_no = ? AND key = ?`,
      )
      .run(next, Math.min(next, settled), lost ?? 0, no, key);
  }

  /** Gives up what was asked and will never be read; records kept for their keys stay. @returns how many offsets */
  giveUp(no: number, spans: readonly Span[], note: string): number {
    const base = no * OFFSET_SPAN;
    const stored = this.#db.prepare('SELECT count(*) FROM record WHERE id >= ? AND id < ?').pluck();
    let lost = 0;
    for (const { from, to } of spans) {
      const count = to - from - (stored.get(base + from, base + to) as number);
      if (count > 0) this.addMissing(no, { from, to, count, reason: 'retention', note, bytes: null });
      this.add('read_range', no, { from, to });
      lost += count;
    }
    return lost;
  }
}

/** The part of a range that is below an offset. */
export const below = (spans: readonly Span[], limit: number): Span[] =>
  within(spans, [{ from: 0, to: limit }]);
/** The part of a range from an offset on, up to another. */
export const between = (spans: readonly Span[], from: number, to: number): Span[] =>
  within(spans, [{ from, to }]);
