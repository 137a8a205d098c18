/**
 * Frames into the file: rows of numbers, many a statement, one blob a block, many frames a transaction, and the position in
 * the same one.
 */
import type { Database, Statement } from 'better-sqlite3';
import { HindcastError } from '../../contract/errors.ts';
import { PLAIN, squeezed, ZSTD } from './blocks.ts';
import { forgetRecords } from './forget.ts';
import type { RecordFrame, RowColumns } from './frame.ts';
import { OFFSET_SPAN } from './ids.ts';
import { OffsetBook } from './offsetBook.ts';
import { PostingWriter, TAIL_ROWS } from './postings.ts';
import { markRewritten, straightenTimes } from './rewrite.ts';
import { orNull } from './values.ts';

const ROWS_PER_STATEMENT = 100;
const NAMES_PER_STATEMENT = 20;
/** As many as make a sorted run of look-ups: their entries are never written before they are sorted. */
const ROWS_PER_TRANSACTION = TAIL_ROWS;
/** As they are stored. Large values: a transaction must fit the write-ahead log's usual size. */
const BYTES_PER_TRANSACTION = 64 * 1024 * 1024;

/** Fewer new rows than this are looked through one by one. */
const SORTED_AT_END = 20_000;

/** Columns that nearly every record has, and those that few have: these are named only where one of the rows does. */
const USUAL = ['id', 'ts', 'occurred', 'state', 'agg_id', 'version', 'event_hash'];
const RARE = ['late', 'producer_id'];

const insertSql = (columns: readonly string[], rows: number) =>
  `INSERT INTO record (${columns.join(', ')}) VALUES ${Array(rows)
    .fill(`(${columns.map(() => '?').join(',')})`)
    .join(',')}`;

export interface RecordWriterHooks {
  /** Runs inside every transaction, just before it is committed. */
  beforeCommit(): void;
  committed(): void;
}

export interface WrittenCounts {
  rows: number;
  /** More records than before: without markers, and without those that came a second time. */
  records: number;
  bytes: number;
}

const zeroToNull = (value: number): number | null => (value === 0 ? null : value);

export class RecordWriter {
  readonly #db: Database;
  readonly #hooks: RecordWriterHooks;
  /** By whether the rare columns are named. */
  readonly #inserts: readonly [usual: Insert, whole: Insert];
  readonly #addBlock: Statement;
  readonly #postings: PostingWriter;
  readonly #addType: Statement;
  readonly #addAggregate: Statement;
  readonly #addAggregates: Statement;
  readonly #partition: Statement;
  readonly #advance: Statement;
  #rows = 0;
  #bytes = 0;
  #inTransaction = false;
  /** Since the start, committed or not. */
  readonly written: WrittenCounts = { rows: 0, records: 0, bytes: 0 };
  /** What of the offsets is asked, read and missing. */
  readonly book: OffsetBook;

