import { describe, expect, it } from 'vitest';
import {
  type CompensationInput,
  draftCompensation,
  editDraft,
  editDraftText,
  encodeCompensation,
} from './compensation.ts';
import {
  previewCompensation,
  restores,
  type StreamContext,
  validateCompensation,
} from './compensation-check.ts';
import { suggestType } from './compensation-type.ts';
import { decodeRecord } from './envelope/decode.ts';
import { builtInMapping } from './envelope/mappings.ts';
import type { Headers } from './envelope/record.ts';
import { streamEventOf } from './envelope/stream-event.ts';
import { mergeReducer } from './fold.ts';
import { declarativeFolder } from './folder.ts';
import { formatJson } from './json.ts';
import type { JsonObject } from './model.ts';
import { reducerFor } from './projections/builtin.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (value: Uint8Array) => new TextDecoder().decode(value);
const NOW = Date.UTC(2026, 0, 6, 9, 14, 2);
const newIds = { eventId: '018f3a52-7c11-7b0e-9f55-0d3c2b1a4e88', now: NOW, actor: 'm.keller' };

function source(mapping: string, key: string, values: string[], headers: Headers = []) {
  return values.map((value, offset) => {
    const raw = {
      topic: 'the.topic',
      key: bytes(key),
      value: bytes(value),
      headers,
      timestamp: NOW - 1000 + offset,
    };
    const decoded = decodeRecord(raw, builtInMapping(mapping));
    const place = {
      id: offset + 1,
      topic: 'the.topic',
      partition: 3,
      offset,
      recordedAt: raw.timestamp,
      monotonicAt: raw.timestamp,
    };
    return {
      event: streamEventOf({ ...place, verdict: 'committed' }, decoded),
      decoded,
      key: raw.key,
      headers,
    };
  });
}

const flat = (type: string, id: string, data: string) =>
  `{"event_id":"${id}","event_type":"${type}","event_version":1,"aggregate_type":"SavingsAccount","aggregate_id":"a-1",` +
  `"tenant_id":"t-au","user_id":"svc-interest","event_data":${data},"correlation_id":"batch-2025-12","causation_id":"x",` +
  '"event_timestamp":"2025-12-31T02:00:00.000Z","metadata":{"source":"ultracore-api","version":"1.0.0"}}';

const bankHeaders: Headers = [
  ['tenant', bytes('t-au')],
  ['traceparent', bytes('00-1-1-01')],
  ['tenant', null],
  ['retry-attempt', bytes('2')],
];
const bank = source(
  'flat',
  'a-1',
  [
    flat('SavingsAccountOpened', 'e-1', '{"account_number":"SA-1","currency":"AUD"}'),
    flat('DepositMade', 'e-2', '{"amount":717.55,"currency":"AUD"}'),
    flat(
      'InterestPosted',
      'e-3',
      '{"period":"2025-12","amount":61.76,"rate":0.0425,"ledger_sequence":9007199254740993}',
    ),
    flat(
      'InterestPosted',
      'e-4',
      '{"period":"2025-12","amount":61.76,"rate":0.0425,"ledger_sequence":9007199254740993}',
    ),
  ],
  bankHeaders,
);

function inputOf(
  records: typeof bank,
  mapping: string,
  more: Partial<CompensationInput> = {},
): CompensationInput {
  return {
    cluster: 'core-banking',
    aggregateType: 'SavingsAccount',
    aggregateId: 'a-1',
    stream: records.map((each) => each.event),
    corrected: records.at(-1)!,
    head: records.at(-1)!,
    mapping: builtInMapping(mapping)!,
    reducer: reducerFor('SavingsAccount'),
    newIds,
    ...more,
  };
}

function contextOf(input: CompensationInput, more: Partial<StreamContext> = {}): StreamContext {
  return {
    aggregateType: input.aggregateType,
    aggregateId: input.aggregateId,
    stream: input.stream,
    key: input.head.key,
    corrected: input.corrected?.event,
    folder: declarativeFolder(input.reducer),
    publishedKeys: new Set(),
    now: NOW,
    ...more,
  };
}

