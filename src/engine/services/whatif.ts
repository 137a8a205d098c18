/** The `whatif` namespace: another reducer or another log beside the real ones. Nothing of it is ever written anywhere. */
import type { Service } from '../../contract/contract.ts';
import { HindcastError, toErrorValue } from '../../contract/errors.ts';
import { LIMITS } from '../../contract/limits.ts';
import type {
  Folded,
  Hypothesis,
  ProjectedRow,
  WhatIfQuestion,
  WhatIfResult,
  WhatIfScope,
} from '../../contract/whatif.ts';
import { plural } from '../../core/count.ts';
import { formatJson, JsonProblem, parseJson } from '../../core/json.ts';
import type { Json } from '../../core/model.ts';
import type { JobEnd, JobProgress } from '../jobs/jobRegistry.ts';
import type { Workspace } from '../store/workspace.ts';
import type { ChangedLogText, ChangeText } from '../whatif/changeText.ts';
import { PathBook } from '../whatif/difference.ts';
import { Differing, differingFile } from '../whatif/differing.ts';
import { keyTogether } from '../whatif/keyExchange.ts';
import type { RowSearchArgs, RowSearchStep } from '../whatif/rowSearch.ts';
import { runThreads, sumOf, threadsFor } from '../whatif/runThreads.ts';
import { scopeOfSource } from '../whatif/sourceScope.ts';
import type { OpenArgs, OpenedRow } from '../whatif/whatIfReads.ts';
import { kept, MOST_PATHS_OF_ROW, MOST_ROWS, type WhatIfArgs, type WhatIfStep } from '../whatif/whatIfRun.ts';
import type { ServiceDeps } from './deps.ts';
import { definitionsOf } from './timeline.ts';
import { editableText, hypotheticalText, type Subject, subjectOf, textOfReducer } from './whatifSubject.ts';

/** What is opened, and under which question. */
type Opening = Omit<WhatIfQuestion, 'scope'> & { ref: Folded };

interface Run {
  result: WhatIfResult;
  differing: Differing;
}

