import { create } from 'zustand';
import type { Api } from '../../contract/contract.ts';
import type { ChangedScope, JobState } from '../../contract/system.ts';
import { invalidate, queryClient } from './queries.ts';

/** All jobs of this session as the engine last told, newest first. */
export const useJobs = create<{ jobs: readonly JobState[] }>(() => ({ jobs: [] }));

const COALESCE_MS = 300;

async function watchChanges(api: Api, signal: AbortSignal): Promise<void> {
  const scopes = new Set<ChangedScope>();
  let waiting = false;
  for await (const change of api.system.changed({}, { signal })) {
    for (const scope of change.scopes) scopes.add(scope);
    if (waiting) continue;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      invalidate(scopes);
      scopes.clear();
    }, COALESCE_MS);
  }
}

async function watchJobs(api: Api, signal: AbortSignal): Promise<void> {
  for await (const jobs of api.jobs.watch({}, { signal })) {
    useJobs.setState({ jobs: [...jobs].sort((a, b) => b.startedAt - a.startedAt) });
  }
}

/**
 * Follows what changes in the engine for as long as the connection lives. A stream that ends early closes nothing:
 * the connection's end is noticed by the connection itself, and everything is asked again after it.
 */
export function followEngine(api: Api, signal: AbortSignal): void {
  void queryClient.invalidateQueries();
  const quiet = (error: unknown) => {
    if (!signal.aborted) console.error(error);
  };
  watchChanges(api, signal).catch(quiet);
  watchJobs(api, signal).catch(quiet);
}
