/** The `invariants` namespace: conditions on states, over one aggregate at once, over all of a projection as a job. */
import type { Service } from '../../contract/contract.ts';
import { HindcastError, toErrorValue } from '../../contract/errors.ts';
import type { InvariantResult, Violation } from '../../contract/invariants.ts';
import { plural } from '../../core/count.ts';
import { formatJson } from '../../core/json.ts';
import type { Json } from '../../core/model.ts';
import type { JobProgress } from '../jobs/jobRegistry.ts';
import type { Workspace } from '../store/workspace.ts';
import { compileConditions } from '../whatif/conditions.ts';
import { type InvariantArgs, type InvariantStep, MOST_VIOLATIONS } from '../whatif/invariantRun.ts';
import { keyTogether } from '../whatif/keyExchange.ts';
import { runThreads, sumOf, threadsFor } from '../whatif/runThreads.ts';
import { scopeOfSource } from '../whatif/sourceScope.ts';
import type { ServiceDeps } from './deps.ts';
import { chooseReducer, definitionsOf, reducersFor, textOf } from './timeline.ts';
import { projectionSubject, type Subject, textOfReducer } from './whatifSubject.ts';

interface Run {
  result: InvariantResult;
  rows: Violation[];
  stop: AbortController;
}

export function createInvariantService(deps: ServiceDeps): Service<'invariants'> {
  const { workspaces, jobs, log } = deps;
  const definitions = definitionsOf(deps);
  /** The last run of each workspace of this session. */
  const runs = new WeakMap<Workspace, Run>();
  let runNumber = 0;

  async function watch(
    workspace: Workspace,
    { result, rows }: Run,
    { types, topics, reducer, keyed }: Subject,
    cut: InvariantArgs['cut'],
    signal: AbortSignal,
    report: (progress: JobProgress) => void,
  ): Promise<void> {
    const { coverage, revision, records } = await workspace.read('whatif.coverage', { types }, { signal });
    Object.assign(result, { coverage, revision });
    const parts = threadsFor(records);
    const together =
      keyed === null
        ? null
        : keyTogether(parts, await workspace.read('whatif.bounds', scopeOfSource(keyed), { signal }));
    const steps: InvariantStep[] = [];
    const conditions = result.invariants.map(({ name, expression }) => ({ name, expression }));
    await runThreads<InvariantStep>(workspace, {
      ...{ parts, log, signal, begin: 'invariants.begin', step: 'invariants.step' },
      mailOf: ({ mail }) => mail,
      argsOf: (part): InvariantArgs => ({
        ...{ conditions, cut, reducer: textOfReducer(reducer) },
        keyed: keyed === null ? null : formatJson(keyed as unknown as Json),
        together,
        scope: { types, topics, part, parts },
      }),
      onStep(part, step) {
        steps[part] = step;
        for (const row of step.rows) if (rows.length < MOST_VIOLATIONS) rows.push(row);
        const all = steps.filter((each) => each !== undefined);
        const { aggregates, events } = sumOf(all.map((each) => each.progress));
        result.aggregates = aggregates;
        result.events = events.done;
        result.violations = all.reduce((sum, each) => sum + each.violations, 0);
        result.kept = rows.length;
        for (const [at, invariant] of result.invariants.entries())
          for (const name of ['broken', 'healed', 'unknown'] as const)
            invariant[name] = all.reduce((sum, { counts }) => sum + counts[at]![name], 0);
        result.tookMs = Date.now() - result.startedAt;
        report({
          done: events.done,
          total: events.total === 0 ? null : events.total,
          note: step.progress.note,
        });
        return step.done;
      },
    });
    rows.sort(compareViolations);
    if (result.violations > rows.length)
      result.notes.push(
        `${plural(result.violations - rows.length, 'further violation')} counted, not listed.`,
      );
  }

  return {
    async tracks({ ref, cut, reducer: wanted, conditions }, { signal }) {
      const started = performance.now();
      const { name, reducer } = chooseReducer(reducersFor(definitions, ref), ref, wanted);
      const own = definitions.list().find(({ projection }) => projection.name === name)
        ?.projection.invariants;
      const asked = conditions ?? own ?? [];
      const args = { ref, cut, reducer: textOf(reducer), conditions: asked };
      const tracks = await workspaces.current().read('invariants.tracks', args, { signal });
      return { tracks, tookMs: performance.now() - started };
    },
    async run({ projection: name, cut, conditions }) {
      const workspace = workspaces.current();
      const subject = await projectionSubject(definitions, workspace, name);
      const asked = conditions ?? subject.projection.invariants ?? [];
      if (asked.length === 0)
        throw new HindcastError('whatif.unsupported', {
          problem: `${subject.projection.title} has no invariants`,
          next: 'Write a condition, such as balance >= 0.',
        });
      compileConditions(asked);
      runs.get(workspace)?.stop.abort();
      runNumber += 1;
      const result: InvariantResult = {
        ...{ run: runNumber, projection: name, state: 'running', startedAt: Date.now(), tookMs: 0 },
        of: subject.keyed === null ? 'aggregate' : 'row',
        invariants: asked.map((each) => ({ ...each, broken: 0, healed: 0, unknown: 0 })),
        ...{
          aggregates: { done: 0, total: 0 },
          events: 0,
          violations: 0,
          kept: 0,
          notes: [],
          coverage: null,
        },
        revision: 0,
      };
      const run: Run = { result, rows: [], stop: new AbortController() };
      runs.set(workspace, run);
      const title = `Invariants of ${subject.projection.title}`;
      return jobs.start({ kind: 'invariants', title, unit: 'events' }, async (jobSignal, report) => {
        try {
          await watch(workspace, run, subject, cut, AbortSignal.any([jobSignal, run.stop.signal]), report);
          result.state = 'done';
          const healed = run.rows.filter(({ healedId }) => healedId !== null).length;
          const note = `${plural(result.violations, 'violation')} in ${plural(result.aggregates.total, result.of)}, ${healed} of them healed.`;
          return { status: 'done', note };
        } catch (error) {
          const { code, message } = toErrorValue(error, '');
          result.state = code === 'cancelled' ? 'cancelled' : 'failed';
          result.notes.push(code === 'cancelled' ? 'Stopped: what was found until then is listed.' : message);
          run.rows.sort(compareViolations);
          throw error;
        } finally {
          result.tookMs = Date.now() - result.startedAt;
        }
      });
    },
    result: async () => runs.get(workspaces.current())?.result ?? null,
    async rows({ run: number, invariant, show, from, count }) {
      const run = runs.get(workspaces.current());
      if (run?.result.run !== number) throw new HindcastError('whatif.gone');
      const fitting = run.rows.filter(
        (row) =>
          (invariant === null || row.invariant === invariant) &&
          (show === 'all' || (show === 'healed') === (row.healedId !== null)),
      );
      return { rows: fitting.slice(from, from + count), total: fitting.length };
    },
  };
}

/** Those that still are broken first, then by time. */
function compareViolations(a: Violation, b: Violation): number {
  const isHealed = (row: Violation) => (row.healedId === null ? 0 : 1);
  return isHealed(a) - isHealed(b) || a.at - b.at || a.id - b.id;
}
