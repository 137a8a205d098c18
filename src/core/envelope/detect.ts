/** Which envelope a topic uses, concluded from a sample of its records. */
import { JsonProblem, parseApproximate } from '../json.ts';
import type { Json } from '../model.ts';
import { compileMapping, fits } from './compiled.ts';
import { extractEnvelope } from './decode.ts';
import { BUILT_IN_MAPPINGS, type EnvelopeMapping, KEYED_MAPPING } from './mappings.ts';
import { type RawRecord, textOf } from './record.ts';

export interface Detection {
  /** Null when no sample has a value that is JSON. */
  mapping: EnvelopeMapping | null;
  /** Samples that fit the mapping, of those that have a value. */
  fitted: number;
  of: number;
  /** In words, for a person who wonders. */
  reason: string;
  /** The one aggregate type that all fitting samples name; null when they name several or none. */
  aggregateType: string | null;
}

function jsonOf(record: RawRecord): Json | undefined {
  const text = textOf(record.value);
  if (text === null) return undefined;
  try {
    return parseApproximate(text);
  } catch (error) {
    if (error instanceof JsonProblem) return undefined;
    throw error;
  }
}

/**
 * The built-in mapping that fits most samples; of equals, the one that asks for more. Plain JSON by key is taken only
 * when no envelope fits a single sample. A few dozen records from several partitions are enough.
 */
export function detectMapping(samples: readonly RawRecord[]): Detection {
  const filled = samples
    .filter((record) => record.value !== null)
    .map((record) => ({ record, value: jsonOf(record) }));
  const of = filled.length;
  let best: EnvelopeMapping | null = null;
  let fitted = 0;
  for (const mapping of BUILT_IN_MAPPINGS) {
    if (mapping === KEYED_MAPPING && best !== null) continue;
    const compiled = compileMapping(mapping);
    const count = filled.filter(({ record, value }) => fits(compiled, value, record)).length;
    if (count > fitted) {
      best = mapping;
      fitted = count;
    }
  }
  if (best === null) {
    const reason = of === 0 ? 'No sample has a value' : `None of ${of} samples is a JSON object`;
    return { mapping: null, fitted: 0, of, reason, aggregateType: null };
  }
  best = byTopicWhereTypesDisagree(
    best,
    filled.map(({ record }) => record),
  );
  const marks = best.recognise
    .map((each) => each.replace('header:', 'header ').replaceAll('|', ' or '))
    .join(', ');
  const reason =
    best === KEYED_MAPPING
      ? `${fitted} of ${of} samples are JSON objects without a known envelope`
      : `${fitted} of ${of} samples have ${marks}`;
  const aggregateType = onlyAggregateType(
    best,
    filled.map(({ record }) => record),
  );
  return { mapping: best, fitted, of, reason, aggregateType };
}

/** The one aggregate type that all records name which fit the mapping; null when they name several or none. */
export function onlyAggregateType(mapping: EnvelopeMapping, records: readonly RawRecord[]): string | null {
  const types = new Set<string | null>();
  for (const record of records)
    if (fits(compileMapping(mapping), jsonOf(record), record))
      types.add(extractEnvelope(record, mapping).aggregateType);
  return types.size === 1 ? [...types][0]! : null;
}

/** How many of the records fit a mapping. */
export const fittingCount = (mapping: EnvelopeMapping, records: readonly RawRecord[]): number =>
  records.filter((record) => record.value !== null && fits(compileMapping(mapping), jsonOf(record), record))
    .length;

/**
 * `com.acme.order.created` names its aggregate type, `paper.review.started` a step: seen where one aggregate would be of
 * several types. The topic then names the type of them all.
 */
function byTopicWhereTypesDisagree(mapping: EnvelopeMapping, records: readonly RawRecord[]): EnvelopeMapping {
  const rule = mapping.fields.aggregateType;
  if (rule?.derive !== 'type-part') return mapping;
  const typeOf = new Map<string, string | null>();
  const disagree = records.some((record) => {
    const { aggregateId, aggregateType } = extractEnvelope(record, mapping);
    if (aggregateId === null) return false;
    const known = typeOf.get(aggregateId) ?? aggregateType;
    typeOf.set(aggregateId, known);
    return known !== aggregateType;
  });
  if (!disagree) return mapping;
  return { ...mapping, fields: { ...mapping.fields, aggregateType: { ...rule, derive: 'topic' } } };
}
