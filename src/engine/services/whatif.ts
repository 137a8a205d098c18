/** The `whatif` namespace: another reducer or another log beside the real ones. Nothing of it is ever written anywhere. */
import type { Service } from '../../contract/contract.ts';
import { HindcastError, toErrorValue } from '../../contract/errors.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { Hypothesis, WhatIfQuestion, WhatIfResult } from '../../contract/whatif.ts';
import { plural } from '../../core/count.ts';
import { JsonProblem, parseJson } from '../../core/json.ts';
import type { JobEnd, JobProgress } from '../jobs/jobRegistry.ts';
import type { Workspace } from '../store/workspace.ts';
import { PathBook } from '../whatif/compareStreams.ts';
import { Differing, differingFile } from '../whatif/differing.ts';
import { runThreads, sumOf, threadsFor } from '../whatif/runThreads.ts';
import type { OpenArgs } from '../whatif/whatIfReads.ts';
import { kept, MOST_PATHS_OF_ROW, MOST_ROWS, type WhatIfArgs, type WhatIfStep } from '../whatif/whatIfRun.ts';
import type { ServiceDeps } from './deps.ts';
import { definitionsOf } from './timeline.ts';
import { editableText, hypotheticalText, type Subject, subjectOf, textOfReducer } from './whatifSubject.ts';

interface Run {
  result: WhatIfResult;
  differing: Differing;
}

/** Paths of the summary that a page gets. */
const MOST_PATHS = 50;
/** Scripts are stepped through streams of so many records together: two of them take some seconds for that. */
const MOST_STEPPED = 250_000;
const AFTER_EVERY_EVENT =
  'The states of a script are compared after every event: differences that were gone again later are found, too.';
const BY_END =
  'With so many events a script is compared at the end of each stream: differences that were gone again by then are not found. An aggregate alone is compared after every event.';

