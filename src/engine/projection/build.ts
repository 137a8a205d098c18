/**
 * Replaying events into a projection's table, row by row: what is to be done stands in the plan (plan.ts), and is done in
 * short transactions. A row whose aggregate was touched is folded again as a whole: the result is the same as of a build
 * from nothing.
 */
import type { Cut, Projection, StreamEvent } from '../../core/model.ts';
import type { ReadContext } from '../workers/context.ts';
import { ROW_PART } from './bulkWrite.ts';
import { BytesAhead } from './bytesAhead.ts';
import { type BuildRow, buildById, type Derived, dataTable, switchTo } from './derived.ts';
import { compileProjection, type Failure, type FoldRun } from './fold.ts';
import { foldRow } from './foldRow.ts';
import { Groups } from './groups.ts';
import { addShard, tidyShards } from './history/historyFile.ts';
import { recordOccurred } from './history/occurred.ts';
import { HistoryRecorder } from './history/recorder.ts';
import { countTodo, type Definition, SCAN_PART, type ScanPart } from './plan.ts';

export interface StepResult {
  /** Things of the plan that this step did, and how many are left. */
  done: number;
  left: number;
  /** Events that were folded or searched for keys. */
  events: number;
  /** Events that were moved to where they occurred (occurred order only). */
  moved: number;
}

/**
 * Does a part of the plan for about `budgetMs` milliseconds in one transaction; with nothing left the table becomes
 * the one that answers. `at`: the moment noted as built, ms.
 */
export function stepBuild(
  context: ReadContext,
  derived: Derived,
  definition: Definition,
  options: { build: number; budgetMs: number; cut: Cut; at: number },
): StepResult {
  const work = derived.db.transaction((): StepResult => {
    const build = buildById(derived, options.build);
    if (build === null || build.hash !== definition.hash) return { done: 0, left: 0, events: 0, moved: 0 };
    const step = new Step(context, derived, build, definition.projection, options.cut);
    const done = step.run(options.budgetMs);
    step.finish();
    const left = countTodo(derived, build.id);
    if (left === 0) switchTo(derived, build, options.at);
    return { done, left, events: step.events, moved: step.moved };
  });
  return derived.schema === 'main' ? work.immediate() : work();
}

/** What one row, or one search for keys, has counted. */
interface PartCounts {
  processed: number;
  ignored: number;
  failed: number;
}

/** The records of a partition that have no aggregate are read as they lie. */
const isLoose = ({ kind, part }: { kind: string; part: string }): boolean =>
  kind === 'scan' && part.startsWith('p');

/** About what {@link BytesAhead} holds. */
const AHEAD_BYTES = 64 * 1024 * 1024;
/** How many things are taken from the plan at once; their records are read ahead together. */
const BATCH = 5000;

class Step {
  /** Events so far. */
  events = 0;
  readonly #context: ReadContext;
  readonly #derived: Derived;
  readonly #build: number;
  readonly #cut: Cut;
  readonly #ahead: BytesAhead;
  readonly #groups: Groups;
  readonly #run: FoldRun;
  readonly #scales: Map<string, number>;
  readonly #putRow;
  readonly #dropRow;
  readonly #putFailure;
  readonly #partBefore;
  readonly #dropFailures;
  readonly #putPart;
  readonly #count;
  readonly #putScale;

