/**
 * Rows and postings of a whole workspace, read into columns by one thread or by two: one takes the rows from the front, the
 * other those from the end, until they meet; then the second reads the postings.
 */

import { FLAG } from '../kafka/recordColumns.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { eachPosting, foldedHash } from '../store/postingLookups.ts';
import { flagsOfState, kindOfState, typeOfState, verdictOfState } from '../store/recordState.ts';
import { VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { allocateColumns, type Columns, rowFinder } from './columns.ts';

/** Rows of one batch, few enough to be forgotten while they are young; and those between two chances to stop. */
const SIZES = { batch: 2_000, step: 20_000 };
/** Fewer rows are read before a second thread has begun. */
const WORTH_SHARING = 20_000;

/** As the table itself has them: the columns made of them are slower to read. */
type Row = [
  id: number,
  ts: number,
  late: number | null,
  occurred: number | null,
  version: number | null,
  state: number,
  aggregate: number | null,
  eventHash: number | null,
];

/** What threads read together; plain data, and memory that they share. */
export interface RowsTask {
  columns: Columns;
  /** By partition number: the highest id. Records that were captured since are left for the next check. */
  bounds: Float64Array;
  /** Rows that were read from the front, and from the end. */
  read: Int32Array;
}

export interface PostingsTask {
  columns: Columns;
}

/** Everything there is to read, and whether it is worth a second thread. @param stored records but transaction markers */
export function rowsTask(
  { db, dictionary }: ReadContext,
  stored: number,
): { task: RowsTask; isLarge: boolean } {
  const highest = db.prepare('SELECT max(id) FROM record WHERE id < ?').pluck();
  const numbers = dictionary.partitions().map(({ no }) => no);
  const bounds = new Float64Array(Math.max(-1, ...numbers) + 1).fill(-1);
  for (const no of numbers) bounds[no] = (highest.get((no + 1) * OFFSET_SPAN) as number | null) ?? -1;
  const read = new Int32Array(new SharedArrayBuffer(8));
  return { task: { columns: allocateColumns(stored), bounds, read }, isLarge: stored >= WORTH_SHARING };
}

const COLUMNS = 'SELECT id, ts, late, occurred, version, state, agg_id, event_hash FROM record';
const FRONT = { no: 0, sql: `${COLUMNS} WHERE id > ? ORDER BY id LIMIT ?` };
const END = { no: 1, sql: `${COLUMNS} WHERE id < ? ORDER BY id DESC LIMIT ?` };

/**
 * Reads all records but transaction markers from one end until nothing is left, or the other thread has read it. A step is
 * some ten thousand. @param onStep gets how many were read from both ends
 */
export function* readRows(
  contextOf: () => ReadContext,
  { columns, bounds, read }: RowsTask,
  end: 'front' | 'end',
  onStep: (done: number) => void,
  sizes = SIZES,
): Generator<void> {
  const { no, sql } = end === 'front' ? FRONT : END;
  const statement = contextOf().db.prepare(sql).raw();
  const room = columns.id.length;
  let last = end === 'front' ? -1 : Number.MAX_SAFE_INTEGER;
  let count = 0;
  let told = 0;
  for (;;) {
    const rows = statement.all(last, sizes.batch) as Row[];
    for (const row of rows) {
      const [id, , , , , state] = row;
      if (verdictOfState(state) === VERDICT.control || count === room) continue;
      // Of a partition that is new since there is no bound.
      if (!(id <= bounds[Math.floor(id / OFFSET_SPAN)]!)) continue;
      put(columns, end === 'front' ? count : room - 1 - count, row);
      count += 1;
    }
    Atomics.store(read, no, count);
    const done = count + Atomics.load(read, 1 - no);
    if (rows.length < sizes.batch || done >= room) break;
    last = rows.at(-1)![0];
    if (count - told < sizes.step) continue;
    told = count;
    onStep(done);
    yield;
  }
  onStep(Math.min(room, count + Atomics.load(read, 1 - no)));
}

/**
 * After both ends were read: whether every row is there, once. It is not when records went away meanwhile, such as those of
 * a deleted topic: then all have to be read again by one thread.
 */
export function haveMet({ columns: { id }, read }: RowsTask): boolean {
  if (Atomics.load(read, 0) + Atomics.load(read, 1) < id.length) return false;
  for (let row = 1; row < id.length; row++) if (id[row]! <= id[row - 1]!) return false;
  return true;
}

function put(columns: Columns, at: number, row: Row): void {
  const [id, ts, late, occurred, version, state, aggregate, hash] = row;
  columns.id[at] = id;
  columns.ts[at] = ts;
  columns.mono[at] = late ?? ts;
  columns.occurred[at] = occurred ?? Number.NaN;
  columns.version[at] = version ?? Number.NaN;
  columns.type[at] = typeOfState(state);
  columns.aggregate[at] = aggregate ?? 0;
  columns.kind[at] = kindOfState(state);
  columns.verdict[at] = verdictOfState(state);
  columns.eventHash[at] = hash ?? Number.NaN;
  columns.linkHash[at] = hash === null ? Number.NaN : foldedHash(hash);
  columns.key[at] = (flagsOfState(state) & FLAG.keyIsAggregateId) !== 0 ? -1 : Number.NaN;
}

/** All rows by one thread, whatever was read before. */
export function* readAllRows(
  contextOf: () => ReadContext,
  task: RowsTask,
  onStep: (done: number) => void,
): Generator<void> {
  task.read.fill(0);
  yield* readRows(contextOf, task, 'front', onStep);
  task.columns.count = task.read[0]!;
}

/** Takes in what postings say of correlations, causes and keys. In one go: between two transactions they are sorted anew. */
export function readPostings(context: ReadContext, columns: Columns): void {
  const { correlation, causation, key } = columns;
  const into = { correlation, causation, key } as const;
  const rows = rowFinder(columns);
  const steps = eachPosting(context.db, ['correlation', 'causation', 'key'], (kind, id, hash) => {
    const row = rows(id);
    if (row !== -1) into[kind as keyof typeof into][row] = hash;
  });
  for (const _ of steps) context.throwIfAborted();
}

/** What a second thread does of a task: it reads rows from the end. @throws HindcastError `cancelled` */
export function takeRows(context: ReadContext, task: RowsTask): object {
  const steps = readRows(
    () => context,
    task,
    'end',
    () => {},
  );
  for (const _ of steps) context.throwIfAborted();
  return {};
}

/** The postings by a second thread. @throws HindcastError `cancelled` */
export function takePostings(context: ReadContext, { columns }: PostingsTask): object {
  readPostings(context, columns);
  return {};
}
