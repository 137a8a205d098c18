/** The `projections` namespace: definitions, their tables, and the jobs that replay events into them. */
import type { z } from 'zod';
import type { Service } from '../../contract/contract.ts';
import { toErrorValue } from '../../contract/errors.ts';
import type { ProjectionStatus } from '../../contract/projections.ts';
import { columnsOf } from '../console/views.ts';
import type { JobEnd, JobProgress } from '../jobs/jobRegistry.ts';
import { runBulk } from '../projection/bulkThreads.ts';
import { type KnownProjection, readDefinition } from '../projection/definitions.ts';
import type { TableState } from '../projection/reads.ts';
import type { Workspace } from '../store/workspace.ts';
import type { ServiceDeps } from './deps.ts';
import { derivedFolder } from './folders.ts';
import { definitionsOf } from './timeline.ts';
import { tryText } from './tryText.ts';

type Status = z.infer<typeof ProjectionStatus>;

const grouped = (count: number, one: string) =>
  `${count.toLocaleString('en-US')} ${one}${count === 1 ? '' : 's'}`;

function sourceText({ projection: { source } }: KnownProjection): string {
  const parts: string[] = [];
  if (source.aggregateTypes?.includes('*')) parts.push('all aggregates');
  else if (source.aggregateTypes !== undefined) parts.push(`${source.aggregateTypes.join(', ')} aggregates`);
  if (source.topics !== undefined)
    parts.push(`${source.topics.length === 1 ? 'topic' : 'topics'} ${source.topics.join(', ')}`);
  return parts.join(' in ');
}

function rowTypes({ projection: { key, source } }: KnownProjection): string[] | null {
  if (key !== 'aggregateId') return null;
  const types = source.aggregateTypes ?? [];
  return types.includes('*') ? [] : types;
}

/** What this session knows of the replays of one projection in one workspace. */
interface Replay {
  /** Null: none is running. */
  jobId: string | null;
  /** Why the last one failed. */
  problem: string | null;
}

function statusOf(known: KnownProjection, table: TableState | null, replay: Replay | undefined): Status {
  const { projection, builtIn, hash } = known;
  const shown = table?.ready ?? table?.next ?? null;
  const problem = replay?.problem ?? null;
  const isBuilding = replay !== undefined && replay.jobId !== null;
  const state = (): Status['state'] => {
    if (isBuilding) return 'building';
    if (table?.ready != null) return table.ready.hash === hash ? 'ready' : 'stale';
    return problem === null ? 'new' : 'failed';
  };
  return {
    name: projection.name,
    title: projection.title,
    description: projection.description ?? '',
    builtIn,
    version: projection.reducer.version,
    columns: columnsOf(projection),
    source: sourceText(known),
    aggregateTypes: rowTypes(known),
    state: state(),
    rows: table?.rows ?? 0,
    processed: shown?.processed ?? 0,
    ignored: shown?.ignored ?? 0,
    failed: shown?.failed ?? 0,
    behind: table?.behind ?? 0,
    jobId: replay?.jobId ?? null,
    kept: table?.kept ?? [],
    present: table?.present ?? null,
    history: table?.history ?? null,
    builtAt: table?.ready?.built_at ?? null,
    problem,
  };
}

const wire = ({ definition, hash }: KnownProjection) => ({ definition, hash });

