import { describe, expect, it } from 'vitest';
import { parseJson } from '../json.ts';
import { compileMapping, topicNoun } from './compiled.ts';
import { captureFieldsOf, decodeRecord, extractEnvelope } from './decode.ts';
import { detectMapping } from './detect.ts';
import { BUILT_IN_MAPPINGS, builtInMapping, type EnvelopeMapping } from './mappings.ts';
import type { RawRecord } from './record.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const RECORDED = Date.UTC(2025, 10, 13, 10, 30, 1);

function record(value: string | Uint8Array | null, more: Partial<RawRecord> = {}): RawRecord {
  return {
    topic: 'ultracore.savings.interest',
    key: bytes('agg-1'),
    value: typeof value === 'string' ? bytes(value) : value,
    headers: [],
    timestamp: RECORDED,
    ...more,
  };
}

const flat = `{"event_id":"e-1","event_type":"SavingsAccountOpened","event_version":1,"aggregate_type":"SavingsAccount",
 "aggregate_id":"agg-1","tenant_id":"tenant-123","user_id":"user-456","event_data":{"amount":1250.00},
 "correlation_id":"c-1","causation_id":null,"event_timestamp":"2025-11-13T10:30:00Z","metadata":{"source":"ultracore-api"}}`;
const metadataData = `{"metadata":{"event_id":"evt_12345","event_type":"CUSTOMER_CREATED","aggregate_id":"CUST001",
 "aggregate_type":"Customer","version":3,"timestamp":"2025-01-14T00:00:00Z","causation_id":"cmd_1","correlation_id":"req_1"},"data":{"name":"A"}}`;
const cattle = `{"metadata":{"event_id":"evt_abc","event_type":"CATTLE_CREATED","event_ref":"r","cattle_id":42,
 "occurred_at":"2025-01-14T00:00:00Z","recorded_at":"2025-01-14T00:00:01Z","idempotency_key":"k","correlation_id":"c",
 "causation_id":"d","source_system":"NLIS","schema_version":1,"created_by":"user"},"payload":{},"cryptography":null,"provenance":{}}`;
const camel = `{"eventId":"e","aggregateId":"o-1","eventType":"OrderPlaced","version":2,"timestamp":"2025-01-14T00:00:00Z",
 "correlationId":"c","causationId":null,"sagaId":"s","sequenceNumber":4,"metadata":{},"total":10.50,"lines":[]}`;
const cloudEvent = `{"specversion":"1.0","id":"x","source":"/n","type":"au.ultracore.notification.sent","subject":"p-1",
 "time":"2025-01-14T00:00:00Z","correlation":"c","data":{"channel":"sms"}}`;
const debezium = `{"before":null,"after":{"id":7,"name":"x"},"source":{"connector":"postgresql","table":"customers","ts_ms":1736812800000},"op":"c","ts_ms":1}`;
const kurrent = `{"eventStreamId":"account-123","eventNumber":5,"eventType":"Deposited","eventId":"e","data":{"amount":1},"metadata":{"$correlationId":"c"},"created":"2025-01-14T00:00:00Z"}`;

