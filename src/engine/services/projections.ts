/** The `projections` namespace: definitions, their tables, and the jobs that replay events into them. */
import { join } from 'node:path';
import type { z } from 'zod';
import type { Service } from '../../contract/contract.ts';
import { toErrorValue } from '../../contract/errors.ts';
import type { ProjectionStatus } from '../../contract/projections.ts';
import { columnsOf } from '../console/views.ts';
import type { JobEnd, JobProgress } from '../jobs/jobRegistry.ts';
import { type KnownProjection, readDefinition } from '../projection/definitions.ts';
import type { TableState } from '../projection/reads.ts';
import type { Workspace } from '../store/workspace.ts';
import type { ServiceDeps } from './deps.ts';
import { definitionsOf } from './timeline.ts';

type Status = z.infer<typeof ProjectionStatus>;

/** The folder of the files that hold projection tables; all of it may be deleted at any time. */
export const derivedFolder = ({ host }: Pick<ServiceDeps, 'host'>): string => join(host.dataDir, 'derived');

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
    state: state(),
    rows: table?.rows ?? 0,
    processed: shown?.processed ?? 0,
    ignored: shown?.ignored ?? 0,
    failed: shown?.failed ?? 0,
    behind: table?.behind ?? 0,
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

  async function replayAll(
    workspace: Workspace,
    known: KnownProjection,
    rebuild: boolean,
    signal: AbortSignal,
    report: (progress: JobProgress) => void,
  ): Promise<JobEnd> {
    const plan = await workspace.read('projections.plan', { ...wire(known), folder, rebuild }, { signal });
    const args = { ...wire(known), folder, build: plan.build };
    let done = 0;
    for (;;) {
      const step = await workspace.read('projections.step', { ...args, at: Date.now() }, { signal });
      done += step.done;
      report({ done, total: done + step.left, note: 'Replaying.' });
      if (step.state !== null) return endOf(step.state, done);
    }
  }

  async function replay(
    workspace: Workspace,
    known: KnownProjection,
    rebuild: boolean,
    entry: Replay,
    signal: AbortSignal,
    report: (progress: JobProgress) => void,
  ) {
    try {
      const end = await replayAll(workspace, known, rebuild, signal, report);
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
    async run({ name, rebuild }) {
      const workspace = workspaces.current();
      const known = definitions.get(name);
      const key = replayKey(workspace, name);
      const entry = replays.get(key) ?? { jobId: null, problem: null };
      if (entry.jobId !== null) return { jobId: entry.jobId };
      replays.set(key, entry);
      const title = `${rebuild ? 'Rebuild' : 'Replay'} of ${known.projection.title}`;
      const { jobId } = jobs.start({ kind: 'projection', title, unit: 'rows' }, (signal, report) =>
        replay(workspace, known, rebuild, entry, signal, report),
      );
      entry.jobId = jobId;
      changed.push('projections');
      return { jobId };
    },
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
