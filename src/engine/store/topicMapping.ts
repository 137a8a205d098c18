/** The envelope mapping of a topic as the workspace keeps it: detected once, the same for ever after. */
import { detectMapping, fittingCount, onlyAggregateType } from '../../core/envelope/detect.ts';
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

/** A mapping that a person saved for topics of this name. */
export interface SavedForTopic {
  pattern: string;
  mapping: EnvelopeMapping;
}

/** @param saved taken before any other when a sample fits it */
export function detectTopicMapping(
  samples: readonly RawRecord[],
  saved: SavedForTopic | null = null,
): TopicMapping {
  if (saved !== null && fittingCount(saved.mapping, samples) > 0)
    return chosenMapping(saved.mapping, samples, `Saved for topics named ${saved.pattern}`);
  const { mapping, aggregateType, reason } = detectMapping(samples);
  return { mapping, hints: { aggregateType }, reason };
}

/** A mapping that was not detected. */
export function chosenMapping(
  mapping: EnvelopeMapping,
  samples: readonly RawRecord[],
  reason: string,
): TopicMapping {
  return { mapping, hints: { aggregateType: onlyAggregateType(mapping, samples) }, reason };
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
