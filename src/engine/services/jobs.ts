import type { Service } from '../../contract/contract.ts';
import type { ServiceDeps } from './deps.ts';

export function createJobService({ jobs }: ServiceDeps): Service<'jobs'> {
  return {
    list: async () => jobs.list(),
    cancel: async ({ id }) => {
      jobs.cancel(id);
      return {};
    },
    watch: (_input, { signal }) => jobs.watch(signal),
  };
}