describe('built-in mappings', () => {
  it('are plain JSON, and every one compiles', () => {
    for (const mapping of BUILT_IN_MAPPINGS) {
      expect(JSON.parse(JSON.stringify(mapping))).toEqual(mapping);
      expect(compileMapping(mapping).mapping).toBe(mapping);
    }
  });

  it.each<[string, string, Partial<RawRecord>, Record<string, unknown>]>([
    [
      'flat',
      flat,
      {},
      {
        eventType: ['SavingsAccountOpened', 'declared', 'event_type'],
        schemaVersion: ['1', 'declared', 'event_version'],
        aggregateType: ['SavingsAccount', 'declared', 'aggregate_type'],
        aggregateId: ['agg-1', 'declared', 'aggregate_id'],
        aggregateVersion: null,
        occurredAt: [Date.UTC(2025, 10, 13, 10, 30), 'declared', 'event_timestamp'],
        recordedAt: [RECORDED, 'derived', 'timestamp (CreateTime)'],
        causationId: null,
        actor: ['user-456', 'declared', 'user_id'],
        source: ['ultracore-api', 'declared', 'metadata.source'],
        tenantId: ['tenant-123', 'declared', 'tenant_id'],
      },
    ],
    [
      'metadata-data',
      metadataData,
      {},
      {
        aggregateVersion: ['3', 'declared', 'metadata.version'],
        aggregateId: ['CUST001', 'declared', 'metadata.aggregate_id'],
        causationId: ['cmd_1', 'declared', 'metadata.causation_id'],
        schemaVersion: null,
      },
    ],
    [
      'metadata-payload',
      cattle,
      { key: bytes('cattle-42') },
      {
        aggregateId: ['42', 'derived', 'metadata.cattle_id'],
        aggregateType: ['Cattle', 'derived', 'metadata.cattle_id'],
        aggregateVersion: null,
        recordedAt: [Date.UTC(2025, 0, 14, 0, 0, 1), 'declared', 'metadata.recorded_at'],
        idempotencyKey: ['k', 'declared', 'metadata.idempotency_key'],
        schemaVersion: ['1', 'declared', 'metadata.schema_version'],
      },
    ],
    [
      'camel',
      camel,
      { topic: 'shop.orders.events' },
      {
        aggregateVersion: ['2', 'declared', 'version'],
        sagaId: ['s', 'declared', 'sagaId'],
        sequenceNumber: ['4', 'declared', 'sequenceNumber'],
        aggregateType: ['orders', 'derived', 'topic'],
      },
    ],
    [
      'cloudevents-structured',
      cloudEvent,
      {},
      {
        aggregateId: ['p-1', 'declared', 'subject'],
        aggregateType: ['Notification', 'derived', 'type'],
        correlationId: ['c', 'declared', 'correlation'],
      },
    ],
    [
      'debezium',
      debezium,
      { key: bytes('{"schema":{},"payload":{"id":7}}') },
      {
        eventType: ['CustomersCreated', 'derived', 'op'],
        aggregateId: ['7', 'derived', 'key id'],
        aggregateType: ['customers', 'declared', 'source.table'],
        occurredAt: [Date.UTC(2025, 0, 14), 'declared', 'source.ts_ms'],
      },
    ],
    [
      'kurrent',
      kurrent,
      {},
      {
        aggregateType: ['account', 'derived', 'eventStreamId'],
        aggregateId: ['123', 'derived', 'eventStreamId'],
        aggregateVersion: ['5', 'declared', 'eventNumber'],
        correlationId: ['c', 'declared', 'metadata.$correlationId'],
      },
    ],
  ])('%s says where every field is from', (name, value, more, fields) => {
    const raw = record(value, more);
    const decoded = decodeRecord(raw, builtInMapping(name));
    expect(decoded).toMatchObject({ kind: 'event', problems: [], envelope: { mapping: name } });
    for (const [field, expected] of Object.entries(fields)) {
      const found = decoded.envelope![field as 'eventId'];
      expect(found === undefined ? null : [found.value, found.source, found.from], field).toEqual(expected);
    }
    expect(extractEnvelope(raw, builtInMapping(name))).toEqual(captureFieldsOf(decoded));
    expect(detectMapping([raw]).mapping?.name).toBe(name);
  });

  it('unwraps the payload without losing a digit', () => {
    expect(decodeRecord(record(flat), null).data).toEqual({ amount: parseJson('1250.00') });
    expect(decodeRecord(record(camel), null).data).toEqual({ total: parseJson('10.50'), lines: [] });
    expect(decodeRecord(record(debezium), null).data).toEqual({ id: 7, name: 'x' });
    const deleted = debezium
      .replace('null,"after":{"id":7,"name":"x"}', '{"id":7},"after":null')
      .replace('"op":"c"', '"op":"d"');
    expect(decodeRecord(record(deleted), null)).toMatchObject({
      data: { id: 7 },
      envelope: { dataPath: ['before'] },
    });
  });

  it('reads binary CloudEvents from their headers, whatever the value is', () => {
    const headers = Object.entries({
      specversion: '1.0',
      id: 'x',
      source: '/d',
      type: 'a.device.enrolled',
      subject: 'd-1',
      correlation: 'c',
    }).map(([name, text]) => [`ce_${name}`, bytes(text)] as const);
    const json = decodeRecord(record('{"platform":"ios"}', { headers }), null);
    expect(json).toMatchObject({
      kind: 'event',
      data: { platform: 'ios' },
      envelope: { mapping: 'cloudevents-binary' },
    });
    expect(json.envelope?.eventType).toEqual({
      value: 'a.device.enrolled',
      source: 'declared',
      from: 'header ce_type',
    });
    const avro = record(new Uint8Array([0, 0, 0, 0, 7, 255]), { headers: () => headers });
    expect(decodeRecord(avro, null)).toMatchObject({
      kind: 'event',
      data: null,
      envelope: { aggregateId: { value: 'd-1' } },
    });
    expect(extractEnvelope(avro, null)).toMatchObject({
      kind: 'event',
      type: 'a.device.enrolled',
      aggregateId: 'd-1',
    });
  });

  it('takes a mapping that a person wrote', () => {
    const own: EnvelopeMapping = {
      name: 'own',
      title: 'Ours',
      fields: {
        eventType: { paths: ['what'] },
        aggregateId: { paths: ['who["the id"]'], derive: 'key' },
        occurredAt: { paths: ['when'] },
      },
      dataPath: ['body'],
      recognise: ['what', 'when'],
    };
    const raw = record('{"what":"Went","when":1736812800,"who":{"the id":9007199254740993},"body":{"a":1}}');
    expect(extractEnvelope(raw, own)).toMatchObject({
      type: 'Went',
      aggregateId: '9007199254740993',
      mapping: 'own',
      occurredAt: Date.UTC(2025, 0, 14),
    });
    expect(decodeRecord(record(flat), own)).toMatchObject({
      kind: 'event',
      envelope: { mapping: 'flat' },
      problems: ['Fits “Flat envelope, snake case”, not the topic’s “Ours”'],
    });
  });
});

