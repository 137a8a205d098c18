/** The `sentences` namespace: events in a person's words. */
import type { Service } from '../../contract/contract.ts';
import { closestPattern } from '../../core/envelope/topicPattern.ts';
import { checked, type SavedSentences } from '../sentences/savedSentences.ts';
import type { ServiceDeps } from './deps.ts';

export function createSentenceService(
  { workspaces }: Pick<ServiceDeps, 'workspaces'>,
  saved: SavedSentences,
): Service<'sentences'> {
  return {
    list: () => saved.list(),
    async of({ type, topic }, { signal }) {
      const [all, derived] = await Promise.all([
        saved.list(),
        workspaces.current().read('events.sentenceDefault', { type, topic }, { signal }),
      ]);
      const own = all.filter((each) => each.type === type);
      return { saved: closestPattern(own, topic), derived };
    },
    async preview(sentence, { signal }) {
      checked(sentence.template);
      return workspaces.current().read('events.sentencePreview', sentence, { signal });
    },
    save: (sentence) => saved.save(sentence),
    async remove({ id }) {
      await saved.remove(id);
      return {};
    },
    import: ({ text }) => saved.import(text),
  };
}