  constructor(db: Database, hooks: RecordWriterHooks) {
    this.#db = db;
    this.#hooks = hooks;
    this.#inserts = [new Insert(db, USUAL), new Insert(db, [...USUAL, ...RARE])];
    this.#addBlock = db.prepare('INSERT INTO block (id, codec, raw_size, bytes) VALUES (?, ?, ?, ?)');
    this.#postings = new PostingWriter(db);
    this.#addType = db.prepare('INSERT INTO event_type (id, name) VALUES (?, ?)');
    const addAggregates = (rows: number) =>
      db.prepare(`INSERT INTO aggregate (id, type, key) VALUES ${Array(rows).fill('(?, ?, ?)').join(',')}`);
    this.#addAggregate = addAggregates(1);
    this.#addAggregates = addAggregates(NAMES_PER_STATEMENT);
    this.#partition = db.prepare(
      'SELECT next_offset AS next, settled_offset AS settled FROM partition WHERE no = ?',
    );
    this.#advance = db.prepare(
      `UPDATE partition SET stored = stored + ?, events = events + ?, control = control + ?,
         aborted = aborted + ?, open = open + ?, bytes = bytes + ?, next_offset = max(next_offset, ?),
         settled_offset = max(settled_offset, ?), log_start = max(log_start, ?),
         high_watermark = max(high_watermark, ?)
       WHERE no = ?`,
    );
    this.book = new OffsetBook(db);
  }

  get db(): Database {
    return this.#db;
  }

  /** For a change of what stored records are found by, inside a transaction of the caller's. */
  get postings(): PostingWriter {
    return this.#postings;
  }

  /** Opens a transaction unless one is open; what is done before {@link commit} belongs to it. */
  begin(): void {
    if (this.#inTransaction) return;
    this.#db.exec('BEGIN IMMEDIATE');
    this.#inTransaction = true;
  }

  /** Writes one frame; commits when the transaction has become large. @returns whether it was committed */
  apply(frame: RecordFrame): boolean {
    const { partitionNo, counts } = frame;
    this.begin();
    for (const { id, name } of frame.newTypes) this.#addType.run(id, name);
    this.#nameAggregates(frame.newAggregates);
    const before = this.#partition.get(partitionNo) as { next: number; settled: number } | undefined;
    if (before === undefined) throw new RangeError(`no partition ${partitionNo} in this workspace`);
    if (frame.from < before.next) this.#makeRoom(frame);
    for (const missing of frame.missing) this.book.addMissing(partitionNo, missing);
    this.#insert(frame);
    const { stored, events, control, aborted, open, bytes } = counts;
    const { count } = frame.rows;
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
      partitionNo,
    );
    this.book.enter(frame);
    const { from, next, key } = frame;
    // Records of one key lie between those of others, all others in one piece.
    if (from < before.next || key !== undefined)
      straightenTimes(this.#db, partitionNo, key === undefined ? Math.min(next, before.next) : from, next);
    // What is not settled is looked at again by everybody.
    if (frame.from < before.settled) markRewritten(this.#db, partitionNo);
    this.#rows += count;
    this.written.rows += count;
    this.written.records += stored;
    this.written.bytes += bytes;
    if (this.#rows < ROWS_PER_TRANSACTION && this.#bytes < BYTES_PER_TRANSACTION) return false;
    this.commit();
    return true;
  }

  /** Commits what is open. @returns false when there was nothing */
  commit(): boolean {
    if (!this.#inTransaction) return false;
    this.#postings.flush();
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
    this.#postings.reset();
  }

  /** Sorts the hashes that came since the last time, when they are many: look-ups are quicker then. */
  sortPostings(): boolean {
    if (this.#postings.tailRows < SORTED_AT_END && !this.#postings.isSorting) return false;
    this.begin();
    this.#postings.sort();
    return this.commit();
  }

  /**
   * A piece of the same while a topic is followed, some 10 ms of work, in the transaction that is open or in its own; nothing
   * that is read changes. @returns whether there is more to do
   */
  sortAPiece(): boolean {
    if (!this.#postings.isSorting) return false;
    if (this.#inTransaction) return this.#postings.sortAPiece();
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const more = this.#postings.sortAPiece();
      this.#db.exec('COMMIT');
      return more;
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      this.#postings.reset();
      throw error;
    }
  }

  /**
   * Takes away what the frame brings again: records of a transaction that was open when they were first read, and those
   * that were kept alone, for their key.
   */
  #makeRoom({ partitionNo, from, next, key, rows }: RecordFrame): void {
    if (key === undefined) {
      this.book.forget(partitionNo, from, next);
      this.written.records -= forgetRecords(this.#db, partitionNo, from, next);
      return;
    }
    const base = partitionNo * OFFSET_SPAN;
    const ids = this.#db.prepare('SELECT id FROM record WHERE id >= ? AND id < ?').pluck();
    const stored = new Set(ids.all(base + from, base + next) as number[]);
    for (const offset of rows.offset)
      if (stored.has(base + offset))
        this.written.records -= forgetRecords(this.#db, partitionNo, offset, offset + 1);
  }

  #nameAggregates(names: RecordFrame['newAggregates']): void {
    let at = 0;
    for (; at + NAMES_PER_STATEMENT <= names.length; at += NAMES_PER_STATEMENT)
      this.#addAggregates.run(
        ...names.slice(at, at + NAMES_PER_STATEMENT).flatMap(({ id, type, key }) => [id, type, key]),
      );
    for (; at < names.length; at += 1) {
      const { id, type, key } = names[at]!;
      this.#addAggregate.run(id, type, key);
    }
  }

  #clear(): void {
    this.#inTransaction = false;
    this.#rows = 0;
    this.#bytes = 0;
  }

  #insert(frame: RecordFrame): void {
    const { rows, blocks, blockBytes } = frame;
    const base = frame.partitionNo * OFFSET_SPAN;
    for (const { offset, codec, rawSize, start, end } of blocks) {
      const bytes = blockBytes.subarray(start, end);
      // Here and not in the capture's thread, which has more to do.
      const packed = codec === PLAIN ? squeezed(bytes) : null;
      const kept = packed ?? bytes;
      this.#addBlock.run(base + offset, packed === null ? codec : ZSTD, rawSize, kept);
      this.#bytes += kept.length;
    }
    const last = rows.count - 1;
    // Offsets rise, so the last one is the largest.
    if (last >= 0 && !(rows.offset[0]! >= 0 && rows.offset[last]! < OFFSET_SPAN))
      throw offsetTooLarge(rows.offset[last]!);
    for (let row = 0; row < rows.count; ) {
      const count = rows.count - row < ROWS_PER_STATEMENT ? 1 : ROWS_PER_STATEMENT;
      this.#inserts[hasRare(rows, row, row + count) ? 1 : 0].run(rows, base, row, count);
      row += count;
    }
    for (const part of frame.postings) this.#postings.hold(base, part);
  }
}

/** Most records have no producer id (−1): its sign is seen without making a BigInt. Hosts are little-endian. */
const producerHighs = (rows: RowColumns): Int32Array =>
  new Int32Array(rows.buffer, rows.producerId.byteOffset, rows.producerId.length * 2);

function hasRare(rows: RowColumns, from: number, to: number): boolean {
  const high = producerHighs(rows);
  for (let row = from; row < to; row++)
    if (high[2 * row + 1]! >= 0 || rows.mono[row] !== rows.timestamp[row]) return true;
  return false;
}

/** The statements of one list of columns. */
class Insert {
  readonly #many: Statement;
  readonly #one: Statement;
  readonly #values: unknown[];
  readonly #oneValues: unknown[];
  readonly #columns: number;

  constructor(db: Database, columns: readonly string[]) {
    this.#columns = columns.length;
    this.#many = db.prepare(insertSql(columns, ROWS_PER_STATEMENT));
    this.#one = db.prepare(insertSql(columns, 1));
    this.#values = new Array(ROWS_PER_STATEMENT * columns.length).fill(null);
    this.#oneValues = new Array(columns.length).fill(null);
  }

  /** @param count 1 or ROWS_PER_STATEMENT */
  run(rows: RowColumns, base: number, from: number, count: number): void {
    const values = count === 1 ? this.#oneValues : this.#values;
    const { offset, timestamp, occurred, state, aggregateId, version, eventHash } = rows;
    const isWhole = this.#columns > USUAL.length;
    const high = isWhole ? producerHighs(rows) : null;
    let at = 0;
    for (let row = from; row < from + count; row++) {
      values[at] = base + offset[row]!;
      values[at + 1] = timestamp[row];
      values[at + 2] = orNull(occurred[row]!);
      values[at + 3] = state[row];
      values[at + 4] = zeroToNull(aggregateId[row]!);
      values[at + 5] = orNull(version[row]!);
      values[at + 6] = orNull(eventHash[row]!);
      if (high !== null) {
        values[at + 7] = rows.mono[row] === timestamp[row] ? null : rows.mono[row];
        values[at + 8] = high[2 * row + 1]! < 0 ? null : rows.producerId[row];
      }
      at += this.#columns;
    }
    // Spread: the binding reads arguments faster than the elements of a list.
    if (count === 1) this.#one.run(...values);
    else this.#many.run(...values);
  }
}

const offsetTooLarge = (offset: number) =>
  new HindcastError('internal', {
    problem: `offset ${offset} is beyond 2^40, more than a workspace can number`,
  });
