/** Puts the audit report of one aggregate together: its facts, a check of it, and its states. */

import { basename } from 'node:path';
import type { CheckScope } from '../../contract/check.ts';
import type { CallContext, Service } from '../../contract/contract.ts';
import { type AuditReport, reportJson, reportMarkdown } from '../../core/check/report.ts';
import { reportHtml } from '../../core/check/reportHtml.ts';
import { formatJson, parseJson } from '../../core/json.ts';
import type { Workspace } from '../store/workspace.ts';
import type { Consistency } from './runConsistency.ts';

type ReportQuestion = Parameters<Service<'check'>['report']>[0];
type ReportAnswer = Awaited<ReturnType<Service<'check'>['report']>>;

/** Findings that a report lists. */
const MOST_FINDINGS = 500;

const WRITERS = {
  html: { write: reportHtml, mediaType: 'text/html' },
  md: { write: reportMarkdown, mediaType: 'text/markdown' },
  json: { write: reportJson, mediaType: 'application/json' },
} as const;

export async function makeReport(
  workspace: Workspace,
  { ref, at, format, reducer }: ReportQuestion,
  parts: {
    context: CallContext;
    aggregates: Service<'aggregates'>;
    check: (scope: CheckScope) => Promise<Consistency>;
    now: () => number;
  },
): Promise<ReportAnswer> {
  const { context, aggregates, check, now } = parts;
  const facts = await workspace.read('consistency.facts', { ref }, { signal: context.signal });
  const whole = { ref, cut: { knownOn: null, trueOn: null }, reducer };
  const info = await aggregates.timeline(whole, context);
  const { result, findings } = await check({ kind: 'aggregate', ref });
  const states: AuditReport['states'] = [];
  for (const moment of [...at.toSorted((a, b) => a - b), null]) {
    const subject = { ...whole, cut: { knownOn: moment, trueOn: null } };
    const { within } = await aggregates.timeline(subject, context);
    const { folded, state, hash, problems } = await aggregates.state(
      { ...subject, index: within - 1 },
      context,
    );
    states.push({
      ...{ at: moment, folded, hash, problems: problems.map(({ message }) => message) },
      state: formatJson(parseJson(state), 2),
    });
  }
  const groups = new Map(result.rules.map((rule) => [rule.rule, rule]));
  const all = result.rules.reduce((sum, { count }) => sum + count, 0);
  const listed = findings.slice(0, MOST_FINDINGS);
  const { write, mediaType } = WRITERS[format];
  const report: AuditReport = {
    ...facts,
    ...{ aggregate: ref, title: info.title, madeAt: now(), workspace: basename(workspace.file) },
    reducer: info.reducer,
    topics: info.topics,
    versions: info.firstVersion === null ? null : { first: info.firstVersion, last: info.lastVersion! },
    findings: listed.map(({ rule, severity, text, events }) => ({
      severity,
      ...{ title: groups.get(rule)!.title, why: groups.get(rule)!.why, text },
      places: events.map(({ place }) => `${place.topic}:${place.partition}:${place.offset}`),
    })),
    moreFindings: all - listed.length,
    claims: result.claims,
    coverage: result.coverage.summary,
    notes: result.notes,
    states,
  };
  return { name: fileName(ref.type, ref.id, format), mediaType, text: write(report) };
}

/** A name that every file system takes. */
const fileName = (type: string, id: string, format: string): string =>
  `audit-${`${type}-${id}`.replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 120)}.${format}`;
