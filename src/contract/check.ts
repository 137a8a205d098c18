/** The consistency check: what contradicts itself in the captured events, and the audit report of an aggregate. */
import { z } from 'zod';
import { AggregateRef, Count, CoverageBadge, Millis, Page, PlaceOut, RecordId } from './common.ts';
import { job, nothing, query } from './procedure.ts';

export const CheckScope = z.union([
  z.object({ kind: z.literal('workspace') }).strict(),
  z.object({ kind: z.literal('topic'), topic: z.string().min(1).max(500) }).strict(),
  z.object({ kind: z.literal('aggregate'), ref: AggregateRef }).strict(),
]);
export type CheckScope = z.infer<typeof CheckScope>;

export const Severity = z.enum(['error', 'warning', 'hint']);

/** An event that a finding names. */
export const FoundEvent = z.object({
  id: RecordId,
  place: PlaceOut,
  type: z.string(),
  recordedAt: Millis,
  aggregate: AggregateRef.nullable(),
});
export type FoundEvent = z.infer<typeof FoundEvent>;

export const FindingOut = z.object({
  rule: z.string(),
  severity: Severity,
  /** What is wrong here, in one sentence. */
  text: z.string(),
  /** The first is the place to look at, the others are what it is compared with. */
  events: z.array(FoundEvent),
  /** Events it names beyond those listed. */
  more: Count,
  /** Where it is in the page: `#/aggregates/…?event=…`. */
  address: z.string(),
});
export type FindingOut = z.infer<typeof FindingOut>;

export const RuleFindings = z.object({
  rule: z.string(),
  severity: Severity,
  title: z.string(),
  /** Why it matters, in one sentence. */
  why: z.string(),
  count: Count,
  /** So many of them are kept for paging: the first ones. */
  kept: Count,
});
export type RuleFindings = z.infer<typeof RuleFindings>;

export const ClaimCounts = z.object({
  claim: z.enum(['hash', 'chain', 'signature', 'snapshot']),
  pass: Count,
  fail: Count,
  unverifiable: Count,
  absent: Count,
});

export const ConsistencyResult = z.object({
  scope: CheckScope,
  startedAt: Millis,
  tookMs: z.number(),
  /** Records and aggregates in the scope. */
  records: Count,
  aggregates: Count,
  errors: Count,
  warnings: Count,
  hints: Count,
  rules: z.array(RuleFindings),
  claims: z.array(ClaimCounts),
  /** What the check took as usual because the data says so, a sentence each. */
  learned: z.array(z.string()),
  /** What was not looked at, and why. */
  notes: z.array(z.string()),
  coverage: CoverageBadge,
  revision: Count,
  /** One sentence. */
  summary: z.string(),
});
export type ConsistencyResult = z.infer<typeof ConsistencyResult>;

export const check = {
  run: job(z.object({ scope: CheckScope }).strict()),
  /** The answer of the last check of this workspace in this session; null: none has ended. */
  result: query(nothing, ConsistencyResult.nullable()),
  /** A page of its findings, the gravest first, then in the order of rules and of the log. */
  findings: query(
    z
      .object({
        rule: z.string().max(100).nullable(),
        severity: Severity.nullable(),
        ...Page,
      })
      .strict(),
    z.object({ total: Count, findings: z.array(FindingOut) }),
  ),
  /** The audit report of an aggregate as a document. */
  report: query(
    z
      .object({
        ref: AggregateRef,
        /** Moments (recorded time) at which the state is told, beside the last one. */
        at: z.array(Millis).max(50),
        format: z.enum(['html', 'md', 'json']),
        reducer: z.string().max(200).nullable(),
      })
      .strict(),
    z.object({ name: z.string(), mediaType: z.string(), text: z.string() }),
  ),
};
