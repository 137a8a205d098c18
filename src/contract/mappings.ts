/** Envelope mappings that a person makes: tried on samples, saved for topics by pattern, applied to what is captured. */
import { z } from 'zod';
import { KeptIn } from './cases.ts';
import { Count, Int64, JsonText, Millis, RecordId, RecordKind } from './common.ts';
import { documentFile } from './documentFile.ts';
import { FieldOut } from './events.ts';
import { job, nothing, query } from './procedure.ts';

const Path = z.string().max(1000);

/** The standard fields that a mapping can read, in the order in which they are shown. */
export const MAPPED_FIELDS = [
  'eventType',
  'aggregateType',
  'aggregateId',
  'aggregateVersion',
  'eventId',
  'occurredAt',
  'recordedAt',
  'correlationId',
  'causationId',
  'sagaId',
  'sequenceNumber',
  'schemaVersion',
  'tenantId',
  'actor',
  'source',
  'idempotencyKey',
] as const;
export type MappedField = (typeof MAPPED_FIELDS)[number];

export const DERIVATIONS = [
  'key',
  'json-key',
  'domain-id',
  'domain-type',
  'topic',
  'type-part',
  'stream-id',
  'stream-type',
  'change-type',
  'timestamp',
] as const;

const Rule = z
  .object({ paths: z.array(Path).max(20).optional(), derive: z.enum(DERIVATIONS).optional() })
  .strict();

/** As `EnvelopeMapping` of the core. */
export const MappingDefinition = z
  .object({
    name: z.string().min(1).max(100),
    title: z.string().min(1).max(200),
    fields: z.partialRecord(z.enum(MAPPED_FIELDS), Rule),
    dataPath: z.array(Path).min(1).max(20),
    recognise: z.array(Path).max(20),
    /** Milliseconds by which clocks may differ before an event counts as backdated. */
    toleranceMs: z.number().int().min(0).max(86_400_000).optional(),
  })
  .strict();
export type MappingDefinition = z.infer<typeof MappingDefinition>;

/** A name of a topic, or a pattern in which `*` stands for any part: `orders.*`. */
export const TopicPattern = z.string().trim().min(1).max(249);

export const SavedMapping = z.object({
  id: z.string(),
  pattern: TopicPattern,
  mapping: MappingDefinition,
  kept: KeptIn,
  changedAt: Millis,
});
export type SavedMapping = z.infer<typeof SavedMapping>;

/** A mapping as a file, `….hindcast-mapping`. */
export const MappingFile = documentFile('hindcast-mapping', {
  pattern: TopicPattern,
  mapping: MappingDefinition,
});
export type MappingFile = z.infer<typeof MappingFile>;

/** Which mapping a captured topic uses. */
export const TopicMappingOut = z.object({
  topic: z.string(),
  records: Count,
  /** Null: none of its records is a JSON object. */
  mapping: MappingDefinition.nullable(),
  builtIn: z.boolean(),
  /** Why, in words. */
  reason: z.string(),
  /** The saved mapping whose pattern is the closest that fits the topic; null: none does. */
  savedId: z.string().nullable(),
});
export type TopicMappingOut = z.infer<typeof TopicMappingOut>;

/** How one record comes out. */
export const MappedRecord = z.object({
  id: RecordId,
  partition: Count,
  offset: Int64,
  kind: RecordKind,
  fields: z.array(FieldOut),
  /** What was not as it should be. */
  problems: z.array(z.string()),
  reason: z.string().nullable(),
  /** True when the asked mapping fitted, false when another had to be tried. */
  fits: z.boolean(),
  /** Whether it comes out differently with the mapping that the topic has now. */
  differs: z.boolean(),
});
export type MappedRecord = z.infer<typeof MappedRecord>;

export const MappingPreview = z.object({
  records: z.array(MappedRecord),
  /** Per standard field: of how many of these records it is declared, derived, absent. */
  fields: z.array(z.object({ name: z.enum(MAPPED_FIELDS), declared: Count, derived: Count, absent: Count })),
  events: Count,
  aggregates: Count,
  differing: Count,
  /** How much later than they occurred the events were recorded; negative: before. Null: none says both. */
  delayMs: z.object({ least: z.number(), most: z.number() }).nullable(),
});
export type MappingPreview = z.infer<typeof MappingPreview>;

/** A record to point at. */
export const MappingSample = z.object({
  id: RecordId,
  partition: Count,
  offset: Int64,
  recordedAt: Millis,
  /** Null: no JSON, or longer than can be shown at once. */
  value: JsonText.nullable(),
  key: z.string().nullable(),
  headers: z.array(z.object({ name: z.string(), value: z.string().nullable() })),
});
export type MappingSample = z.infer<typeof MappingSample>;

const Topic = z.string().min(1).max(300);

export const mappings = {
  builtIn: query(nothing, z.array(MappingDefinition)),
  /** Captured topics with the mapping each uses. */
  topics: query(nothing, z.array(TopicMappingOut)),
  saved: query(nothing, z.array(SavedMapping)),
  /** Records of the topic, spread over its partitions; `nth` chooses the one to point at. */
  sample: query(z.object({ topic: Topic, nth: Count }).strict(), MappingSample.nullable()),
  /** How about 100 records of the topic come out. @throws `mapping.invalid` */
  preview: query(z.object({ topic: Topic, mapping: MappingDefinition }).strict(), MappingPreview),
  /** What a fresh detection concludes for the topic. */
  detect: query(
    z.object({ topic: Topic }).strict(),
    z.object({ mapping: MappingDefinition.nullable(), reason: z.string() }),
  ),
  /** Kept for topics that are captured later; a pattern has one mapping. @throws `mapping.invalid` */
  save: query(z.object({ pattern: TopicPattern, mapping: MappingDefinition }).strict(), SavedMapping),
  remove: query(z.object({ id: z.string() }).strict(), nothing),
  /** Reads the columns of a captured topic anew, by this mapping. @throws `mapping.invalid`, `workspace.read-only` */
  apply: job(z.object({ topic: Topic, mapping: MappingDefinition }).strict()),
};
