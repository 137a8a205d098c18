/**
 * What is to be done to bring a projection's table up to the captured records, written down before it is done (`_todo`):
 * a build can be stopped at any moment and goes on there.
 */
import type { Projection } from '../../core/model.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import type { ReadContext } from '../workers/context.ts';
import { replayThreads } from './bulkThreads.ts';
import { ROW_PART } from './bulkWrite.ts';
import { type BuildRow, createBuild, type Derived, dropBuild, findBuild } from './derived.ts';
import { Groups } from './groups.ts';

export interface Definition {
  projection: Projection;
  /** Hash of the definition; a table carries the hash of what it was built by. */
  hash: string;
}

export interface Plan {
  build: number;
  /** Rows, aggregates to be searched for keys, and parts, that are to be done. */
  todo: number;
  /** Parts of a first replay that threads of their own do before anything else: see bulkThreads.ts. */
  parts: string[];
}

export interface PartitionState {
  no: number;
  next: number;
  settled: number;
  /** Rises when something changed that lies before both. */
  rewritten: number;
}

/** How the parts that count and fail are named: the row of a key, or a {@link ScanPart} after this. */
export const SCAN_PART = 'scan ';

/** `a7`: aggregate 7, `p3`: the records without aggregate of partition 3. */
export type ScanPart = `a${number}` | `p${number}`;

/** Writes down what is to be done to bring the table up to the captured records. Resumes what was interrupted. */
export function planBuild(
  context: ReadContext,
  derived: Derived,
  { projection, hash }: Definition,
  rebuild: boolean,
): Plan {
  const work = derived.db.transaction((): Plan => {
    const build = chooseBuild(context, derived, projection, hash, rebuild);
    const groups = new Groups(context, projection);
    const parts = bulkParts(context, derived, build, groups);
    addTouched(context, derived, build, groups, parts);
    return planOf(derived, build.id);
  });
  return derived.schema === 'main' ? work.immediate() : work();
}

function chooseBuild(
  context: ReadContext,
  derived: Derived,
  projection: Projection,
  hash: string,
  rebuild: boolean,
): BuildRow {
  const ready = findBuild(derived, projection.name, 'ready');
  const next = findBuild(derived, projection.name, 'next');
  const fits = (build: BuildRow): boolean =>
    !rebuild && build.hash === hash && !wentBack(context, derived, build.id);
  if (ready !== null && fits(ready)) {
    if (next !== null) dropBuild(derived, next.id);
    return ready;
  }
  if (next !== null && fits(next)) return next;
  if (next !== null) dropBuild(derived, next.id);
  return createBuild(derived, projection, hash);
}

/**
 * Writes down the rows of failed events, to be folded again. Null: the table is of another definition, or of none.
 * @param recordIds null: of all failures
 */
export function planRetry(
  derived: Derived,
  { projection, hash }: Definition,
  recordIds: readonly number[] | null,
): (Plan & { failed: number }) | null {
  const { db, schema } = derived;
  const work = db.transaction(() => {
    const build = findBuild(derived, projection.name, 'ready');
    if (build === null || build.hash !== hash) return null;
    const wanted = JSON.stringify(recordIds ?? []);
    const parts = db
      .prepare(
        `SELECT DISTINCT part FROM ${schema}._failure
         WHERE build = ? AND (? OR record_id IN (SELECT value FROM json_each(?)))`,
      )
      .pluck()
      .all(build.id, recordIds === null ? 1 : 0, wanted) as string[];
    const add = db.prepare(`INSERT OR IGNORE INTO ${schema}._todo (build, kind, part) VALUES (?, ?, ?)`);
    for (const part of parts) {
      const isRow = part.startsWith(ROW_PART);
      add.run(build.id, isRow ? 'fold' : 'scan', part.slice((isRow ? ROW_PART : SCAN_PART).length));
    }
    return { ...planOf(derived, build.id), failed: build.failed };
  });
  return schema === 'main' ? work.immediate() : work();
}