  constructor(context: ReadContext, derived: Derived, build: BuildRow, projection: Projection, cut: Cut) {
    const { db, schema } = derived;
    this.#context = context;
    this.#derived = derived;
    this.#build = build.id;
    this.#cut = cut;
    this.#ahead = context.cache.get(
      `bytes ahead of build ${derived.schema} ${build.id}`,
      () => new BytesAhead(),
      () => AHEAD_BYTES,
    );
    this.#groups = new Groups(context, projection, this.#ahead);
    this.#run = {
      compiled: compileProjection(projection),
      // A temporary table answers one question and then goes.
      recorder: schema === 'main' ? new HistoryRecorder(projection.columns) : null,
      scales: new Map(),
    };
    const table = `${schema}.${dataTable(build.id)}`;
    const places = projection.columns.map(() => '?').join(', ');
    this.#putRow = db.prepare(`INSERT OR REPLACE INTO ${table} VALUES (?, ${places}, ?, ?, ?)`);
    this.#dropRow = db.prepare(`DELETE FROM ${table} WHERE key = ?`);
    this.#putFailure = db.prepare(`INSERT OR REPLACE INTO ${schema}._failure VALUES (?, ?, ?, ?, ?)`);
    this.#partBefore = db.prepare(
      `SELECT processed, ignored, failed FROM ${schema}._part WHERE build = ? AND part = ?`,
    );
    this.#dropFailures = db.prepare(`DELETE FROM ${schema}._failure WHERE build = ? AND part = ?`);
    this.#putPart = db.prepare(`INSERT OR REPLACE INTO ${schema}._part VALUES (?, ?, ?, ?, ?)`);
    this.#count = db.prepare(
      `UPDATE ${schema}._build SET processed = processed + ?, ignored = ignored + ?, failed = failed + ? WHERE id = ?`,
    );
    this.#putScale = db.prepare(`INSERT OR REPLACE INTO ${schema}._scale VALUES (?, ?, ?)`);
    this.#scales = new Map(
      db.prepare(`SELECT name, places FROM ${schema}._scale WHERE build = ?`).raw().all(build.id) as [
        string,
        number,
      ][],
    );
  }

  get moved(): number {
    return this.#groups.moved;
  }

  run(budgetMs: number): number {
    const { db, schema } = this.#derived;
    const take = db.prepare(
      // Searching for keys adds rows to fold, so it comes first.
      `SELECT kind, part FROM ${schema}._todo WHERE build = ? AND kind <> 'bulk' ORDER BY kind DESC, part LIMIT ${BATCH}`,
    );
    const drop = db.prepare(`DELETE FROM ${schema}._todo WHERE build = ? AND kind = ? AND part = ?`);
    const end = performance.now() + budgetMs;
    let done = 0;
    for (;;) {
      const batch = take.all(this.#build) as { kind: 'scan' | 'fold'; part: string }[];
      if (batch.length === 0) return done;
      for (const [at, { kind, part }] of batch.entries()) {
        this.#context.throwIfAborted();
        if (!isLoose({ kind, part }) && this.#ahead.recordsOf(`${kind} ${part}`) === undefined)
          this.#readAhead(kind, batch.slice(at));
        if (kind === 'scan') this.#scan(part as ScanPart);
        else this.#fold(part);
        drop.run(this.#build, kind, part);
        done += 1;
        if (performance.now() >= end) return done;
      }
    }
  }

  /** Reads the records of the next things of the same kind; what is left of them is there for the next step. */
  #readAhead(kind: 'scan' | 'fold', next: readonly { kind: 'scan' | 'fold'; part: string }[]): void {
    const same = next.filter((each) => each.kind === kind && !isLoose(each));
    const nameLength = `${kind} `.length;
    this.#ahead.read(
      this.#context,
      same.map(({ part }) => `${kind} ${part}`),
      (name) => {
        const part = name.slice(nameLength);
        if (kind === 'scan') return this.#groups.recordsOf(Number(part.slice(1)));
        return this.#groups.byAggregate ? this.#groups.recordsOfKey(part) : this.#recordsOf(part);
      },
    );
  }

  /** Finds the keys of the events of an aggregate, or of the records of a partition that have none. */
  #scan(part: ScanPart): void {
    const { db, schema } = this.#derived;
    const number = Number(part.slice(1));
    const events = part.startsWith('a')
      ? this.#groups.eventsOfAggregate(number)
      : this.#groups.looseEvents(number);
    const addKey = db.prepare(`INSERT OR IGNORE INTO ${schema}._key VALUES (?, ?, ?)`);
    const addTodo = db.prepare(`INSERT OR IGNORE INTO ${schema}._todo VALUES (?, 'fold', ?)`);
    const failures: Failure[] = [];
    let ignored = 0;
    for (const event of events) {
      const key = this.#groups.byAggregate ? null : this.#groups.keyOf(event);
      if (key !== null) {
        addKey.run(this.#build, key, event.id);
        addTodo.run(this.#build, key);
      } else if (event.verdict === 'committed' && event.kind !== 'control') {
        if (this.#isAbout(event)) failures.push(this.#withoutKey(event));
        else ignored += 1;
      }
    }
    this.#account(SCAN_PART + part, 0, ignored, failures);
  }

  #isAbout(event: StreamEvent): boolean {
    return event.kind === 'undecodable' || this.#run.compiled.folder.handles(event.type);
  }

  #withoutKey(event: StreamEvent): Failure {
    const { key } = this.#run.compiled.projection;
    const message =
      event.kind === 'undecodable'
        ? 'Undecodable record: it has no key of a row'
        : `The event has no ${key === 'aggregateId' ? 'aggregate id' : key}, so it belongs to no row`;
    return { recordId: event.id, type: event.type, message };
  }

  #fold(key: string): void {
    const events = this.#groups.byAggregate
      ? this.#groups.byAggregateId(key, this.#cut)
      : this.#groups.byRecords(this.#recordsOf(key), this.#cut);
    const row = foldRow(this.#run, key, events);
    if (this.#run.recorder !== null) {
      const occurred = this.#groups.occurredOrder(events);
      if (occurred !== 'same') recordOccurred(this.#run, key, occurred);
    }
    if (row.values === null) this.#dropRow.run(key);
    else this.#putRow.run(key, ...row.values);
    this.#account(ROW_PART + key, row.processed, row.ignored, row.failures);
  }

  #recordsOf(key: string): number[] {
    const { db, schema } = this.#derived;
    return db
      .prepare(`SELECT record_id FROM ${schema}._key WHERE build = ? AND part = ?`)
      .pluck()
      .all(this.#build, key) as number[];
  }

  /** Keeps what the step has learned beside the rows. */
  finish(): void {
    const { db, schema } = this.#derived;
    const { recorder, compiled } = this.#run;
    db.prepare(`UPDATE ${schema}._build SET stamp = stamp + 1 WHERE id = ?`).run(this.#build);
    if (recorder !== null && recorder.count > 0) {
      addShard(this.#derived, this.#build, recorder.finish());
      const { processed, ignored, failed } = buildById(this.#derived, this.#build)!;
      tidyShards(this.#derived, this.#build, compiled.projection, processed + ignored + failed);
    }
    for (const [name, places] of this.#run.scales) {
      if (places <= (this.#scales.get(name) ?? -1)) continue;
      this.#scales.set(name, places);
      this.#putScale.run(this.#build, name, places);
    }
  }

  /** Replaces what this part counted before. */
  #account(part: string, processed: number, ignored: number, failures: readonly Failure[]): void {
    const before = this.#partBefore.get(this.#build, part) as PartCounts | undefined;
    if (before !== undefined && before.failed > 0) this.#dropFailures.run(this.#build, part);
    for (const { recordId, type, message } of failures)
      this.#putFailure.run(this.#build, part, recordId, type, message);
    const failed = failures.length;
    this.events += processed + ignored + failed;
    this.#putPart.run(this.#build, part, processed, ignored, failed);
    this.#count.run(
      processed - (before?.processed ?? 0),
      ignored - (before?.ignored ?? 0),
      failed - (before?.failed ?? 0),
      this.#build,
    );
  }
}