describe('ids beyond 2^53', () => {
  it('stay exact in the fast way, too', () => {
    const value = flat
      .replace('"aggregate_id":"agg-1"', '"aggregate_id":9007199254740993')
      .replace('"e-1"', '12345678901234567890');
    expect(extractEnvelope(record(value), builtInMapping('flat'))).toMatchObject({
      aggregateId: '9007199254740993',
      eventId: '12345678901234567890',
    });
    const herd = cattle.replace('42', '9007199254740993');
    expect(extractEnvelope(record(herd), null)).toMatchObject({
      aggregateId: '9007199254740993',
      aggregateType: 'Cattle',
    });
  });
});

describe('records that are no events', () => {
  it.each<[string, Uint8Array | string, string]>([
    [
      'bytes',
      Object.assign(new Uint8Array(1204).fill(0xff), { 0: 0, 1: 0, 2: 0, 3: 0, 4: 42 }),
      'Not JSON: 1,204 bytes, starts 00 00 00 00 2A (schema registry id 42?)',
    ],
    ['text', 'hello', 'Not JSON: 5 bytes of text, starts “hello”: a value expected, found "h" (character 1)'],
    [
      'cut off',
      '{"a":1',
      'Not JSON: 6 bytes of text, starts “{"a":1”: the text ends where “,” or “}” should be (character 7)',
    ],
    ['nothing', '', 'Not JSON: the value is empty (0 bytes, not null)'],
    [
      'too deep',
      '['.repeat(600),
      'JSON beyond the limits: nested deeper than 500 levels (character 501); 600 bytes',
    ],
  ])('%s are undecodable with the reason', (_, value, reason) => {
    const raw = record(value);
    const decoded = decodeRecord(raw, builtInMapping('flat'), { aggregateType: 'SavingsAccount' });
    expect(decoded).toMatchObject({ kind: 'undecodable', reason });
    expect(extractEnvelope(raw, builtInMapping('flat'), { aggregateType: 'SavingsAccount' })).toEqual({
      kind: 'undecodable',
      type: '',
      aggregateType: 'SavingsAccount',
      aggregateId: 'agg-1',
      version: null,
      occurredAt: null,
      eventId: null,
      correlationId: null,
      causationId: null,
      mapping: null,
      reason,
    });
  });

  it.each([
    ['null', 'JSON, but null and not an object: no envelope mapping fits'],
    ['[1]', 'JSON, but a list and not an object: no envelope mapping fits'],
    ['1.50', 'JSON, but a number and not an object: no envelope mapping fits'],
    ['{"language":"en"}', 'JSON that fits no envelope mapping'],
  ])('%s is plain, by key', (value, reason) => {
    const decoded = decodeRecord(record(value, { topic: 'crm.customer-preferences' }), null);
    expect(decoded).toMatchObject({
      kind: 'plain',
      reason,
      envelope: {
        aggregateId: { value: 'agg-1', source: 'derived', from: 'key' },
        aggregateType: { value: 'customer-preferences' },
      },
    });
    expect(decoded.value).toEqual(parseJson(value));
  });

  it('a null value is a tombstone of its key', () => {
    const raw = record(null, { key: bytes('cattle-42') });
    expect(extractEnvelope(raw, builtInMapping('metadata-payload'))).toMatchObject({
      kind: 'tombstone',
      aggregateType: 'Cattle',
      aggregateId: '42',
      mapping: null,
    });
    expect(extractEnvelope(record(null, { key: new Uint8Array([0, 0, 0, 7]) }), null)).toMatchObject({
      aggregateId: '0x00000007',
    });
    expect(extractEnvelope(record(null, { key: null }), null)).toMatchObject({ aggregateId: null });
  });

  it('tells of repeated keys, unreadable fields and a missing zone', () => {
    const value = flat
      .replace('"2025-11-13T10:30:00Z"', '"2025-11-13T10:30:00"')
      .replace('"user-456"', '{"id":1}')
      .replace('"tenant_id"', '"event_id":"e-2","tenant_id"');
    expect(decodeRecord(record(value), null)).toMatchObject({
      envelope: { eventId: { value: 'e-2' } },
      problems: [
        'The key event_id is repeated; the last value counts',
        'event_timestamp has no zone and is read as UTC: 2025-11-13T10:30:00',
        'user_id cannot be read as actor: an object',
      ],
    });
  });
});

describe('detectMapping', () => {
  it('takes what most samples have and says so', () => {
    const samples = [record(flat), record(flat), record(metadataData), record('{"x":1}'), record(null)];
    expect(detectMapping(samples)).toMatchObject({
      mapping: { name: 'flat' },
      fitted: 2,
      of: 4,
      aggregateType: 'SavingsAccount',
    });
    expect(detectMapping([record('{"x":1}')])).toMatchObject({ mapping: { name: 'keyed' }, fitted: 1 });
    expect(detectMapping([record('hi')])).toMatchObject({
      mapping: null,
      reason: 'None of 1 samples is a JSON object',
    });
    expect(detectMapping([])).toMatchObject({ mapping: null, reason: 'No sample has a value' });
    expect(
      detectMapping([record(flat), record(flat.replace('"SavingsAccount"', '"Loan"'))]).aggregateType,
    ).toBeNull();
  });
  it.each([
    ['crm.customer-preferences', 'customer-preferences'],
    ['orders.events', 'orders'],
    ['shop.orders.v1', 'orders'],
    ['events', 'events'],
  ])('names the aggregates of %s %s', (topic, noun) => expect(topicNoun(topic)).toBe(noun));
});
