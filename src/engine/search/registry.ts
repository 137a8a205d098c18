/** What reader threads do for searches beside the lists themselves. */
import { fieldSamples } from './fieldSamples.ts';
import { savedFilterReads } from './savedFilters.ts';
import { indexPause, indexRemove, indexStates, indexStep } from './textIndex.ts';

export const searchReads = {
  ...savedFilterReads,
  'events.fields': fieldSamples,
  'search.indexStep': indexStep,
  'search.indexPause': indexPause,
  'search.indexStates': indexStates,
  'search.indexRemove': indexRemove,
};
