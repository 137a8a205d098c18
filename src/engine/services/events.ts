import type { Service } from '../../contract/contract.ts';
import type { ServiceDeps } from './deps.ts';

export function createEventService({ workspaces }: ServiceDeps): Service<'events'> {
  return {
    query: (input, { signal }) => workspaces.current().read('events.query', input, { signal }),
    locate: (input, { signal }) => workspaces.current().read('events.locate', input, { signal }),
    histogram: (input, { signal }) => workspaces.current().read('events.histogram', input, { signal }),
    facets: (input, { signal }) => workspaces.current().read('events.facets', input, { signal }),
    get: (input, { signal }) => workspaces.current().read('events.get', input, { signal }),
    bytes: async (input, { signal }) => {
      const { size, bytes } = await workspaces.current().read('events.bytes', input, { signal });
      return { value: { size }, bytes };
    },
  };
}