describe('draftCompensation in the flat shape', () => {
  const input = inputOf(bank, 'flat');
  const draft = editDraft(
    draftCompensation(input),
    'event_data.reason',
    'Duplicate posting for December 2025',
  );

  it('writes the whole event in the shape of its stream', () => {
    const { key, value, headers } = encodeCompensation(draft);
    expect(textOf(key!)).toBe('a-1');
    expect(textOf(value)).toBe(
      '{"event_id":"018f3a52-7c11-7b0e-9f55-0d3c2b1a4e88","event_type":"InterestPostingReversed","event_version":1,' +
        '"aggregate_type":"SavingsAccount","aggregate_id":"a-1","tenant_id":"t-au","user_id":"m.keller",' +
        '"event_data":{"period":"2025-12","amount":-61.76,"rate":0.0425,"reversed_event_id":"e-4","reason":"Duplicate posting for December 2025"},' +
        '"correlation_id":"batch-2025-12","causation_id":"e-4","event_timestamp":"2026-01-06T09:14:02.000Z",' +
        '"metadata":{"source":"hindcast","version":"1.0.0"}}',
    );
    expect(headers.map(([name, content]) => [name, content === null ? null : textOf(content)])).toEqual([
      ['tenant', 't-au'],
      ['traceparent', '00-1-1-01'],
      ['tenant', null],
      ['idempotency-key', draft.idempotencyKey],
    ]);
    expect(draft.notCarried).toEqual(['header retry-attempt', 'event_data.ledger_sequence']);
  });

  it('is right as it is, and gives back the state that should be', () => {
    expect(validateCompensation(draft, contextOf(input))).toEqual({ errors: [], warnings: [] });
    const preview = previewCompensation(draft, contextOf(input));
    expect(formatJson((preview.now as JsonObject).balance!)).toBe('841.07');
    expect(formatJson((preview.shouldBe as JsonObject).balance!)).toBe('779.31');
    expect(formatJson((preview.after as JsonObject).balance!)).toBe('779.31');
    expect(restores(preview, ['events', 'last_event_type', 'last_event_at'])).toBe(true);
    expect(restores(preview)).toBe(false);
  });

  it('gives the same bytes and the same key for the same correction', () => {
    const again = draftCompensation(
      inputOf(bank, 'flat', { newIds: { ...newIds, now: NOW + 99, eventId: 'other' } }),
    );
    expect(again.idempotencyKey).toBe(draft.idempotencyKey);
    expect(draftCompensation(input)).toEqual(draftCompensation(input));
    expect(draftCompensation(inputOf(bank, 'flat', { cluster: 'other' })).idempotencyKey).not.toBe(
      draft.idempotencyKey,
    );
    expect(draftCompensation(inputOf(bank, 'flat', { corrected: bank[2]! })).idempotencyKey).not.toBe(
      draft.idempotencyKey,
    );
    const renamed = editDraft(draft, 'event_type', 'InterestCorrected');
    expect(renamed.idempotencyKey).not.toBe(draft.idempotencyKey);
    expect(textOf(renamed.headers.at(-1)![1]!)).toBe(renamed.idempotencyKey);
  });

  it('follows edits of its JSON', () => {
    const text = formatJson(draft.value, 2).replace('-61.76', '-60.00');
    const edited = editDraftText(draft, text);
    expect(edited.fields.find((field) => field.name === 'event_data.amount')?.value).toMatchObject({
      value: '-60.00',
    });
    expect(textOf(encodeCompensation(edited).value)).toContain('"amount":-60.00');
    expect(() => editDraftText(draft, '{"a":')).toThrow(/the text ends/);
  });

  it('names a field that the shape could derive but the stream writes', () => {
    const text = formatJson(draft.value, 2).replace(/ *"aggregate_id":.*\n/, '');
    const { errors } = validateCompensation(editDraftText(draft, text), contextOf(input));
    expect(errors.map(({ field, message }) => [field, message])).toEqual([
      ['aggregate_id', 'aggregate_id is missing'],
    ]);
  });

  it.each<[string, string, unknown, string]>([
    ['event_data.reason', 'event_data.reason', ' ', 'The reason is missing'],
    ['event_data.amount', 'event_data.amount', 'much', 'The amount is not a number'],
    ['event_type', 'event_type', '', 'It no longer has the shape'],
    ['event_id', 'event_id', 'e-2', 'already used in this stream'],
    ['aggregate_id', 'aggregate_id', 'a-2', 'It would belong to SavingsAccount a-2'],
    ['causation_id', 'causation_id', 'e-1', 'The causation id is not the corrected event'],
    ['event_timestamp', 'event_timestamp', '2027-01-01T00:00:00Z', 'It would have occurred in the future'],
    ['event_timestamp', 'value', 'tomorrow', 'cannot be read as occurredAt'],
    ['event_data', 'value', null, ''],
  ])('refuses a wrong %s', (path, field, content, message) => {
    const { errors } = validateCompensation(editDraft(draft, path, content as string), contextOf(input));
    if (message === '') expect(errors.length).toBeGreaterThan(0);
    else expect(errors.map((error) => error.message).join()).toContain(message);
    expect(errors.every((error) => error.nextStep !== '')).toBe(true);
    if (message.startsWith('The ')) expect(errors[0]!.field).toBe(field);
  });

  it('refuses the same compensation twice, another key and JSON that is no event', () => {
    const published = validateCompensation(
      draft,
      contextOf(input, { publishedKeys: new Set([draft.idempotencyKey]) }),
    );
    expect(published.errors).toMatchObject([
      { field: 'idempotencyKey', message: 'This compensation was already published' },
    ]);
    expect(validateCompensation(draft, contextOf(input, { key: bytes('b') })).errors[0]!.field).toBe('key');
    expect(validateCompensation(editDraftText(draft, '[]'), contextOf(input)).errors[0]!.field).toBe('value');
    expect(validateCompensation(draft, contextOf(input, { maxBytes: 100 })).errors[0]!.message).toMatch(
      /more than the topic takes/,
    );
    const odd = validateCompensation(editDraft(draft, 'event_type', 'FixInterest'), contextOf(input));
    expect(odd.warnings.map((warning) => warning.field)).toContain('event_type');
  });

  it('drafts a new event beside the head when nothing is corrected', () => {
    const free = draftCompensation(inputOf(bank, 'flat', { corrected: undefined }));
    expect(free).toMatchObject({
      eventType: '',
      correctedEventId: null,
      value: { event_data: { reason: '' }, causation_id: null },
    });
    expect(free.knownTypes).toContain('InterestPostingReversed');
    const { errors } = validateCompensation(free, contextOf(inputOf(bank, 'flat', { corrected: undefined })));
    expect(errors.length).toBeGreaterThan(0);
  });
});

