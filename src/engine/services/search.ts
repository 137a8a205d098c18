/** The `search` namespace: field names, saved filters, and the jobs that build full-text indexes. */
import type { Service } from '../../contract/contract.ts';
import type { JobEnd, JobProgress } from '../jobs/jobRegistry.ts';
import type { Workspace } from '../store/workspace.ts';
import type { ServiceDeps } from './deps.ts';
import { derivedFolder } from './folders.ts';
import { savedFiltersOf } from './savedFilters.ts';

const number = (count: number): string => count.toLocaleString('en-US');

export function createSearchService(deps: ServiceDeps): Service<'search'> {
  const { workspaces, jobs, changed } = deps;
  const folder = derivedFolder(deps);
  const saved = savedFiltersOf(deps);
  /** Job by workspace and topic. */
  const running = new Map<string, string>();
  const keyOf = (workspace: Workspace, topic: string): string => `${topic} ${workspace.file}`;

  async function build(
    workspace: Workspace,
    topic: string,
    signal: AbortSignal,
    report: (progress: JobProgress) => void,
  ): Promise<JobEnd> {
    let done = 0;
    try {
      for (;;) {
        const step = await workspace.read('search.indexStep', { folder, topic }, { signal });
        done += step.done;
        report({ done, total: done + step.left, note: 'Taking words in.' });
        if (step.left === 0) break;
      }
    } finally {
      await workspace.read('search.indexPause', { folder }).catch(() => {});
      running.delete(keyOf(workspace, topic));
      changed.push('search');
    }
    return { status: 'done', note: done === 0 ? 'Nothing new.' : `${number(done)} records taken in.` };
  }

  return {
    fields: (input, { signal }) => workspaces.current().read('events.fields', input, { signal }),
    saved: () => saved.list(),
    async save({ name, filter }) {
      const kept = await saved.save(name, filter);
      changed.push('search');
      return kept;
    },
    async rename({ id, name }) {
      await saved.rename(id, name);
      changed.push('search');
      return {};
    },
    async remove({ id }) {
      await saved.remove(id);
      changed.push('search');
      return {};
    },
    async indexes(_input, { signal }) {
      const workspace = workspaces.current();
      const states = await workspace.read('search.indexStates', { folder }, { signal });
      const jobOf = (topic: string): string | null => running.get(keyOf(workspace, topic)) ?? null;
      const begun = [...running.keys()]
        .filter((key) => key.endsWith(` ${workspace.file}`))
        .map((key) => key.slice(0, -workspace.file.length - 1))
        .filter((topic) => !states.some((state) => state.topic === topic));
      return [
        ...states.map((state) => ({ ...state, jobId: jobOf(state.topic) })),
        ...begun.map((topic) => ({ topic, indexed: 0, behind: 0, bytes: 0, jobId: jobOf(topic) })),
      ];
    },
    async index({ topic }) {
      const workspace = workspaces.current();
      const key = keyOf(workspace, topic);
      const known = running.get(key);
      if (known !== undefined) return { jobId: known };
      const spec = { kind: 'index', title: `Full-text index of ${topic}`, unit: 'records' } as const;
      const { jobId } = jobs.start(spec, (signal, report) => build(workspace, topic, signal, report));
      running.set(key, jobId);
      changed.push('search');
      return { jobId };
    },
    async removeIndex({ topic }) {
      const workspace = workspaces.current();
      const job = running.get(keyOf(workspace, topic));
      if (job !== undefined) {
        jobs.cancel(job);
        await jobs.ended(job);
      }
      await workspace.read('search.indexRemove', { folder, topic });
      changed.push('search');
      return {};
    },
  };
}
