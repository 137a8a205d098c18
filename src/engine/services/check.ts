/** The `check` namespace: the consistency check as a job, and its findings page by page. */
import type { CheckScope } from '../../contract/check.ts';
import type { Service } from '../../contract/contract.ts';
import { HindcastError } from '../../contract/errors.ts';
import { formatJson } from '../../core/json.ts';
import type { Json } from '../../core/model.ts';
import { makeReport } from '../check/makeReport.ts';
import { type Consistency, runConsistency } from '../check/runConsistency.ts';
import type { Workspace } from '../store/workspace.ts';
import type { ServiceDeps } from './deps.ts';
import { createAggregateService, definitionsOf } from './timeline.ts';

const scopeText = (scope: CheckScope): string =>
  scope.kind === 'workspace'
    ? 'the workspace'
    : scope.kind === 'topic'
      ? scope.topic
      : `${scope.ref.type}/${scope.ref.id}`;

export function createCheckService(deps: ServiceDeps): Service<'check'> {
  const { workspaces, jobs, changed, log } = deps;
  const definitions = definitionsOf(deps);
  const aggregates = createAggregateService(deps);
  /** The last answer of each workspace of this session. */
  const answers = new WeakMap<Workspace, Consistency>();

  /** Definition of the reducer that is meant for an aggregate type; later definitions are a person's own. */
  function reducers(): Record<string, string> {
    const texts: Record<string, string> = {};
    for (const { projection } of definitions.list()) {
      const { source, reducer, key } = projection;
      const types = reducer.aggregateType === undefined ? source.aggregateTypes : [reducer.aggregateType];
      if (key !== 'aggregateId') continue;
      for (const type of types ?? []) texts[type] ??= formatJson(reducer as unknown as Json);
    }
    return texts;
  }

  return {
    async run({ scope }) {
      const workspace = workspaces.current();
      await assertKnown(workspace, scope);
      const title = `Consistency check of ${scopeText(scope)}`;
      return jobs.start({ kind: 'check', title, unit: 'records' }, async (signal, report) => {
        const options = { log, signal, report, now: Date.now, reducers: reducers() };
        const answer = await runConsistency(workspace, scope, options);
        answers.set(workspace, answer);
        changed.push('workspace');
        return { status: 'done', note: answer.result.summary };
      });
    },
    result: async () => answers.get(workspaces.current())?.result ?? null,
    report: (question, context) => {
      const workspace = workspaces.current();
      const { signal } = context;
      return makeReport(workspace, question, {
        ...{ context, aggregates, now: Date.now },
        check: (scope) =>
          runConsistency(workspace, scope, {
            ...{ log, signal, now: Date.now, reducers: reducers() },
            report: () => {},
          }),
      });
    },
    async findings({ rule, severity, from, count }) {
      const all = answers.get(workspaces.current())?.findings ?? [];
      const fitting = all.filter(
        (each) => (rule === null || each.rule === rule) && (severity === null || each.severity === severity),
      );
      return { total: fitting.length, findings: fitting.slice(from, from + count) };
    },
  };
}

/** @throws HindcastError `topic.not-held`, `aggregate.unknown` */
async function assertKnown(workspace: Workspace, scope: CheckScope): Promise<void> {
  if (scope.kind === 'topic') {
    const { topics } = await workspace.read('workspace.contents', { measure: false });
    if (!topics.some(({ topic }) => topic === scope.topic))
      throw new HindcastError('topic.not-held', { topic: scope.topic });
  }
  if (scope.kind === 'aggregate' && !(await workspace.read('consistency.knows', { ref: scope.ref })))
    throw new HindcastError('aggregate.unknown', { type: scope.ref.type, id: scope.ref.id });
}