describe('draftCompensation in the other shapes', () => {
  const check = (input: CompensationInput, reasonPath: string) => {
    const draft = editDraft(draftCompensation(input), reasonPath, 'because');
    expect(validateCompensation(draft, contextOf(input)).errors).toEqual([]);
    return draft;
  };

  it('metadata and data: the next version', () => {
    const value = (version: number) =>
      `{"metadata":{"event_id":"evt_${version}","event_type":"PAYMENT_SETTLED","aggregate_id":"P-1","aggregate_type":"Payment","version":${version},` +
      `"timestamp":"2025-01-14T00:00:00Z","causation_id":"c","correlation_id":"req_1"},"data":{"amount":"10.00","fee":1.50}}`;
    const records = source('metadata-data', 'P-1', [value(1), value(2), value(4)]);
    const input = inputOf(records, 'metadata-data', {
      aggregateType: 'Payment',
      aggregateId: 'P-1',
      reducer: mergeReducer,
    });
    const draft = check(input, 'data.reason');
    expect(draft.value).toMatchObject({
      metadata: {
        event_id: 'evt_018f3a527c117b0e9f550d3c2b1a4e88',
        event_type: 'PAYMENT_SETTLED_REVERSED',
        version: 5,
        causation_id: 'evt_4',
        correlation_id: 'req_1',
      },
      data: {
        amount: '-10.00',
        fee: expect.objectContaining({ value: '1.50' }),
        reversed_event_id: 'evt_4',
        reason: 'because',
      },
    });
    const stale = editDraft(draft, 'metadata.version', 4);
    expect(validateCompensation(stale, contextOf(input)).errors).toMatchObject([
      { field: 'metadata.version', nextStep: 'Set it to 5, or read the stream again' },
    ]);
  });

  it('metadata, payload and cryptography: no signature is carried over', () => {
    const value =
      '{"metadata":{"event_id":"evt_a","event_type":"VALUATION_RECORDED","event_ref":"r-1","cattle_id":42,"occurred_at":"2025-01-14T00:00:00Z",' +
      '"recorded_at":"2025-01-14T00:00:01Z","idempotency_key":"k","correlation_id":"c","causation_id":null,"source_system":"NLIS","schema_version":1,"created_by":"u"},' +
      '"payload":{"valuation":775.58},"cryptography":{"payload_hash":"x"},"provenance":{"confidence_score":9}}';
    const records = source('metadata-payload', 'cattle-42', [value]);
    const input = inputOf(records, 'metadata-payload', {
      aggregateType: 'Cattle',
      aggregateId: '42',
      reducer: reducerFor('Cattle'),
    });
    const draft = check(input, 'payload.reason');
    expect(draft.value).toMatchObject({
      metadata: {
        cattle_id: 42,
        event_type: 'VALUATION_RECORDED_REVERSED',
        idempotency_key: draft.idempotencyKey,
        created_by: 'm.keller',
        recorded_at: '2026-01-06T09:14:02.000Z',
      },
      payload: { valuation: -775.58 },
      cryptography: null,
      provenance: null,
    });
    expect(draft.notCarried).toEqual(['cryptography', 'provenance']);
  });

  it('camel case with the body beside the envelope', () => {
    const value =
      '{"eventId":"e","aggregateId":"o-1","eventType":"OrderPlaced","version":7,"timestamp":1736812800000,"correlationId":"c","causationId":null,' +
      '"sagaId":"s","sequenceNumber":4,"metadata":{"aggregateType":"Order"},"total":10.50,"lines":[{"sku":"x"}]}';
    const input = inputOf(source('camel', 'o-1', [value]), 'camel', {
      aggregateType: 'Order',
      aggregateId: 'o-1',
      reducer: mergeReducer,
    });
    const draft = check(input, 'reason');
    expect(textOf(encodeCompensation(draft).value)).toBe(
      '{"eventId":"018f3a52-7c11-7b0e-9f55-0d3c2b1a4e88","aggregateId":"o-1","eventType":"OrderPlacedReversed","version":8,"timestamp":1767690842000,' +
        '"correlationId":"c","causationId":"e","sagaId":"s","sequenceNumber":5,"metadata":{"aggregateType":"Order"},"total":-10.50,"lines":[{"sku":"x"}],' +
        '"reversedEventId":"e","reason":"because"}',
    );
  });

  it('binary CloudEvents: the envelope is in the headers', () => {
    const headers = Object.entries({
      specversion: '1.0',
      id: 'x',
      source: '/d',
      type: 'a.fee.charged',
      subject: 'd-1',
      time: '2025-01-14T00:00:00Z',
    }).map(([name, text]) => [`ce_${name}`, bytes(text)] as const);
    const records = source('cloudevents-binary', 'd-1', ['{"amount":5}'], headers);
    const input = inputOf(records, 'cloudevents-binary', {
      aggregateType: 'Fee',
      aggregateId: 'd-1',
      reducer: mergeReducer,
    });
    const draft = check(input, 'reason');
    const sent = Object.fromEntries(draft.headers.map(([name, content]) => [name, textOf(content!)]));
    expect(sent).toMatchObject({
      ce_specversion: '1.0',
      ce_id: newIds.eventId,
      ce_type: 'a.fee.charged.reversed',
      ce_subject: 'd-1',
      ce_time: '2026-01-06T09:14:02.000Z',
    });
    expect(textOf(encodeCompensation(draft).value)).toBe(
      '{"amount":-5,"reversed_event_id":"x","reason":"because"}',
    );
  });
});

describe('suggestType', () => {
  it.each([
    ['InterestPosted', 'InterestPostingReversed'],
    ['DepositMade', 'DepositReversed'],
    ['FeeCharged', 'FeeChargeReversed'],
    ['FeeWaived', 'FeeWaiverReversed'],
    ['WithholdingTaxDeducted', 'WithholdingTaxDeductionReversed'],
    ['TransferSent', 'TransferSentReversed'],
    ['SavingsAccountClosed', 'SavingsAccountClosedReversed'],
    ['PAYMENT_SETTLED', 'PAYMENT_SETTLED_REVERSED'],
    ['order-placed', 'order-placed-reversed'],
    ['', ''],
  ])('%s is undone by %s', (type, expected) => {
    expect(suggestType(type, reducerFor('SavingsAccount'))).toBe(expected);
  });
});
