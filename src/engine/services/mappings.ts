/** The `mappings` namespace: envelope mappings tried, saved for topics by pattern, and applied to captured topics. */
import { createHash } from 'node:crypto';
import type { Service } from '../../contract/contract.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { MappingDefinition, SavedMapping } from '../../contract/mappings.ts';
import { formatCount, plural } from '../../core/count.ts';
import { BUILT_IN_MAPPINGS } from '../../core/envelope/mappings.ts';
import { closestPattern } from '../../core/envelope/topicPattern.ts';
import { usableMapping } from '../mapping/preview.ts';
import { MAPPING_KIND, StoredMapping } from '../mapping/savedMappings.ts';
import type { Notebook } from '../notebook/notebook.ts';
import type { ServiceDeps } from './deps.ts';

export function createMappingService(deps: ServiceDeps, notebook: Notebook): Service<'mappings'> {
  const { workspaces, jobs, changed } = deps;

  async function saved(): Promise<SavedMapping[]> {
    const kept = await notebook.list(MAPPING_KIND, StoredMapping);
    return kept
      .map(({ id, value, kept: place, changedAt }) => ({ id, ...value, kept: place, changedAt }))
      .sort((a, b) => (a.pattern < b.pattern ? -1 : 1));
  }

  return {
    builtIn: async () => BUILT_IN_MAPPINGS as MappingDefinition[],
    async topics(_input, { signal }) {
      const [topics, all] = await Promise.all([
        workspaces.current().read('mappings.topics', {}, { signal }),
        saved(),
      ]);
      return topics.map((topic) => ({ ...topic, savedId: closestPattern(all, topic.topic)?.id ?? null }));
    },
    saved,
    sample: (input, { signal }) => workspaces.current().read('mappings.sample', input, { signal }),
    preview: (input, { signal }) => workspaces.current().read('mappings.preview', input, { signal }),
    detect: (input, { signal }) => workspaces.current().read('mappings.detect', input, { signal }),
    save: ({ pattern, mapping }) =>
      notebook.inTurn(async () => {
        usableMapping(mapping);
        // One document a pattern: saving again replaces it, here and in a copy of the workspace.
        const id = createHash('sha256').update(pattern).digest('hex').slice(0, 16);
        await notebook.put(MAPPING_KIND, id, { pattern, mapping });
        const found = (await saved()).find((each) => each.id === id);
        if (found === undefined) throw new HindcastError('internal', { problem: 'the mapping was not kept' });
        return found;
      }),
    remove: ({ id }) =>
      notebook.inTurn(async () => {
        await notebook.remove(MAPPING_KIND, id);
        return {};
      }),
    async apply({ topic, mapping }) {
      const workspace = workspaces.current();
      if (workspace.readOnly) throw new HindcastError('workspace.read-only', { where: workspace.place });
      const { title } = usableMapping(mapping);
      await workspace.read('mappings.sample', { topic, nth: 0 });
      const spec = { kind: 'mapping', title: `Mapping of ${topic}`, unit: 'records' } as const;
      return jobs.start(spec, async (signal, report) => {
        const reason = `“${title}”, chosen by hand`;
        const onProgress = (state: unknown) => report(state as { done: number; total: number });
        const { records, events, aggregates } = await workspace.write(
          'applyMapping',
          { topic, mapping, reason },
          { signal, onProgress },
        );
        changed.push('workspace', 'events', 'projections', 'notebook');
        const shown = `${plural(records, 'record')} read anew: ${plural(events, 'event')}`;
        return { status: 'done', note: `${shown} of ${formatCount(aggregates)} aggregates.` };
      });
    },
  };
}
