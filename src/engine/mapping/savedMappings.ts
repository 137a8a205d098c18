/** Mappings that a person saved for topics by pattern, as a capture finds them. */
import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { MappingDefinition, TopicPattern } from '../../contract/mappings.ts';
import { mappingProblem } from '../../core/envelope/checkMapping.ts';
import type { EnvelopeMapping } from '../../core/envelope/mappings.ts';
import { closestPattern } from '../../core/envelope/topicPattern.ts';
import { documentsOf } from '../notebook/documents.ts';
import type { SavedForTopic } from '../store/topicMapping.ts';

export const MAPPING_KIND = 'mapping';
export const StoredMapping = z.object({ pattern: TopicPattern, mapping: MappingDefinition });

/** The mapping saved for the closest pattern that fits the topic; null: none does. What cannot be read is passed over. */
export function savedMappingFor(db: Database, topic: string): SavedForTopic | null {
  const usable = documentsOf(db, MAPPING_KIND).flatMap(({ body }) => {
    const parsed = StoredMapping.safeParse(JSON.parse(body));
    if (!parsed.success) return [];
    const mapping = parsed.data.mapping as EnvelopeMapping;
    return mappingProblem(mapping) === null ? [{ pattern: parsed.data.pattern, mapping }] : [];
  });
  return closestPattern(usable, topic);
}