/**
 * Keys of the rows whose aggregates have events that the table does not take in; null: it cannot be told which rows
 * are touched, or the workspace holds less than it did.
 */
export function touchedKeys(
  context: ReadContext,
  derived: Derived,
  build: BuildRow,
  projection: Projection,
): string[] | null {
  if (wentBack(context, derived, build.id)) return null;
  const groups = new Groups(context, projection);
  const changed = changedPartitions(context, derived, build.id, groups);
  if (changed.length === 0) return [];
  if (!groups.byAggregate) return null;
  const types = new Set(groups.aggregateTypes());
  const keys = new Set<string>();
  for (const id of touchedAggregates(context, changed, groups, types)) {
    const ref = groups.aggregateOf(id);
    if (types.has(ref.type)) keys.add(ref.id);
  }
  return [...keys];
}

/** Plans a table of some rows alone. @param recordsOf records of a row whose key lies in its events */
export function planKeys(
  derived: Derived,
  { projection, hash }: Definition,
  keys: Iterable<string>,
  recordsOf: (key: string) => readonly number[],
): Plan {
  const { db, schema } = derived;
  const { id: build } = createBuild(derived, projection, hash);
  const addTodo = db.prepare(`INSERT INTO ${schema}._todo VALUES (?, 'fold', ?)`);
  const addKey = db.prepare(`INSERT INTO ${schema}._key VALUES (?, ?, ?)`);
  let todo = 0;
  for (const key of keys) {
    addTodo.run(build, key);
    if (projection.key !== 'aggregateId') for (const id of recordsOf(key)) addKey.run(build, key, id);
    todo += 1;
  }
  return { build, todo, parts: [] };
}

export function partitionStates(context: ReadContext): PartitionState[] {
  return context.db
    .prepare('SELECT no, next_offset AS next, settled_offset AS settled, rewritten FROM partition')
    .all() as PartitionState[];
}

export function seenOf({ db, schema }: Derived, build: number): Map<number, PartitionState> {
  const rows = db
    .prepare(
      `SELECT partition_no AS no, next_offset AS next, settled_offset AS settled, rewritten
       FROM ${schema}._seen WHERE build = ?`,
    )
    .all(build) as PartitionState[];
  return new Map(rows.map((row) => [row.no, row]));
}

/** The workspace holds less than the table was built from, as after restoring an older copy, or other records. */
function wentBack(context: ReadContext, derived: Derived, build: number): boolean {
  const now = new Map(partitionStates(context).map((state) => [state.no, state]));
  for (const { no, next, rewritten } of seenOf(derived, build).values()) {
    const state = now.get(no);
    if (state === undefined || state.next < next || state.rewritten !== rewritten) return true;
  }
  return false;
}

/** Partitions of the projection that have changed since the build, with what it has seen of them. */
function changedPartitions(
  context: ReadContext,
  derived: Derived,
  build: number,
  groups: Groups,
): { now: PartitionState; seen: PartitionState | null }[] {
  const own = new Set(groups.partitions());
  const seen = seenOf(derived, build);
  return partitionStates(context)
    .filter(({ no }) => own.has(no))
    .map((now) => ({ now, seen: seen.get(now.no) ?? null }))
    .filter(
      ({ now, seen: before }) =>
        before === null || before.next !== now.next || before.settled !== now.settled,
    );
}

function planOf({ db, schema }: Derived, build: number): Plan {
  const parts = db
    .prepare(`SELECT part FROM ${schema}._todo WHERE build = ? AND kind = 'bulk' ORDER BY part`)
    .pluck()
    .all(build) as string[];
  return { build, todo: countTodo({ db, schema }, build), parts };
}

/** A replay of fewer events is not worth a thread. */
const LEAST_BULK = 20_000;
/** Rows and events whose states and moments a thread holds at once. */
const ROWS_OF_PART = 250_000;
const EVENTS_OF_PART = 4_000_000;