/** Paths of the summary that a page gets. */
const MOST_PATHS = 50;
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

  /** How one aggregate or row is opened. */
  async function openArgs(
    workspace: Workspace,
    { ref, cut, reducer, hypothesis }: Opening,
    signal: AbortSignal,
  ): Promise<{ args: OpenArgs; subject: Subject }> {
    const scope: WhatIfScope =
      'key' in ref ? { kind: 'projection', name: ref.projection } : { kind: 'aggregate', ref };
    const subject = await subjectOf(definitions, workspace, scope, reducer);
    const opened = 'key' in ref ? await rowOf(workspace, ref, subject, signal) : { ref };
    return { args: argsOf(subject, { cut, hypothesis }, opened), subject };
  }

  /** A row, with its records as the last run has found them. @throws HindcastError `whatif.unsupported`, `cancelled` */
  async function rowOf(
    workspace: Workspace,
    { projection, key }: ProjectedRow,
    { keyed }: Subject,
    signal: AbortSignal,
  ): Promise<OpenedRow> {
    if (keyed === null)
      throw new HindcastError('whatif.unsupported', {
        problem: `the rows of ${projection} are whole aggregates`,
        next: 'Open the aggregate.',
      });
    const definition = formatJson(keyed as unknown as Json);
    const run = runs.get(workspace);
    const revision = await workspace.read('whatif.revision', {}, { signal });
    let records =
      run?.result.revision === revision ? run.differing.recordsOf({ projection, key }) : undefined;
    if (records === undefined) {
      const bounds = await workspace.read('whatif.bounds', scopeOfSource(keyed), { signal });
      const parts = threadsFor(bounds.reduce((sum, { stored }) => sum + stored, 0));
      const together = keyTogether(parts, bounds);
      const found: number[] = [];
      await runThreads<RowSearchStep>(workspace, {
        ...{ parts, log, signal, begin: 'whatif.search', step: 'whatif.searchStep' },
        argsOf: (): RowSearchArgs => ({ definition, key, together }),
        onStep(_part, step) {
          for (const id of step ?? []) found.push(id);
          return step !== null;
        },
      });
      records = Float64Array.from(found).sort();
    }
    return { definition, key, records };
  }

  async function fold(
    workspace: Workspace,
    run: Run,
    subject: Subject,
    signal: AbortSignal,
    report: (progress: JobProgress) => void,
  ): Promise<void> {
    const { result, differing } = run;
    const { cut, hypothesis, scope } = result.question;
    const { overlay, without } = hypothesis;
    const { types, topics, keyed } = subject;
    const { coverage, revision, records } = await workspace.read('whatif.coverage', { types }, { signal });
    Object.assign(result, { coverage, revision });
    const paths = new PathBook();
    const found = () => {
      result.firstMs ??= differing.count === 0 ? null : Date.now() - result.startedAt;
      result.kept = differing.count;
      result.preliminary = differing.preliminary;
      result.paths = paths.list().slice(0, MOST_PATHS);
      result.tookMs = Date.now() - result.startedAt;
    };
    const isOnlyLog = hypothesis.reducer === null && without === null;
    // The rows that a changed log touches are found on the way.
    const note = (notMade: WhatIfStep['notMade']) => {
      for (const { change, message } of notMade)
        result.notes.push(`Change ${change + 1} could not be made: ${message}.`);
    };
    const opened = keyed !== null ? null : scope.kind === 'aggregate' ? scope.ref : (overlay?.ref ?? null);
    if (opened !== null) {
      const args = argsOf(subject, { cut, hypothesis }, { ref: opened });
      const one = await workspace.read('whatif.one', args, { signal });
      note(one.notMade);
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
      const isAll = scope.kind === 'aggregate' || isOnlyLog;
      if (isAll && scope.kind !== 'aggregate')
        result.notes.push('Only the aggregate whose log was changed is folded: no other can differ.');
      if (isAll) return;
    }
    const shared = keyed === null ? await workspace.read('whatif.sharedIds', { types }, { signal }) : 0;
    if (shared > 0)
      result.notes.push(
        `${plural(shared, 'id')} stand for aggregates of several types; here each aggregate is folded on its own.`,
      );
    const isFew = keyed !== null && overlay !== null && isOnlyLog;
    if (isFew)
      result.notes.push('Only the rows that the changed log touches are folded: no other can differ.');
    const parts = threadsFor(records);
    const steps: WhatIfStep[] = [];
    const before = { ...result, problems: { ...result.problems } };
    const sides: Omit<WhatIfArgs, 'scope'> = {
      ...{ cut, without, aside: opened, real: textOfReducer(subject.reducer) },
      keyed:
        keyed === null
          ? null
          : {
              definition: formatJson(keyed as unknown as Json),
              changed: changedOf(hypothesis),
              isOnly: isFew,
              together: keyTogether(
                parts,
                await workspace.read('whatif.bounds', scopeOfSource(keyed), { signal }),
              ),
            },
      hypothetical: hypotheticalText(hypothesis.reducer, subject.reducer),
    };
    await runThreads<WhatIfStep>(workspace, {
      ...{ parts, log, signal, begin: 'whatif.begin', step: 'whatif.step' },
      mailOf: ({ mail }) => mail,
      argsOf: (part): WhatIfArgs => ({ ...sides, scope: { types, topics, part, parts } }),
      onStep(part, step) {
        if (part === 0 && steps[0] === undefined) note(step.notMade);
        steps[part] = step;
        differing.add(step.rows);
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
    if (differing.dropPreliminary() > 0) found();
    if (result.differing > differing.count)
      result.notes.push(
        `${plural(result.differing - differing.count, `further ${result.of}`)} differ and are counted, not listed.`,
      );
    if (differing.rows({ sort: 'id', path: null, search: '' }).some((row) => row.paths > MOST_PATHS_OF_ROW))
      result.notes.push(
        `Of an aggregate with more differing paths, the first ${MOST_PATHS_OF_ROW} are found by “only this path”.`,
      );
  }

  const endOf = ({ result }: Run): JobEnd => ({
    status: 'done',
    note: `${plural(result.differing, result.of)} of ${result.aggregates.total} would differ (hypothetical).`,
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
        ...{ aggregates: { done: 0, total: 0 }, kept: 0, preliminary: 0, healed: 0, paths: [] },
        ...{ problems: { real: 0, hypothetical: 0 }, notes: [], coverage: null },
        revision: 0,
        of: subject.keyed === null ? 'aggregate' : 'row',
      };
      const run = { result, differing: new Differing(MOST_ROWS), stop };
      runs.set(workspace, run);
      const title = `What-if: ${result.title}`;
      return jobs.start({ kind: 'what-if', title, unit: 'events' }, async (jobSignal, report) => {
        try {
          await fold(workspace, run, subject, AbortSignal.any([jobSignal, stop.signal]), report);
          // One that was done in a moment has told of nothing on the way.
          report({ done: result.events, total: result.events });
          result.state = 'done';
          return endOf(run);
        } catch (error) {
          const { code, message } = toErrorValue(error, '');
          result.state = code === 'cancelled' ? 'cancelled' : 'failed';
          result.notes.push(code === 'cancelled' ? 'Stopped: what was found until then is listed.' : message);
          if (result.preliminary > 0)
            result.notes.push(
              `${plural(result.preliminary, result.of)} listed as preliminary: only the first events were folded, and what is said is as of these.`,
            );
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
    async events({ from, count, ...opening }, { signal }) {
      const workspace = workspaces.current();
      const { args } = await openArgs(workspace, opening, signal);
      return workspace.read('whatif.events', { ...args, from, count }, { signal });
    },
    async states({ from, count, index, show, ...opening }, { signal }) {
      const workspace = workspaces.current();
      const { args, subject } = await openArgs(workspace, opening, signal);
      const answer = await workspace.read('whatif.states', { ...args, from, count, index, show }, { signal });
      const { name, version } = subject.reducer;
      const real = `${name} ${version}`;
      const hypothetical = opening.hypothesis.reducer === null ? real : `${name} ${version}, changed`;
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
      const { reducer, names, types, topics } = await subjectOf(
        definitions,
        workspaces.current(),
        scope,
        wanted,
      );
      const source = { aggregateTypes: types, ...(topics === null ? {} : { topics }) };
      return { name: reducer.name, version: reducer.version, ...editableText(reducer), source, names };
    },
  };
}

/** @throws HindcastError `input.invalid` for a payload that is no JSON */
function readable(changes: NonNullable<Hypothesis['overlay']>['changes']): readonly ChangeText[] {
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
  return changes as readonly ChangeText[];
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

/** @throws HindcastError `input.invalid` for a payload that is no JSON */
const changedOf = ({ overlay }: Hypothesis): ChangedLogText | null =>
  overlay === null ? null : { ref: overlay.ref, changes: readable(overlay.changes) };

/** @throws HindcastError `reducer.invalid`, `input.invalid` */
const argsOf = (
  { topics, reducer }: Subject,
  { cut, hypothesis }: Pick<WhatIfQuestion, 'cut' | 'hypothesis'>,
  opened: OpenArgs['opened'],
): OpenArgs => ({
  ...{ cut, topics, opened, changed: changedOf(hypothesis), without: hypothesis.without },
  real: textOfReducer(reducer),
  hypothetical: hypotheticalText(hypothesis.reducer, reducer),
});
