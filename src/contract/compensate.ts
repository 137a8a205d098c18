import { z } from 'zod';
import { ChangeOut } from './aggregates.ts';
import { AggregateRef, BytesOut, Count, JsonText, Millis, PlaceOut, RecordId } from './common.ts';
import { nothing, query } from './procedure.ts';

/** The event that is corrected; a negative number is one of a hypothetical log and is refused. */
const CorrectedId = z.number().int().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER).nullable();

/** A compensating event being written. The page edits it and sends it back whole. */
export const Draft = z
  .object({
    connectionId: z.string(),
    ref: AggregateRef,
    correctedId: CorrectedId,
    topic: z.string().min(1).max(249),
    key: z.string().max(100_000),
    eventType: z.string().min(1).max(500),
    /** The whole event as JSON text, in the envelope shape of its stream. */
    value: z.string().min(2).max(900_000),
    headers: z
      .array(z.object({ key: z.string().max(1000), value: z.string().max(100_000).nullable() }).strict())
      .max(200),
    reason: z.string().max(2000),
    actor: z.string().max(500),
    idempotencyKey: z.string().min(8).max(200),
    /** The aggregate's last event when the draft was made: it must still be the last. */
    expectedHead: z.object({ recordId: RecordId, version: z.number().nullable() }).strict().nullable(),
  })
  .strict();
export type Draft = z.infer<typeof Draft>;

/** A field of the form: where it sits in the value, and what its content rests on. */
export const DraftField = z.object({
  /** Path in the value, such as `event_data.amount`. */
  path: z.string(),
  label: z.string(),
  /** JSON text of the value. */
  value: JsonText,
  editable: z.boolean(),
  hint: z.string(),
});

export const Guard = z.object({
  name: z.string(),
  status: z.enum(['ok', 'failed', 'open', 'note']),
  text: z.string(),
  /** Machine name: read-only, cluster, head, duplicate, schema, valid, coverage, confirm, groups. */
  code: z.string(),
});
export type Guard = z.infer<typeof Guard>;

const StateView = z.object({ state: JsonText, note: z.string() });

export const Preview = z.object({
  now: StateView,
  /** The state without the corrected event; null when nothing is corrected. */
  shouldBe: StateView.nullable(),
  after: StateView,
  changes: z.array(ChangeOut),
  afterEqualsShouldBe: z.boolean().nullable(),
  place: z.object({
    connection: z.string(),
    environment: z.string(),
    clusterId: z.string().nullable(),
    topic: z.string(),
    partition: Count,
  }),
  key: BytesOut,
  value: BytesOut,
  headers: z.array(z.object({ key: z.string(), value: BytesOut.nullable() })),
  fields: z.array(DraftField),
  guards: z.array(Guard),
  /** Hash of everything that would be sent and where; publishing takes it back. */
  planHash: z.string(),
  /** True when nothing but the typed name is missing. */
  publishable: z.boolean(),
});
export type Preview = z.infer<typeof Preview>;

export const Receipt = z.object({
  id: z.string(),
  publishedAt: Millis,
  connection: z.string(),
  environment: z.string(),
  clusterId: z.string().nullable(),
  place: PlaceOut,
  ref: AggregateRef,
  correctedId: RecordId.nullable(),
  eventType: z.string(),
  eventId: z.string().nullable(),
  reason: z.string(),
  actor: z.string(),
  idempotencyKey: z.string(),
  keyHash: z.string(),
  valueHash: z.string(),
  planHash: z.string(),
  /** same: the bytes read back by offset equal those sent. */
  readBack: z.enum(['same', 'differs', 'not-read']),
  /** What lay between the checked head and the new event; Kafka cannot promise that nothing did. */
  race: z.object({ status: z.enum(['none', 'found', 'unknown']), text: z.string() }),
});
export type Receipt = z.infer<typeof Receipt>;

export const compensate = {
  /** A prefilled draft for an aggregate, or for correcting one of its events. */
  draft: query(
    z
      .object({
        connectionId: z.string(),
        ref: AggregateRef,
        correctedId: CorrectedId,
        actor: z.string().max(500),
      })
      .strict(),
    z.object({ draft: Draft, fields: z.array(DraftField) }),
  ),
  /** Reads the head again and shows exactly what would be sent. Sends nothing. */
  preview: query(z.object({ draft: Draft }).strict(), Preview),
  publish: query(
    z.object({ draft: Draft, planHash: z.string(), typedName: z.string().nullable() }).strict(),
    Receipt,
  ),
  receipts: query(nothing, z.array(Receipt)),
};
