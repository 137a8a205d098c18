/** Conditions on a state, looked at after every event: runs of true and false, and violations that healed. */
import { z } from 'zod';
import { AggregateRef, Count, CoverageBadge, Cut, Millis, Page, RecordId } from './common.ts';
import { job, nothing, query } from './procedure.ts';
import { Folded } from './whatif.ts';

/** `expression`: of the filter language, its names being paths of the state: `balance >= 0`. */
export const InvariantIn = z
  .object({ name: z.string().trim().min(1).max(200), expression: z.string().min(1).max(10_000) })
  .strict();
export type InvariantIn = z.infer<typeof InvariantIn>;

/** unknown: it cannot be said, because a path is not there or is of another kind. */
export const Holds = z.enum(['true', 'false', 'unknown']);

/** Events `from` to `to` (places in the list of the timeline, both inclusive) after which it is so. */
export const InvariantRun = z.object({
  from: Count,
  to: Count,
  fromId: RecordId,
  toId: RecordId,
  /** Recorded times of these two events. */
  fromAt: Millis,
  toAt: Millis,
  holds: Holds,
});
export type InvariantRun = z.infer<typeof InvariantRun>;

export const InvariantTrack = z.object({
  name: z.string(),
  expression: z.string(),
  /** Why the expression cannot be used, its place in UTF-16 units; null: it can. */
  problem: z.object({ message: z.string(), position: Count, length: Count, hint: z.string() }).nullable(),
  /** Without gaps, from the first event within the cut to the last. The first ones; `runsInAll` counts them all. */
  runs: z.array(InvariantRun),
  runsInAll: Count,
  violations: Count,
  /** Violations that ended before the end of the list. */
  healed: Count,
});
export type InvariantTrack = z.infer<typeof InvariantTrack>;

/** A run of `false` in some aggregate, or in a row of a projection by another key. */
export const Violation = z.object({
  ref: Folded,
  /** The aggregate of the event that broke it; null: that event belongs to none. */
  aggregate: AggregateRef.nullable(),
  invariant: z.string(),
  /** The event that broke it, its type and time. */
  id: RecordId,
  type: z.string(),
  at: Millis,
  /** The event that mended it; null: it still is broken at the end. */
  healedId: RecordId.nullable(),
  healedAt: Millis.nullable(),
  /** Events after which it was broken. */
  events: Count,
  /** Value of the first path of the condition after the event that broke it, shortened; null: none. */
  value: z.string().nullable(),
});
export type Violation = z.infer<typeof Violation>;

export const InvariantResult = z.object({
  run: Count,
  projection: z.string(),
  /** What is counted here as aggregates: those, or rows of a projection by another key. */
  of: z.enum(['aggregate', 'row']),
  invariants: z.array(
    z.object({
      name: z.string(),
      expression: z.string(),
      /** Aggregates in which it is broken now, was broken and healed, and in which it can never be said. */
      broken: Count,
      healed: Count,
      unknown: Count,
    }),
  ),
  state: z.enum(['running', 'done', 'cancelled', 'failed']),
  startedAt: Millis,
  tookMs: z.number(),
  aggregates: z.object({ done: Count, total: Count }),
  events: Count,
  violations: Count,
  kept: Count,
  notes: z.array(z.string()),
  coverage: CoverageBadge.nullable(),
  revision: Count,
});
export type InvariantResult = z.infer<typeof InvariantResult>;

/** @throws `filter.invalid` for a condition of a whole projection that cannot be used; `projection.unknown` */
export const invariants = {
  /** Runs over one aggregate. `conditions` null: those of the projection whose reducer folds it. */
  tracks: query(
    z
      .object({
        ref: AggregateRef,
        cut: Cut,
        reducer: z.string().max(200).nullable(),
        conditions: z.array(InvariantIn).max(20).nullable(),
      })
      .strict(),
    z.object({ tracks: z.array(InvariantTrack), tookMs: z.number() }),
  ),
  /** Over all aggregates, or all rows, of a projection. `conditions` null: its own. A new run takes the place of the one before. */
  run: job(
    z
      .object({
        projection: z.string().max(200),
        cut: Cut,
        conditions: z.array(InvariantIn).min(1).max(20).nullable(),
      })
      .strict(),
  ),
  result: query(nothing, InvariantResult.nullable()),
  /** Violations: those not healed first, then by time. */
  rows: query(
    z
      .object({
        run: Count,
        invariant: z.string().nullable(),
        show: z.enum(['all', 'broken', 'healed']),
        ...Page,
      })
      .strict(),
    z.object({ rows: z.array(Violation), total: Count }),
  ),
};
