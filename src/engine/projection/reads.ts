/** What reader threads do for projections. The workspace is only read; the tables lie in their own file. */
import { int64, type PlaceOut } from '../../contract/common.ts';
import type { ProjectionBuild, ProjectionComparison, ProjectionStatus } from '../../contract/projections.ts';
import { parseJson } from '../../core/json.ts';
import type { Projection } from '../../core/model.ts';
import { countByType, type TypeCounts } from '../reads/typeCounts.ts';
import { OFFSET_SPAN, offsetOf } from '../store/ids.ts';
import { KIND, VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { type StepResult, stepBuild } from './build.ts';
import {
  type BuildRow,
  type Derived,
  derivedFile,
  dropBuild,
  findBuild,
  openDerived,
  previousBuilds,
  quoted,
  rowCount,
} from './derived.ts';
import { Groups } from './groups.ts';
import { type Definition, type Plan, partitionStates, planBuild, planRetry, seenOf } from './plan.ts';
import { buildOut, type CompareQuestion, compareBuilds } from './versions.ts';

/** A definition as it crosses into a thread: text, because a clone would lose the digits of its numbers. */
export interface DefinitionText {
  definition: string;
  hash: string;
}

/** What is known of a projection's table in this workspace. */
export interface TableState {
  name: string;
  /** The table that answers, and the hash of its definition. */
  ready: BuildRow | null;
  /** A table that was begun and is not finished. */
  next: BuildRow | null;
  rows: number;
  /** Captured records that the table does not take in yet. */
  behind: number;
  /** Results of earlier definitions, the latest first. */
  kept: ProjectionBuild[];
  present: ProjectionBuild | null;
  history: ProjectionStatus['history'];
}

/** Milliseconds of work per step: short, so that other reads of the thread do not wait noticeably. */
const STEP_MS = 60;
const NO_CUT = { knownOn: null, trueOn: null };

/** The file of projection tables, opened once in each thread. @param folder of such files */
export function derivedOf(context: ReadContext, folder: string): Derived {
  const file = derivedFile(folder, context.file, context.db);
  const key = `derived ${file}`;
  const known = context.lasting.get(key) as Derived | undefined;
  if (known !== undefined) return known;
  const derived = openDerived(file, context.file);
  context.lasting.set(key, derived);
  return derived;
}

export function definitionOf(context: ReadContext, { definition, hash }: DefinitionText): Definition {
  const key = `definition ${hash}`;
  const known = context.lasting.get(key) as Definition | undefined;
  if (known !== undefined) return known;
  const parsed = { projection: parseJson(definition) as unknown as Projection, hash };
  context.lasting.set(key, parsed);
  return parsed;
}

/**
 * Captured records that a table (null: none yet) does not take in; those of open transactions are not counted.
 * @throws GiveWay while there are many that were not counted before
 */
export function countBehind(
  context: ReadContext,
  derived: Derived,
  ready: BuildRow | null,
  projection: Projection,
): number {
  const groups = new Groups(context, projection);
  const own = new Set(groups.partitions());
  const types = groups.aggregateTypes();
  const wanted = new Set<string | null>(types);
  const taken = (counts: TypeCounts): number => {
    let sum = 0;
    for (const [type, count] of counts) if (groups.takesLoose || wanted.has(type)) sum += count;
    return sum;
  };
  const unsettled = context.db
    .prepare(
      `SELECT count(*) FROM record r LEFT JOIN aggregate a ON a.id = r.agg_id
       WHERE r.id >= :from AND r.id < :to AND r.kind <> ${KIND.control} AND r.verdict <> ${VERDICT.open}
         AND (:loose OR a.type IN (SELECT value FROM json_each(:types)))`,
    )
    .pluck();
  const seen = ready === null ? new Map<number, never>() : seenOf(derived, ready.id);
  let behind = 0;
  for (const { no, next, settled, rewritten } of partitionStates(context)) {
    const before = seen.get(no) ?? { next: 0, settled: 0 };
    if (!own.has(no) || (before.next === next && before.settled === settled)) continue;
    const base = no * OFFSET_SPAN;
    const between = (from: number, to: number) =>
      from >= to
        ? 0
        : (unsettled.get({
            ...{ from: base + from, to: base + to },
            ...{ loose: groups.takesLoose ? 1 : 0, types: JSON.stringify(types) },
          }) as number);
    if (before.next < settled) behind += taken(countByType(context, { no, rewritten }, before.next, settled));
    behind += between(Math.max(before.next, settled), next);
    // Records of transactions that were open then and have closed since.
    behind += between(before.settled, Math.min(before.next, settled));
  }
  return behind;
}

function stateOf(context: ReadContext, derived: Derived, text: DefinitionText): TableState {
  const { projection } = definitionOf(context, text);
  const { name } = projection;
  const ready = findBuild(derived, name, 'ready');
  const next = findBuild(derived, name, 'next');
  const rows = ready === null ? 0 : rowCount(derived, ready.id);
  const behind = context.cache.get(`behind ${text.hash} ${ready?.id ?? 0} ${ready?.built_at ?? 0}`, () =>
    countBehind(context, derived, ready, projection),
  );
  return {
    ...{ name, ready, next, rows, behind },
    present: ready === null ? null : buildOut(derived, ready),
    kept: previousBuilds(derived, name).map((build) => buildOut(derived, build)),
    history:
      ready === null || ready.history_bytes === 0
        ? null
        : { changes: ready.history_changes, bytes: ready.history_bytes },
  };
}

export interface FailureRow {
  id: number;
  place: PlaceOut;
  type: string;
  message: string;
}

export const projectionReads = {
  /** Where the tables of this workspace are. */
  'projections.file': (context: ReadContext, { folder }: { folder: string }): string =>
    derivedFile(folder, context.file, context.db),

  'projections.states': (
    context: ReadContext,
    { folder, definitions }: { folder: string; definitions: DefinitionText[] },
  ): TableState[] => {
    const derived = derivedOf(context, folder);
    return definitions.map((text) => stateOf(context, derived, text));
  },

  /** Writes down what a build has to do. */
  'projections.plan': (
    context: ReadContext,
    { folder, rebuild, ...text }: DefinitionText & { folder: string; rebuild: boolean },
  ): Plan => planBuild(context, derivedOf(context, folder), definitionOf(context, text), rebuild),

  /** The same for the rows of failed events; null: the definition has changed, so all is to be done. */
  'projections.planRetry': (
    context: ReadContext,
    { folder, recordIds, ...text }: DefinitionText & { folder: string; recordIds: number[] | null },
  ): (Plan & { failed: number }) | null =>
    planRetry(derivedOf(context, folder), definitionOf(context, text), recordIds),

  'projections.compare': (
    context: ReadContext,
    { folder, ...question }: CompareQuestion & { folder: string },
  ): ProjectionComparison | null => compareBuilds(derivedOf(context, folder), question),

  /** Does the next part of it. */
  'projections.step': (
    context: ReadContext,
    { folder, build, at, ...text }: DefinitionText & { folder: string; build: number; at: number },
  ): StepResult & { state: TableState | null } => {
    const derived = derivedOf(context, folder);
    const step = stepBuild(context, derived, definitionOf(context, text), {
      build,
      budgetMs: STEP_MS,
      cut: NO_CUT,
      at,
    });
    // What was done is done: it must not be asked for again.
    const whole = { ...context, mayGiveWay: false };
    return { ...step, state: step.left === 0 ? stateOf(whole, derived, text) : null };
  },

  'projections.failures': (
    context: ReadContext,
    { folder, name, from, count }: { folder: string; name: string; from: number; count: number },
  ): { total: number; rows: FailureRow[] } => {
    const derived = derivedOf(context, folder);
    const build = findBuild(derived, name, 'ready') ?? findBuild(derived, name, 'next');
    if (build === null) return { total: 0, rows: [] };
    const total = derived.db
      .prepare('SELECT count(*) FROM _failure WHERE build = ?')
      .pluck()
      .get(build.id) as number;
    const rows = derived.db
      .prepare(
        'SELECT record_id AS id, type, message FROM _failure WHERE build = ? ORDER BY record_id, part LIMIT ? OFFSET ?',
      )
      .all(build.id, count, from) as { id: number; type: string; message: string }[];
    return {
      total,
      rows: rows.map((row) => {
        const { topic, partition } = context.dictionary.placeOf(row.id);
        return { ...row, place: { topic, partition, offset: int64(offsetOf(row.id)) } };
      }),
    };
  },

  /** Removes the tables of a projection. */
  'projections.forget': (context: ReadContext, { folder, name }: { folder: string; name: string }): null => {
    const derived = derivedOf(context, folder);
    derived.db
      .transaction(() => {
        derived.db.exec(`DROP VIEW IF EXISTS ${quoted(name)}`);
        for (const build of [
          findBuild(derived, name, 'ready'),
          findBuild(derived, name, 'next'),
          ...previousBuilds(derived, name),
        ])
          if (build !== null) dropBuild(derived, build.id);
      })
      .immediate();
    return null;
  },
};