export function createWhatIfService(deps: ServiceDeps): Service<'whatif'> {
  const { workspaces, jobs, log } = deps;
  const definitions = definitionsOf(deps);
  /** The last run of each workspace of this session, and the way to stop it. */
  const runs = new WeakMap<Workspace, Run & { stop: AbortController }>();
  let runNumber = 0;

  const runOf = (number: number): Run => {
    const run = runs.get(workspaces.current());
    if (run?.result.run !== number) throw new HindcastError('whatif.gone');
    return run;
  };

  /** How one aggregate is opened. */
  async function openArgs(
    workspace: Workspace,
    { ref, cut, reducer, hypothesis }: Omit<WhatIfQuestion, 'scope'> & { ref: OpenArgs['ref'] },
    subject?: Subject,
  ): Promise<OpenArgs> {
    const about = subject ?? (await subjectOf(definitions, workspace, { kind: 'aggregate', ref }, reducer));
    const { overlay, without } = hypothesis;
    const isHere = overlay?.ref.type === ref.type && overlay.ref.id === ref.id;
    return {
      ...{ ref, cut, topics: about.topics, changes: isHere ? readable(overlay.changes) : [] },
      ...{ real: textOfReducer(about.reducer), without },
      hypothetical: hypotheticalText(hypothesis.reducer, about.reducer),
    };
  }

  async function fold(
    workspace: Workspace,
    run: Run,
    subject: Subject,
    signal: AbortSignal,
    report: (progress: JobProgress) => void,
  ): Promise<void> {
    const { result, differing } = run;
    const { cut, hypothesis, scope, reducer } = result.question;
    const { overlay, without } = hypothesis;
    const { types, topics } = subject;
    const { coverage, revision, records } = await workspace.read('whatif.coverage', { types }, { signal });
    Object.assign(result, { coverage, revision });
    const isByEnd = records > MOST_STEPPED && scope.kind !== 'aggregate' && without === null;
    if (isOfScript(subject, hypothesis)) result.notes.push(isByEnd ? BY_END : AFTER_EVERY_EVENT);
    const paths = new PathBook();
    const found = () => {
      result.firstMs ??= differing.count === 0 ? null : Date.now() - result.startedAt;
      result.kept = differing.count;
      result.paths = paths.list().slice(0, MOST_PATHS);
      result.tookMs = Date.now() - result.startedAt;
    };
    const opened = scope.kind === 'aggregate' ? scope.ref : (overlay?.ref ?? null);
    if (opened !== null) {
      const args = await openArgs(workspace, { ref: opened, cut, reducer, hypothesis }, subject);
      const one = await workspace.read('whatif.one', args, { signal });
      for (const { change, message } of one.notMade)
        result.notes.push(`Change ${change + 1} could not be made: ${message}.`);
      if (one.difference !== null) {
        differing.add([kept(one.difference)]);
        paths.add(one.difference.paths);
        result.differing = 1;
        result.healed = one.difference.row.healed ? 1 : 0;
      }
      result.problems = one.problems;
      result.aggregates = { done: 1, total: 1 };
      result.events = one.events;
      found();
      const isAll = scope.kind === 'aggregate' || (hypothesis.reducer === null && without === null);
      if (isAll && scope.kind !== 'aggregate')
        result.notes.push('Only the aggregate whose log was changed is folded: no other can differ.');
      if (isAll) return;
    }
    const shared = await workspace.read('whatif.sharedIds', { types }, { signal });
    if (shared > 0)
      result.notes.push(
        `${plural(shared, 'id')} stand for aggregates of several types; here each aggregate is folded on its own.`,
      );
    const parts = threadsFor(records);
    const steps: WhatIfStep[] = [];
    const before = { ...result, problems: { ...result.problems } };
    const sides: Omit<WhatIfArgs, 'scope'> = {
      ...{ cut, without, aside: opened, isByEnd, real: textOfReducer(subject.reducer) },
      hypothetical: hypotheticalText(hypothesis.reducer, subject.reducer),
    };
    await runThreads<WhatIfStep>(workspace, {
      ...{ parts, log, signal, begin: 'whatif.begin', step: 'whatif.step' },
      argsOf: (part): WhatIfArgs => ({ ...sides, scope: { types, topics, part, parts } }),
      onStep(part, step) {
        steps[part] = step;
        const room = MOST_ROWS - differing.count;
        differing.add(step.rows.slice(0, Math.max(room, 0)));
        if (step.paths !== null) paths.merge(step.paths);
        const all = steps.filter((each) => each !== undefined);
        const sum = (of: (each: WhatIfStep) => number) => all.reduce((total, each) => total + of(each), 0);
        const progress = sumOf(all.map((each) => each.progress));
        result.aggregates = { done: progress.aggregates.done, total: progress.aggregates.total };
        result.events = before.events + progress.events.done;
        // What the first look found is counted again on the way.
        result.differing = Math.max(differing.count, before.differing + sum((each) => each.differing));
        result.healed = before.healed + sum((each) => each.healed);
        result.problems = {
          real: before.problems.real + sum((each) => each.problems.real),
          hypothetical: before.problems.hypothetical + sum((each) => each.problems.hypothetical),
        };
        found();
        const { done, total } = progress.events;
        report({ done, total: total === 0 ? null : total, note: step.progress.note });
        if (steps.length === parts && all.every((each) => each.paths !== null))
          result.differing = before.differing + sum((each) => each.differing);
        return step.paths !== null;
      },
    });
    if (result.differing > differing.count)
      result.notes.push(
        `${plural(result.differing - differing.count, 'further aggregate')} differ and are counted, not listed.`,
      );
    if (differing.rows({ sort: 'id', path: null, search: '' }).some((row) => row.paths > MOST_PATHS_OF_ROW))
      result.notes.push(
        `Of an aggregate with more differing paths, the first ${MOST_PATHS_OF_ROW} are found by “only this path”.`,
      );
  }

  const endOf = ({ result }: Run): JobEnd => ({
    status: 'done',
    note: `${plural(result.differing, 'aggregate')} of ${result.aggregates.total} would differ (hypothetical).`,
  });

  return {
    async run(question) {
      const workspace = workspaces.current();
      const { scope, hypothesis, reducer } = question;
      const subject = await subjectOf(definitions, workspace, scope, reducer);
      assertUsable(subject, hypothesis);
      const hypothetical = hypotheticalText(hypothesis.reducer, subject.reducer);
      runs.get(workspace)?.stop.abort();
      const stop = new AbortController();
      runNumber += 1;
      const result: WhatIfResult = {
        ...{
          run: runNumber,
          question,
          hypothetical: true,
          title: titleOf(subject, hypothesis, hypothetical),
        },
        ...{ state: 'running', startedAt: Date.now(), tookMs: 0, firstMs: null, events: 0, differing: 0 },
        ...{ aggregates: { done: 0, total: 0 }, kept: 0, healed: 0, paths: [] },
        ...{ problems: { real: 0, hypothetical: 0 }, notes: [], coverage: null },
        revision: 0,
      };
      const run = { result, differing: new Differing(), stop };
      runs.set(workspace, run);
      const title = `What-if: ${result.title}`;
      return jobs.start({ kind: 'what-if', title, unit: 'events' }, async (jobSignal, report) => {
        try {
          await fold(workspace, run, subject, AbortSignal.any([jobSignal, stop.signal]), report);
          result.state = 'done';
          return endOf(run);
        } catch (error) {
          const { code, message } = toErrorValue(error, '');
          result.state = code === 'cancelled' ? 'cancelled' : 'failed';
          result.notes.push(code === 'cancelled' ? 'Stopped: what was found until then is listed.' : message);
          throw error;
        } finally {
          result.tookMs = Date.now() - result.startedAt;
        }
      });
    },
    result: async () => runs.get(workspaces.current())?.result ?? null,
    async rows({ run, from, count, ...question }) {
      const rows = runOf(run).differing.rows(question);
      return { rows: rows.slice(from, from + count), total: rows.length };
    },
    async export({ run: number, format, from, ...question }) {
      const { result, differing } = runOf(number);
      const rows = differing.rows(question);
      const to = Math.min(rows.length, from + LIMITS.pageRows);
      return {
        name: `what-if-hypothetical-${result.run}.${format}`,
        mediaType: format === 'csv' ? 'text/csv' : 'application/x-ndjson',
        text: differingFile(rows.slice(from, to), result.title, format, from === 0),
        next: to < rows.length ? to : null,
      };
    },
    async events({ from, count, ...subject }, { signal }) {
      const workspace = workspaces.current();
      const args = await openArgs(workspace, subject);
      return workspace.read('whatif.events', { ...args, from, count }, { signal });
    },
    async states({ from, count, index, show, ...subject }, { signal }) {
      const workspace = workspaces.current();
      const about = await subjectOf(
        definitions,
        workspace,
        { kind: 'aggregate', ref: subject.ref },
        subject.reducer,
      );
      const args = await openArgs(workspace, subject, about);
      const answer = await workspace.read('whatif.states', { ...args, from, count, index, show }, { signal });
      const { name, version } = about.reducer;
      const real = `${name} ${version}`;
      const hypothetical = subject.hypothesis.reducer === null ? real : `${name} ${version}, changed`;
      return {
        ...answer,
        real: { ...answer.real, reducer: real },
        hypothetical: { ...answer.hypothetical, reducer: hypothetical },
      };
    },
    async payload({ id }, { signal }) {
      const found = await workspaces.current().read('whatif.payload', { id }, { signal });
      if (found === null) throw new HindcastError('record.unknown', { place: String(id) });
      return found;
    },
    async reducer({ scope, reducer: wanted }) {
      const { reducer, names } = await subjectOf(definitions, workspaces.current(), scope, wanted);
      return { name: reducer.name, version: reducer.version, ...editableText(reducer), names };
    },
  };
}

