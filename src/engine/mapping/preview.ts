/** How records of a topic come out under a mapping, before anything is changed. */

import { int64 } from '../../contract/common.ts';
import { HindcastError } from '../../contract/errors.ts';
import { LIMITS } from '../../contract/limits.ts';
import {
  MAPPED_FIELDS,
  type MappedRecord,
  type MappingDefinition,
  type MappingPreview,
  type MappingSample,
} from '../../contract/mappings.ts';
import { mappingProblem } from '../../core/envelope/checkMapping.ts';
import { type DecodedRecord, decodeRecord } from '../../core/envelope/decode.ts';
import { builtInMapping, type EnvelopeMapping } from '../../core/envelope/mappings.ts';
import { headersOf, keyText, textOf } from '../../core/envelope/record.ts';
import { formatJson, JsonProblem, parseJson } from '../../core/json.ts';
import type { Envelope, Field } from '../../core/model.ts';
import { formatTime } from '../../core/time.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import {
  chosenMapping,
  detectTopicMapping,
  mappingFromText,
  type TopicMapping,
} from '../store/topicMapping.ts';
import type { ReadContext } from '../workers/context.ts';
import { partitionsOf, rawRecords, sampleIds, topicRow } from './samples.ts';
import { savedMappingFor } from './savedMappings.ts';

/** A value of a field or header longer than this is cut where it is shown. Characters. */
const SHOWN = 300;
const NONE: TopicMapping = { mapping: null, hints: {}, reason: 'No record seen yet' };

/** A mapping as a person wrote it, ready to be used. @throws HindcastError `mapping.invalid` */
export function usableMapping(definition: MappingDefinition): EnvelopeMapping {
  const builtIn = builtInMapping(definition.name);
  if (builtIn !== null && JSON.stringify(sorted(builtIn)) === JSON.stringify(sorted(definition)))
    return builtIn;
  const mapping = definition as EnvelopeMapping;
  const problem = mappingProblem(mapping);
  if (problem !== null) throw new HindcastError('mapping.invalid', { ...problem });
  return mapping;
}

/** With keys in one order, so that two that say the same are the same text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each)]),
  );
}

function topics({ db }: ReadContext, _args: Record<string, never>) {
  const rows = db
    .prepare(
      `SELECT t.name AS topic, t.mapping, coalesce(sum(p.stored), 0) AS records
       FROM topic t LEFT JOIN partition p ON p.topic_id = t.id GROUP BY t.id ORDER BY t.name`,
    )
    .all() as { topic: string; mapping: string | null; records: number }[];
  return rows.map(({ topic, mapping: text, records }) => {
    const { mapping, reason } = text === null ? NONE : mappingFromText(text);
    const builtIn = mapping !== null && builtInMapping(mapping.name) === mapping;
    return { topic, records, mapping: mapping as MappingDefinition | null, builtIn, reason };
  });
}

function sample({ db }: ReadContext, { topic, nth }: { topic: string; nth: number }): MappingSample | null {
  const { id: topicId, kafkaName } = topicRow(db, topic);
  const ids = sampleIds(db, partitionsOf(db, topicId));
  if (ids.length === 0) return null;
  const id = ids[nth % ids.length]!;
  const [record] = rawRecords(db, kafkaName, [id]);
  const { value } = record!;
  const text = value === null || value.length > LIMITS.decodedText ? null : textOf(value);
  const { partition } = db
    .prepare('SELECT partition FROM partition WHERE no = ?')
    .get(Math.floor(id / OFFSET_SPAN)) as { partition: number };
  return {
    id,
    partition,
    offset: int64(id % OFFSET_SPAN),
    recordedAt: record!.timestamp,
    value: text === null ? null : jsonText(text),
    key: cut(keyText(record!)),
    headers: headersOf(record!).map(([name, each]) => ({ name, value: cut(textOf(each)) })),
  };
}

/** The same JSON with every digit; null when it is none. */
function jsonText(text: string): string | null {
  try {
    return formatJson(parseJson(text));
  } catch (error) {
    if (error instanceof JsonProblem) return null;
    throw error;
  }
}

const cut = (text: string | null): string | null =>
  text !== null && text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;

function preview(
  { db, dictionary }: ReadContext,
  { topic, mapping: definition }: { topic: string; mapping: MappingDefinition },
): MappingPreview {
  const { id: topicId, kafkaName, mapping: text } = topicRow(db, topic);
  const ids = sampleIds(db, partitionsOf(db, topicId));
  const records = rawRecords(db, kafkaName, ids);
  const now = text === null ? NONE : mappingFromText(text);
  const asked = chosenMapping(usableMapping(definition), records, '');
  const shown = records.map((record, at): { out: MappedRecord; decoded: DecodedRecord; at: number } => {
    const decoded = decodeRecord(record, asked.mapping, asked.hints);
    const before = decodeRecord(record, now.mapping, now.hints);
    const fields = fieldsOf(decoded.envelope);
    const id = ids[at]!;
    const out = {
      id,
      partition: dictionary.placeOf(id).partition,
      offset: int64(id % OFFSET_SPAN),
      kind: decoded.kind,
      fields,
      problems: decoded.problems.map((problem) => cut(problem)!),
      reason: decoded.reason ?? null,
      fits: decoded.envelope?.mapping === asked.mapping!.name,
      differs:
        decoded.kind !== before.kind || JSON.stringify(fields) !== JSON.stringify(fieldsOf(before.envelope)),
    };
    return { out, decoded, at: record.timestamp };
  });
  const aggregates = new Set<string>();
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const { decoded, at } of shown) {
    const { aggregateType, aggregateId, occurredAt } = decoded.envelope ?? {};
    if (decoded.kind !== 'event') continue;
    if (aggregateId !== undefined) aggregates.add(JSON.stringify([aggregateType?.value, aggregateId.value]));
    if (occurredAt === undefined) continue;
    least = Math.min(least, at - occurredAt.value);
    most = Math.max(most, at - occurredAt.value);
  }
  const outs = shown.map(({ out }) => out);
  return {
    records: outs,
    fields: MAPPED_FIELDS.map((name) => {
      const sources = outs.map(({ fields }) => fields.find((field) => field.name === name)?.source);
      const count = (source: string | undefined) => sources.filter((each) => each === source).length;
      return { name, declared: count('declared'), derived: count('derived'), absent: count(undefined) };
    }),
    events: outs.filter(({ kind }) => kind === 'event').length,
    aggregates: aggregates.size,
    differing: outs.filter(({ differs }) => differs).length,
    delayMs: least > most ? null : { least, most },
  };
}

function fieldsOf(envelope: Envelope | undefined): MappedRecord['fields'] {
  return MAPPED_FIELDS.flatMap((name) => {
    const field = envelope?.[name] as Field<string> | Field<number> | undefined;
    if (field === undefined) return [];
    const { value, source, from } = field;
    return [{ name, value: cut(typeof value === 'number' ? formatTime(value) : value)!, source, from }];
  });
}

/** What would be concluded if the topic were captured now. */
function detect({ db }: ReadContext, { topic }: { topic: string }) {
  const { id, kafkaName } = topicRow(db, topic);
  const records = rawRecords(db, kafkaName, sampleIds(db, partitionsOf(db, id)));
  const { mapping, reason } = detectTopicMapping(records, savedMappingFor(db, kafkaName));
  return { mapping: mapping as MappingDefinition | null, reason };
}

export const mappingReads = {
  'mappings.topics': topics,
  'mappings.sample': sample,
  'mappings.preview': preview,
  'mappings.detect': detect,
};