/**
 * How a first replay is dealt into parts; none where rows are better folded one by one: a key inside the event is known
 * only when that is read.
 */
function bulkParts(context: ReadContext, { db, schema }: Derived, build: BuildRow, groups: Groups): string[] {
  const isNew = db.prepare(`SELECT 1 FROM ${schema}._seen WHERE build = ?`).get(build.id) === undefined;
  if (!isNew || schema !== 'main' || !groups.byAggregate || groups.takesLoose) return [];
  // Which log counts is told stream by stream.
  if (groups.hasOldLogs) return [];
  const own = JSON.stringify(groups.partitions());
  const events = context.db
    .prepare('SELECT coalesce(sum(stored), 0) FROM partition WHERE no IN (SELECT value FROM json_each(?))')
    .pluck()
    .get(own) as number;
  if (events < LEAST_BULK) return [];
  const rows = context.db
    .prepare('SELECT count(*) FROM aggregate WHERE type IN (SELECT value FROM json_each(?))')
    .pluck()
    .get(JSON.stringify(groups.aggregateTypes())) as number;
  const of = Math.max(replayThreads(), Math.ceil(rows / ROWS_OF_PART), Math.ceil(events / EVENTS_OF_PART));
  return Array.from({ length: of }, (_, part) => `${part}/${of}`);
}

/** @param parts what is done at once instead of row by row */
function addTouched(
  context: ReadContext,
  derived: Derived,
  build: BuildRow,
  groups: Groups,
  parts: readonly string[],
): void {
  const { db, schema } = derived;
  const changed = changedPartitions(context, derived, build.id, groups);
  if (changed.length === 0) return;
  const add = db.prepare(`INSERT OR IGNORE INTO ${schema}._todo (build, kind, part) VALUES (?, ?, ?)`);
  for (const part of parts) add.run(build.id, 'bulk', part);
  const types = new Set(parts.length > 0 ? [] : groups.aggregateTypes());
  for (const id of touchedAggregates(context, changed, groups, types)) {
    const ref = groups.aggregateOf(id);
    if (!types.has(ref.type)) continue;
    if (groups.byAggregate) add.run(build.id, 'fold', ref.id);
    else add.run(build.id, 'scan', `a${id}` satisfies ScanPart);
  }
  if (groups.takesLoose)
    for (const { now } of changed) add.run(build.id, 'scan', `p${now.no}` satisfies ScanPart);
  const put = db.prepare(`INSERT OR REPLACE INTO ${schema}._seen VALUES (?, ?, ?, ?, ?)`);
  for (const { now } of changed) put.run(build.id, now.no, now.next, now.settled, now.rewritten);
}

/** Aggregates with records that are new, or whose transactions may have closed, since they were last looked at. */
function* touchedAggregates(
  context: ReadContext,
  changed: readonly { now: PartitionState; seen: PartitionState | null }[],
  groups: Groups,
  types: ReadonlySet<string>,
): Iterable<number> {
  const isNew = changed.every(({ seen }) => seen === null) && changed.length === groups.partitions().length;
  if (isNew && !groups.takesLoose) {
    const ofType = context.db.prepare('SELECT id FROM aggregate WHERE type = ?').pluck();
    for (const type of types) yield* ofType.all(type) as number[];
    return;
  }
  const inRange = context.db
    .prepare('SELECT DISTINCT agg_id FROM record WHERE id >= ? AND id < ? AND agg_id IS NOT NULL')
    .pluck();
  for (const { now, seen } of changed) {
    context.throwIfAborted();
    const base = now.no * OFFSET_SPAN;
    yield* inRange.all(base + Math.min(seen?.settled ?? 0, seen?.next ?? 0), base + OFFSET_SPAN) as number[];
  }
}

export function countTodo({ db, schema }: Derived, build: number): number {
  return db.prepare(`SELECT count(*) FROM ${schema}._todo WHERE build = ?`).pluck().get(build) as number;
}
