/** The consistency check as reads of a thread of its own: it begins, goes on step by step, and gives its findings. */

import type { FindingOut, RuleFindings } from '../../contract/check.ts';
import type { AggregateRef } from '../../contract/common.ts';
import { int64 } from '../../contract/common.ts';
import { type Finding, RULES, type RuleName } from '../../core/check/findings.ts';
import { badgeOf } from '../reads/coverage.ts';
import { topicsOfType } from '../reads/topicsOfType.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import type { ReadContext } from '../workers/context.ts';
import { type CheckArgs, type CheckProgress, CheckRun, type RunResult, type SharedTask } from './checkRun.ts';
import { verifyClaims } from './claims.ts';
import { lookAtTask } from './payloads.ts';
import { takePostings, takeRows } from './readColumns.ts';
import { numbersOf } from './verify.ts';

const KEY = 'consistency';
/** How long one step takes, ms: a cancel is heard after it. */
const STEP_MS = 150;
/** Findings of one rule that are kept for paging, and events that one of them lists. */
const MOST_KEPT = 2000;
const MOST_EVENTS = 20;

const SEVERITIES = ['error', 'warning', 'hint'] as const;
const GRAVEST_FIRST = SEVERITIES.flatMap((severity) =>
  (Object.keys(RULES) as RuleName[]).filter((rule) => RULES[rule].severity === severity),
);

export interface CheckAnswer extends Omit<RunResult, 'findings'> {
  rules: RuleFindings[];
  findings: FindingOut[];
  coverage: ReturnType<typeof badgeOf>;
  revision: number;
}

function begin(context: ReadContext, args: CheckArgs): CheckProgress {
  const run = new CheckRun(context, args);
  context.lasting.set(KEY, { run, args });
  return run.progress;
}

export interface CheckStep {
  progress: CheckProgress;
  /** For another thread. */
  task: SharedTask | null;
  /** The next step is of use only with the result of the earliest task that is not answered yet. */
  isWaiting: boolean;
  answer: CheckAnswer | null;
}

function step(context: ReadContext, { part }: { part: object | null }): CheckStep {
  const { run, args } = context.lasting.get(KEY) as { run: CheckRun; args: CheckArgs };
  if (part !== null) run.take(part);
  const result = run.goOn(context, STEP_MS);
  const { progress, isWaiting, task } = run;
  run.task = null;
  return { progress, task, isWaiting, answer: result === null ? null : answerOf(context, args, result) };
}

function answerOf(context: ReadContext, { scope }: CheckArgs, result: RunResult): CheckAnswer {
  const byRule = new Map<RuleName, Finding[]>();
  for (const finding of result.findings) {
    const known = byRule.get(finding.rule);
    if (known === undefined) byRule.set(finding.rule, [finding]);
    else known.push(finding);
  }
  const rules: RuleFindings[] = [];
  const findings: FindingOut[] = [];
  for (const rule of GRAVEST_FIRST) {
    const own = byRule.get(rule);
    if (own === undefined) continue;
    const { severity, title, why } = RULES[rule];
    const kept = own.slice(0, MOST_KEPT);
    rules.push({ rule, severity, title, why, count: own.length, kept: kept.length });
    for (const finding of kept) findings.push(findingOut(context, finding));
  }
  const topics =
    scope.kind === 'workspace'
      ? null
      : scope.kind === 'topic'
        ? [scope.topic]
        : topicsOfType(context, scope.ref.type);
  const { records, aggregates, claims, learned, notes } = result;
  return {
    ...{ records, aggregates, claims, learned, notes, rules, findings },
    coverage: badgeOf(context, topics),
    revision: context.revision,
  };
}

function findingOut(context: ReadContext, { rule, events, text }: Finding): FindingOut {
  const listed = events.slice(0, MOST_EVENTS).map((id) => eventOut(context, id));
  const [first] = listed;
  return {
    rule,
    severity: RULES[rule].severity,
    text: typeof text === 'string' ? text : text(numbersOf(context)),
    events: listed,
    more: events.length - listed.length,
    address: addressOf(first!.aggregate, first!.id),
  };
}

function eventOut({ db, dictionary }: ReadContext, id: number): FindingOut['events'][number] {
  const [ts, type, aggregate] = db
    .prepare('SELECT ts, type_id, agg_id FROM record WHERE id = ?')
    .raw()
    .get(id) as [number, number | null, number | null];
  const { topic, partition } = dictionary.placeOf(id);
  return {
    id,
    place: { topic, partition, offset: int64(id % OFFSET_SPAN) },
    type: dictionary.typeName(type),
    recordedAt: ts,
    aggregate: dictionary.aggregate(aggregate),
  };
}

/** Where the page shows an event: in the timeline of its aggregate, else in the list of events. */
export const addressOf = (ref: AggregateRef | null, id: number): string =>
  ref === null || ref.type === ''
    ? `#/events?record=${id}`
    : `#/aggregates/${encodeURIComponent(ref.type)}/${encodeURIComponent(ref.id)}?event=${id}`;

export const checkReads = {
  'consistency.begin': begin,
  'consistency.step': step,
  'consistency.rows': takeRows,
  'consistency.postings': takePostings,
  'consistency.payloads': lookAtTask,
  'consistency.claims': verifyClaims,
};
