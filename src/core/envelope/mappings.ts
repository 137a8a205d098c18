/**
 * Envelope mappings: where the standard fields of an event are in a record. Plain data, so that a person can edit
 * one and keep it as JSON. A path reads the JSON value; `header:NAME` reads a header (first of that name).
 */
import type { StandardField } from '../model.ts';

/**
 * How a field that the event does not say may be concluded:
 * key: the record key as text · json-key: the one member of a JSON key, as change-data-capture writes them ·
 * domain-id / domain-type: `metadata.cattle_id: 42`, else the key `cattle-42` · topic: the last telling part of the
 * topic's name · type-part: the part before the last of a dotted type · stream-id / stream-type: the two halves of
 * `account-123` at the path `streamPath` · change-type: table and operation · timestamp: the record's timestamp
 */
export type Derivation =
  | 'key'
  | 'json-key'
  | 'domain-id'
  | 'domain-type'
  | 'topic'
  | 'type-part'
  | 'stream-id'
  | 'stream-type'
  | 'change-type'
  | 'timestamp';

export interface FieldRule {
  /** The first path that holds a value is the declared field. */
  paths?: string[];
  /** Used when no path holds a value; the field is then marked derived. */
  derive?: Derivation;
}

export interface EnvelopeMapping {
  name: string;
  /** For people. */
  title: string;
  fields: Partial<Record<StandardField, FieldRule>>;
  /**
   * Paths of the payload, the first that holds something wins; the empty path is the whole value without `metadata`
   * and the keys that the fields above read.
   */
  dataPath: string[];
  /** Every one must be there for the mapping to fit; `a|b` needs one of the two. */
  recognise: string[];
  /** Backdating tolerance of streams under this mapping, in milliseconds; the general default when absent. */
  toleranceMs?: number;
}

const at = (...paths: string[]): FieldRule => ({ paths });
const or = (derive: Derivation, ...paths: string[]): FieldRule => ({ paths, derive });

const flat: EnvelopeMapping = {
  name: 'flat',
  title: 'Flat envelope, snake case',
  fields: {
    eventId: at('event_id'),
    eventType: at('event_type'),
    schemaVersion: at('event_version', 'schema_version'),
    aggregateType: or('topic', 'aggregate_type'),
    aggregateId: or('key', 'aggregate_id'),
    aggregateVersion: at('aggregate_version', 'metadata.aggregate_version'),
    occurredAt: at('event_timestamp', 'occurred_at', 'timestamp'),
    recordedAt: or('timestamp', 'recorded_at', 'metadata.recorded_at'),
    correlationId: at('correlation_id', 'metadata.correlation_id'),
    causationId: at('causation_id', 'metadata.causation_id'),
    sagaId: at('saga_id'),
    sequenceNumber: at('sequence_number'),
    tenantId: at('tenant_id'),
    actor: at('user_id', 'actor', 'metadata.user_id'),
    source: at('source', 'metadata.source'),
    idempotencyKey: at('idempotency_key', 'metadata.idempotency_key'),
  },
  dataPath: ['event_data'],
  recognise: ['event_id', 'event_type', 'event_data'],
};

const metadataFields: EnvelopeMapping['fields'] = {
  eventId: at('metadata.event_id'),
  eventType: at('metadata.event_type'),
  schemaVersion: at('metadata.schema_version'),
  occurredAt: at('metadata.occurred_at', 'metadata.timestamp'),
  recordedAt: or('timestamp', 'metadata.recorded_at'),
  correlationId: at('metadata.correlation_id'),
  causationId: at('metadata.causation_id'),
  sagaId: at('metadata.saga_id'),
  sequenceNumber: at('metadata.sequence_number'),
  tenantId: at('metadata.tenant_id'),
  actor: at('metadata.created_by', 'metadata.user_id', 'metadata.actor'),
  source: at('metadata.source_system', 'metadata.source'),
  idempotencyKey: at('metadata.idempotency_key'),
};

const metadataData: EnvelopeMapping = {
  name: 'metadata-data',
  title: 'Metadata and data',
  fields: {
    ...metadataFields,
    aggregateType: or('topic', 'metadata.aggregate_type'),
    aggregateId: or('key', 'metadata.aggregate_id'),
    aggregateVersion: at('metadata.version', 'metadata.aggregate_version'),
  },
  dataPath: ['data'],
  recognise: ['metadata.event_id', 'metadata.event_type', 'data'],
};

const metadataPayload: EnvelopeMapping = {
  name: 'metadata-payload',
  title: 'Metadata, payload and cryptography',
  fields: {
    ...metadataFields,
    aggregateType: or('domain-type', 'metadata.aggregate_type'),
    aggregateId: or('domain-id', 'metadata.aggregate_id'),
    aggregateVersion: at('metadata.aggregate_version'),
  },
  dataPath: ['payload'],
  recognise: ['metadata.event_id', 'metadata.event_type', 'payload'],
};

