import type { Service } from '../../contract/contract.ts';
import type { ServiceDeps } from './deps.ts';
import { derivedFolder } from './folders.ts';
import { watchEvents } from './follow.ts';

export function createEventService(deps: ServiceDeps): Service<'events'> {
  const { workspaces } = deps;
  const textIndex = derivedFolder(deps);
  return {
    watch: (input, { signal }) => watchEvents(deps, input, signal),
    query: (input, { signal }) =>
      workspaces.current().read('events.query', { ...input, textIndex }, { signal }),
    locate: (input, { signal }) =>
      workspaces.current().read('events.locate', { ...input, textIndex }, { signal }),
    histogram: (input, { signal }) =>
      workspaces.current().read('events.histogram', { ...input, textIndex }, { signal }),
    typeColours: (_input, { signal }) => workspaces.current().read('events.typeColours', {}, { signal }),
    walked: (_input, { signal }) => workspaces.current().read('events.walked', {}, { signal }),
    facets: (input, { signal }) =>
      workspaces.current().read('events.facets', { ...input, textIndex }, { signal }),
    scan: (input, { signal }) =>
      workspaces.current().read('events.scan', { ...input, textIndex }, { signal }),
    documents: (input, { signal }) =>
      workspaces.current().read('events.documents', { ...input, textIndex }, { signal }),
    get: (input, { signal }) => workspaces.current().read('events.get', input, { signal }),
    bytes: async (input, { signal }) => {
      const { size, bytes } = await workspaces.current().read('events.bytes', input, { signal });
      return { value: { size }, bytes };
    },
  };
}
