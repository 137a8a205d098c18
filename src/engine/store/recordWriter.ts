/** Frames into the `record` table: many rows a statement, many frames a transaction, the position in the same one. */
import type { Database, Statement } from 'better-sqlite3';
import { HindcastError } from '../../contract/errors.ts';
import type { EnvelopeColumns, MissingRow, RecordFrame } from './frame.ts';
import { OFFSET_SPAN } from './ids.ts';
import { KIND, VERDICT } from './values.ts';

const ROWS_PER_STATEMENT = 50;
const ROWS_PER_TRANSACTION = 20_000;
/** Large values: a transaction must fit the write-ahead log's usual size. */
const BYTES_PER_TRANSACTION = 64 * 1024 * 1024;
const COLUMNS = 17;

const ROW = `(${Array.from({ length: COLUMNS }, () => '?').join(',')})`;
const insertSql = (rows: number) =>
  `INSERT INTO record (id, ts, mono, occurred, type_id, agg_id, version, event_hash, correlation_hash,
    causation_hash, kind, verdict, flags, producer_id, key, value, headers)
   VALUES ${Array.from({ length: rows }, () => ROW).join(',')}`;

export interface RecordWriterHooks {
  /** Runs inside every transaction, just before it is committed. */
  beforeCommit(): void;
  committed(): void;
}

export interface WrittenCounts {
  rows: number;
  bytes: number;
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
const zeroToNull = (value: number): number | null => (value === 0 ? null : value);

export class RecordWriter {
  readonly #db: Database;
  readonly #hooks: RecordWriterHooks;
  readonly #many: Statement;
  readonly #one: Statement;
  readonly #values: unknown[] = new Array(ROWS_PER_STATEMENT * COLUMNS).fill(null);
  readonly #oneValues: unknown[] = new Array(COLUMNS).fill(null);
  readonly #addType: Statement;
  readonly #addAggregate: Statement;
  readonly #partition: Statement;
  readonly #advance: Statement;
  readonly #addMissing: Statement;
  readonly #growMissing: Statement;
  #rows = 0;
  #bytes = 0;
  #inTransaction = false;
  /** Rows and bytes written since the start, committed or not. */
  readonly written: WrittenCounts = { rows: 0, bytes: 0 };