const camel: EnvelopeMapping = {
  name: 'camel',
  title: 'Camel case, with saga where correlated',
  fields: {
    eventId: at('eventId'),
    eventType: at('eventType'),
    schemaVersion: at('schemaVersion', 'metadata.schemaVersion'),
    aggregateType: or('topic', 'aggregateType', 'metadata.aggregateType'),
    aggregateId: or('key', 'aggregateId'),
    aggregateVersion: at('version', 'aggregateVersion'),
    occurredAt: at('timestamp', 'occurredAt'),
    recordedAt: or('timestamp', 'recordedAt', 'metadata.recordedAt'),
    correlationId: at('correlationId', 'metadata.correlationId'),
    causationId: at('causationId', 'metadata.causationId'),
    sagaId: at('sagaId'),
    sequenceNumber: at('sequenceNumber'),
    tenantId: at('tenantId', 'metadata.tenantId'),
    actor: at('userId', 'actor', 'metadata.userId', 'metadata.actor'),
    source: at('source', 'metadata.source'),
    idempotencyKey: at('idempotencyKey', 'metadata.idempotencyKey'),
  },
  dataPath: ['data', 'payload', 'body', ''],
  recognise: ['eventId', 'eventType'],
};

/** CloudEvents 1.0 attributes, in the value or as Kafka headers `ce_…` (Kafka protocol binding 1.0). */
function cloudEventFields(prefix: string): EnvelopeMapping['fields'] {
  const attribute = (...names: string[]): FieldRule => at(...names.map((name) => prefix + name));
  return {
    eventId: attribute('id'),
    eventType: attribute('type'),
    schemaVersion: attribute('dataschema', 'schemaversion'),
    aggregateType: { ...attribute('aggregatetype'), derive: 'type-part' },
    aggregateId: { ...attribute('subject', 'partitionkey'), derive: 'key' },
    aggregateVersion: attribute('aggregateversion'),
    occurredAt: attribute('time'),
    recordedAt: { ...attribute('recordedtime'), derive: 'timestamp' },
    correlationId: attribute('correlationid', 'correlation'),
    causationId: attribute('causationid', 'causation'),
    sequenceNumber: attribute('sequence'),
    tenantId: attribute('tenantid', 'tenant'),
    actor: attribute('authid', 'actor'),
    source: attribute('source'),
    idempotencyKey: attribute('idempotencykey'),
  };
}

const cloudeventsStructured: EnvelopeMapping = {
  name: 'cloudevents-structured',
  title: 'CloudEvents 1.0, structured',
  fields: cloudEventFields(''),
  dataPath: ['data', ''],
  recognise: ['specversion', 'id', 'source', 'type'],
};

const cloudeventsBinary: EnvelopeMapping = {
  name: 'cloudevents-binary',
  title: 'CloudEvents 1.0, binary (headers)',
  fields: cloudEventFields('header:ce_'),
  dataPath: [''],
  recognise: ['header:ce_specversion', 'header:ce_id', 'header:ce_source', 'header:ce_type'],
};

const debezium: EnvelopeMapping = {
  name: 'debezium',
  title: 'Debezium change event',
  fields: {
    eventType: { derive: 'change-type' },
    aggregateType: or(
      'topic',
      'source.table',
      'source.collection',
      'payload.source.table',
      'payload.source.collection',
    ),
    aggregateId: { derive: 'json-key' },
    occurredAt: at('source.ts_ms', 'payload.source.ts_ms'),
    recordedAt: { derive: 'timestamp' },
    correlationId: at('transaction.id', 'payload.transaction.id'),
    source: at('source.connector', 'payload.source.connector'),
  },
  dataPath: ['after', 'payload.after', 'before', 'payload.before'],
  recognise: ['op|payload.op', 'source.connector|payload.source.connector'],
};

const kurrent: EnvelopeMapping = {
  name: 'kurrent',
  title: 'Kurrent (EventStore) export',
  fields: {
    eventId: at('eventId'),
    eventType: at('eventType'),
    aggregateType: { derive: 'stream-type' },
    aggregateId: { derive: 'stream-id' },
    aggregateVersion: at('eventNumber', 'streamRevision', 'revision'),
    occurredAt: at('created', 'updated', 'createdEpoch', 'timestamp'),
    recordedAt: { derive: 'timestamp' },
    correlationId: at('metadata.$correlationId', 'metaData.$correlationId'),
    causationId: at('metadata.$causationId', 'metaData.$causationId'),
    actor: at('metadata.userId', 'metaData.userId'),
  },
  dataPath: ['data'],
  recognise: [
    'eventType',
    'eventStreamId|streamId|streamName',
    'eventNumber|streamRevision|revision',
    'data',
  ],
};

/** JSON with nothing but a record key: the key names the aggregate, the topic its type. */
export const KEYED_MAPPING: EnvelopeMapping = {
  name: 'keyed',
  title: 'Plain JSON by key',
  fields: {
    eventType: at('eventType', 'event_type'),
    aggregateType: { derive: 'topic' },
    aggregateId: { derive: 'key' },
    recordedAt: { derive: 'timestamp' },
  },
  dataPath: [''],
  recognise: [],
};

/** All built-in mappings, the most telling first; the last fits any JSON object. */
export const BUILT_IN_MAPPINGS: readonly EnvelopeMapping[] = [
  cloudeventsBinary,
  cloudeventsStructured,
  debezium,
  kurrent,
  flat,
  metadataData,
  metadataPayload,
  camel,
  KEYED_MAPPING,
];

/** The built-in mapping of that name, or null. */
export function builtInMapping(name: string): EnvelopeMapping | null {
  return BUILT_IN_MAPPINGS.find((mapping) => mapping.name === name) ?? null;
}

/** Where a Kurrent record names its stream. */
export const STREAM_PATHS = ['eventStreamId', 'streamId', 'streamName'] as const;
