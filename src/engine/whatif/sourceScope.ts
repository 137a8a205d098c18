/** Which streams belong to a projection. */
import type { Projection } from '../../core/model.ts';
import type { StreamScope } from './streamRows.ts';

/** The aggregate types and topics of a projection; null: all. */
export function scopeOfSource({
  source,
}: Projection): Pick<StreamScope, 'types' | 'topics'> & { takesLoose: boolean } {
  const { aggregateTypes, topics } = source;
  const isAll = aggregateTypes === undefined || aggregateTypes.includes('*');
  return {
    types: isAll ? null : aggregateTypes,
    topics: topics ?? null,
    takesLoose: aggregateTypes === undefined,
  };
}