/** @throws HindcastError `input.invalid` for a payload that is no JSON */
function readable(changes: NonNullable<Hypothesis['overlay']>['changes']): OpenArgs['changes'] {
  for (const [at, change] of changes.entries()) {
    if (!('data' in change)) continue;
    try {
      parseJson(change.data);
    } catch (error) {
      if (!(error instanceof JsonProblem)) throw error;
      const problem = `the payload of change ${at + 1} is not JSON: ${error.message}`;
      throw new HindcastError('input.invalid', { procedure: 'whatif', problem }, { cause: error });
    }
  }
  return changes as OpenArgs['changes'];
}

/** @throws HindcastError `whatif.unsupported`, `input.invalid` */
function assertUsable({ types, words }: Subject, { overlay }: Hypothesis): void {
  if (overlay === null) return;
  readable(overlay.changes);
  if (!types.includes(overlay.ref.type))
    throw new HindcastError('whatif.unsupported', {
      problem: `${overlay.ref.type} ${overlay.ref.id}, whose log was changed, is not among ${words}`,
      next: 'Choose a scope that has it, or take the changes of its log back.',
    });
}

function titleOf(
  { words, reducer }: Subject,
  { overlay, without }: Hypothesis,
  hypothetical: string | null,
): string {
  const parts: string[] = [];
  if (hypothetical !== null) parts.push(`a changed reducer ${reducer.name}`);
  if (without !== null) parts.push(`no events with ${without}`);
  if (overlay !== null)
    parts.push(`${plural(overlay.changes.length, 'change')} to the log of ${overlay.ref.id}`);
  return `${parts.length === 0 ? 'nothing changed' : parts.join(', ')}, over ${words}`;
}

const isOfScript = ({ reducer }: Subject, { reducer: other }: Hypothesis): boolean =>
  'source' in reducer || (other !== null && other.language !== 'json');
