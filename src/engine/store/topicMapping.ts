/** The envelope mapping of a topic as the workspace keeps it: detected once, the same for ever after. */
import { detectMapping } from '../../core/envelope/detect.ts';
import type { TopicHints } from '../../core/envelope/fields.ts';
import { builtInMapping, type EnvelopeMapping } from '../../core/envelope/mappings.ts';
import type { RawRecord } from '../../core/envelope/record.ts';

export interface TopicMapping {
  /** Null: nothing in the samples was JSON. */
  mapping: EnvelopeMapping | null;
  hints: TopicHints;
  reason: string;
}

interface Stored {
  /** Name of a built-in mapping; null together with `custom` null: none. */
  name: string | null;
  custom: EnvelopeMapping | null;
  aggregateType: string | null;
  reason: string;
}

export function detectTopicMapping(samples: readonly RawRecord[]): TopicMapping {
  const { mapping, aggregateType, reason } = detectMapping(samples);
  return { mapping, hints: { aggregateType }, reason };
}

export function mappingToText({ mapping, hints, reason }: TopicMapping): string {
  const builtIn = mapping !== null && builtInMapping(mapping.name) === mapping;
  const stored: Stored = {
    name: builtIn ? mapping.name : null,
    custom: builtIn ? null : mapping,
    aggregateType: hints.aggregateType ?? null,
    reason,
  };
  return JSON.stringify(stored);
}

export function mappingFromText(text: string): TopicMapping {
  const { name, custom, aggregateType, reason } = JSON.parse(text) as Stored;
  return {
    mapping: custom ?? (name === null ? null : builtInMapping(name)),
    hints: { aggregateType },
    reason,
  };
}