export function createProjectionService(deps: ServiceDeps): Service<'projections'> {
  const { workspaces, jobs, changed } = deps;
  const folder = derivedFolder(deps);
  const definitions = definitionsOf(deps);
  const replays = new Map<string, Replay>();
  const replayKey = (workspace: Workspace, name: string) => `${name} ${workspace.file}`;

  async function statuses(known: readonly KnownProjection[], signal?: AbortSignal): Promise<Status[]> {
    const workspace = workspaces.peek();
    if (workspace === null) return known.map((each) => statusOf(each, null, undefined));
    const tables = await workspace.read(
      'projections.states',
      { folder, definitions: known.map(wire) },
      { signal },
    );
    return known.map((each, at) =>
      statusOf(each, tables[at]!, replays.get(replayKey(workspace, each.projection.name))),
    );
  }

  type Work = [
    workspace: Workspace,
    known: KnownProjection,
    signal: AbortSignal,
    report: (progress: JobProgress) => void,
  ];

  async function replayAll(...[workspace, known, signal, report, rebuild]: [...Work, rebuild: boolean]) {
    const plan = await workspace.read('projections.plan', { ...wire(known), folder, rebuild }, { signal });
    let folded = 0;
    if (plan.parts.length > 0) {
      const derived = await workspace.read('projections.file', { folder }, { signal });
      const { build, parts } = plan;
      const onProgress = (done: number, total: number | null) => {
        folded = done;
        report({ done, total, note: 'Replaying.' });
      };
      const { file } = workspace;
      const { definition } = known;
      await runBulk({
        file,
        derived,
        name: known.projection.name,
        definition,
        build,
        parts,
        signal,
        onProgress,
      });
    }
    const { state, rows } = await steps([workspace, known, signal, report], plan.build, folded);
    return endOf(state, plan.parts.length > 0 ? state.rows : rows);
  }

  async function retryFailures(...[workspace, known, signal, report, recordIds]: [...Work, number[] | null]) {
    const args = { ...wire(known), folder, recordIds };
    const plan = await workspace.read('projections.planRetry', args, { signal });
    if (plan === null) return replayAll(workspace, known, signal, report, false);
    const { state } = await steps([workspace, known, signal, report], plan.build);
    return retryEnd(plan.failed, state);
  }

  /** Does what the plan says; the table as it is then, and how many rows were folded. `before`: events of the job so far. */
  async function steps([workspace, known, signal, report]: Work, build: number, before = 0) {
    const args = { ...wire(known), folder, build };
    let rows = 0;
    let events = 0;
    for (;;) {
      const step = await workspace.read('projections.step', { ...args, at: Date.now() }, { signal });
      rows += step.done;
      events += step.events;
      // How many events the rows that are left have is known only when they are folded.
      const total = rows === 0 ? null : before + Math.round((events / rows) * (rows + step.left));
      report({ done: before + events, total, note: 'Replaying.' });
      if (step.state !== null) return { state: step.state, rows };
    }
  }

  function start(name: string, word: string, work: (...args: Work) => Promise<JobEnd>) {
    const workspace = workspaces.current();
    const known = definitions.get(name);
    const key = replayKey(workspace, name);
    const entry = replays.get(key) ?? { jobId: null, problem: null };
    if (entry.jobId !== null) return { jobId: entry.jobId };
    replays.set(key, entry);
    const title = `${word} of ${known.projection.title}`;
    const { jobId } = jobs.start({ kind: 'projection', title, unit: 'events' }, (signal, report) =>
      noted(entry, signal, () => work(workspace, known, signal, report)),
    );
    entry.jobId = jobId;
    changed.push('projections');
    return { jobId };
  }

  async function noted(entry: Replay, signal: AbortSignal, work: () => Promise<JobEnd>): Promise<JobEnd> {
    try {
      const end = await work();
      entry.problem = null;
      return end;
    } catch (error) {
      const { code, message } = toErrorValue(error, '');
      if (!signal.aborted && code !== 'cancelled') entry.problem = message;
      throw error;
    } finally {
      entry.jobId = null;
      changed.push('projections');
    }
  }

  return {
    async list(_input, { signal }) {
      const projections = await statuses(definitions.list(), signal);
      const workspace = workspaces.peek();
      if (workspace === null) return { projections, coverage: null };
      const { badge } = await workspace.read('workspace.coverage', { topics: null }, { signal });
      return { projections, coverage: badge };
    },
    async definition({ name }) {
      const { text, builtIn } = definitions.get(name);
      return { definition: text, builtIn };
    },
    try: (input, { signal }) => tryText(deps, definitions, input, signal),
    versions: async ({ name }) => definitions.versions(name),
    async save({ definition }) {
      // Without a workspace there is no thread for it; a mistake then shows where it is first used.
      await workspaces.peek()?.read('reducers.try', { definition: readDefinition(definition).definition });
      const known = definitions.save(definition);
      changed.push('projections');
      return (await statuses([known]))[0]!;
    },
    async remove({ name }) {
      definitions.remove(name);
      await workspaces.peek()?.read('projections.forget', { folder, name });
      changed.push('projections');
      return {};
    },
    run: async ({ name, rebuild }) =>
      start(name, rebuild ? 'Rebuild' : 'Replay', (...work) => replayAll(...work, rebuild)),
    retry: async ({ name, recordIds }) =>
      start(name, 'Retry', (...work) => retryFailures(...work, recordIds)),
    compare: async ({ before = null, after = null, ...input }, { signal }) =>
      workspaces.current().read('projections.compare', { ...input, before, after, folder }, { signal }),
    failures: async (input, { signal }) =>
      workspaces.current().read('projections.failures', { ...input, folder }, { signal }),
  };
}

function endOf({ ready, rows }: TableState, done: number): JobEnd {
  const failed = ready?.failed ?? 0;
  const work = done === 0 ? 'Nothing new' : `${grouped(done, 'row')} replayed`;
  const failures =
    failed === 0 ? '' : `; ${grouped(failed, 'event')} could not be applied fully, see the failures`;
  return { status: 'done', note: `${work}; the table has ${grouped(rows, 'row')}${failures}.` };
}

function retryEnd(before: number, { ready }: TableState): JobEnd {
  const left = ready?.failed ?? 0;
  const tried = before === 0 ? 'Nothing had failed' : `${grouped(before, 'failure')} tried again`;
  const result = left === 0 ? 'none is left' : `${grouped(left, 'event')} still cannot be applied fully`;
  return { status: 'done', note: before === 0 ? `${tried}.` : `${tried}: ${result}.` };
}