  constructor(db: Database, hooks: RecordWriterHooks) {
    this.#db = db;
    this.#hooks = hooks;
    this.#many = db.prepare(insertSql(ROWS_PER_STATEMENT));
    this.#one = db.prepare(insertSql(1));
    this.#addType = db.prepare('INSERT INTO event_type (id, name) VALUES (?, ?)');
    this.#addAggregate = db.prepare('INSERT INTO aggregate (id, type, key) VALUES (?, ?, ?)');
    this.#partition = db.prepare('SELECT next_offset AS next FROM partition WHERE no = ?');
    this.#advance = db.prepare(
      `UPDATE partition SET stored = stored + ?, events = events + ?, control = control + ?,
         aborted = aborted + ?, open = open + ?, bytes = bytes + ?, next_offset = max(next_offset, ?),
         settled_offset = max(settled_offset, ?), log_start = max(log_start, ?),
         high_watermark = max(high_watermark, ?), asked_to = max(asked_to, ?)
       WHERE no = ?`,
    );
    this.#growMissing = db.prepare(
      `UPDATE missing SET to_offset = ?, count = count + ?
       WHERE partition_no = ? AND to_offset = ? AND reason = ? AND note = ? AND bytes IS NULL`,
    );
    this.#addMissing = db.prepare(
      'INSERT INTO missing (partition_no, from_offset, to_offset, count, reason, note, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
  }

  get db(): Database {
    return this.#db;
  }

  /** Opens a transaction unless one is open; what is done before {@link commit} belongs to it. */
  begin(): void {
    if (this.#inTransaction) return;
    this.#db.exec('BEGIN IMMEDIATE');
    this.#inTransaction = true;
  }

  /** Writes one frame; commits when the transaction has become large. @returns whether it was committed */
  apply(frame: RecordFrame): boolean {
    const { columns, partitionNo } = frame;
    this.begin();
    for (const { id, name } of frame.newTypes) this.#addType.run(id, name);
    for (const { id, type, key } of frame.newAggregates) this.#addAggregate.run(id, type, key);
    const before = this.#partition.get(partitionNo) as { next: number } | undefined;
    if (before === undefined) throw new RangeError(`no partition ${partitionNo} in this workspace`);
    // An open transaction's records were stored before they were settled; this frame brings the same offsets again.
    if (frame.from < before.next) this.#forget(partitionNo, frame.from, frame.next);
    for (const missing of frame.missing) this.addMissing(partitionNo, missing);
    const bytes = this.#insert(frame);
    const counts = countRows(frame.envelope, columns.count);
    const { stored, events, control, aborted, open } = counts;
    this.#advance.run(
      stored,
      events,
      control,
      aborted,
      open,
      bytes,
      frame.next,
      frame.settled,
      frame.logStart,
      frame.highWatermark,
      frame.next,
      partitionNo,
    );
    this.#rows += columns.count;
    this.#bytes += bytes;
    this.written.rows += columns.count;
    this.written.bytes += bytes;
    if (this.#rows < ROWS_PER_TRANSACTION && this.#bytes < BYTES_PER_TRANSACTION) return false;
    this.commit();
    return true;
  }

  /** Commits what is open. @returns false when there was nothing */
  commit(): boolean {
    if (!this.#inTransaction) return false;
    this.#hooks.beforeCommit();
    this.#db.exec('COMMIT');
    this.#clear();
    this.#hooks.committed();
    return true;
  }

  rollback(): void {
    if (!this.#inTransaction) return;
    // SQLite has ended the transaction itself after some failures, such as a full disk.
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
    this.#clear();
  }

  addMissing(partitionNo: number, { from, to, count, reason, note, bytes }: MissingRow): void {
    const grown =
      bytes === null && this.#growMissing.run(to, count, partitionNo, from, reason, note).changes > 0;
    if (!grown) this.#addMissing.run(partitionNo, from, to, count, reason, note, bytes);
  }

  #clear(): void {
    this.#inTransaction = false;
    this.#rows = 0;
    this.#bytes = 0;
  }

  #forget(partitionNo: number, from: number, next: number): void {
    const base = partitionNo * OFFSET_SPAN;
    const range = [base + from, base + next];
    const counts = this.#db
      .prepare(
        `SELECT -coalesce(sum(verdict <> ${VERDICT.control}), 0) AS stored,
           -coalesce(sum(kind = ${KIND.event} AND verdict = ${VERDICT.committed}), 0) AS events,
           -coalesce(sum(verdict = ${VERDICT.control}), 0) AS control,
           -coalesce(sum(verdict = ${VERDICT.aborted}), 0) AS aborted,
           -coalesce(sum(verdict = ${VERDICT.open}), 0) AS open,
           -coalesce(sum(coalesce(length(key), 0) + coalesce(length(value), 0) + coalesce(length(headers), 0)), 0)
             AS bytes
         FROM record WHERE id >= ? AND id < ?`,
      )
      .get(...range) as Record<'stored' | 'events' | 'control' | 'aborted' | 'open' | 'bytes', number>;
    this.#db
      .prepare(
        `UPDATE partition SET stored = stored + ?, events = events + ?, control = control + ?,
           aborted = aborted + ?, open = open + ?, bytes = bytes + ? WHERE no = ?`,
      )
      .run(
        counts.stored,
        counts.events,
        counts.control,
        counts.aborted,
        counts.open,
        counts.bytes,
        partitionNo,
      );
    this.#db.prepare('DELETE FROM record WHERE id >= ? AND id < ?').run(...range);
    this.#db
      .prepare('DELETE FROM missing WHERE partition_no = ? AND from_offset >= ? AND from_offset < ?')
      .run(partitionNo, from, next);
  }

  /** @returns bytes of keys, values and headers */
  #insert(frame: RecordFrame): number {
    const { columns: c, envelope: e } = frame;
    const base = frame.partitionNo * OFFSET_SPAN;
    const { buffer } = c.bytes;
    const shift = c.bytes.byteOffset;
    const slice = (start: number, length: number) =>
      length < 0 ? null : new Uint8Array(buffer, shift + start, length);
    // Most records have no producer id (−1): its sign is seen without making a BigInt. Hosts are little-endian.
    const producerHigh = new Int32Array(
      c.producerId.buffer,
      c.producerId.byteOffset,
      c.producerId.length * 2,
    );
    let bytes = 0;
    const bind = (values: unknown[], at: number, row: number): void => {
      const offset = c.offset[row]!;
      if (!(offset >= 0 && offset < OFFSET_SPAN)) throw offsetTooLarge(offset);
      const keyLength = c.keyLength[row]!;
      const valueLength = c.valueLength[row]!;
      const headersLength = c.headersLength[row]!;
      values[at] = base + offset;
      values[at + 1] = c.timestamp[row];
      values[at + 2] = e.mono[row];
      values[at + 3] = orNull(e.occurred[row]!);
      values[at + 4] = zeroToNull(e.typeId[row]!);
      values[at + 5] = zeroToNull(e.aggregateId[row]!);
      values[at + 6] = orNull(e.version[row]!);
      values[at + 7] = orNull(e.eventHash[row]!);
      values[at + 8] = orNull(e.correlationHash[row]!);
      values[at + 9] = orNull(e.causationHash[row]!);
      values[at + 10] = e.kind[row];
      values[at + 11] = e.verdict[row];
      values[at + 12] = c.flags[row];
      values[at + 13] = producerHigh[2 * row + 1]! < 0 ? null : c.producerId[row];
      values[at + 14] = slice(c.keyStart[row]!, keyLength);
      values[at + 15] = slice(c.valueStart[row]!, valueLength);
      values[at + 16] = headersLength > 0 ? slice(c.headersStart[row]!, headersLength) : null;
      bytes += Math.max(keyLength, 0) + Math.max(valueLength, 0) + Math.max(headersLength, 0);
    };
    const whole = c.count - (c.count % ROWS_PER_STATEMENT);
    const many = this.#values;
    for (let row = 0; row < whole; row += ROWS_PER_STATEMENT) {
      for (let i = 0; i < ROWS_PER_STATEMENT; i++) bind(many, i * COLUMNS, row + i);
      this.#many.run(many);
    }
    for (let row = whole; row < c.count; row++) {
      bind(this.#oneValues, 0, row);
      this.#one.run(this.#oneValues);
    }
    return bytes;
  }
}

function countRows(e: EnvelopeColumns, count: number) {
  let events = 0;
  let control = 0;
  let aborted = 0;
  let open = 0;
  for (let row = 0; row < count; row++) {
    const verdict = e.verdict[row];
    if (verdict === VERDICT.control) control += 1;
    else if (verdict === VERDICT.aborted) aborted += 1;
    else if (verdict === VERDICT.open) open += 1;
    else if (e.kind[row] === KIND.event) events += 1;
  }
  return { stored: count - control, events, control, aborted, open };
}

const offsetTooLarge = (offset: number) =>
  new HindcastError('internal', {
    problem: `offset ${offset} is beyond 2^40, more than a workspace can number`,
  });
