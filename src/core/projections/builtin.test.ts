import { beforeAll, describe, expect, it } from 'vitest';
import { defaultDemo, story } from '../../../test/fixtures/demo/stories.ts';
import { captureFieldsOf, decodeRecord, extractEnvelope } from '../envelope/decode.ts';
import { type Detection, detectMapping } from '../envelope/detect.ts';
import { verifyIntegrity } from '../envelope/integrity.ts';
import { streamEventOf } from '../envelope/stream-event.ts';
import { compileReducer, foldStream, mergeReducer } from '../fold.ts';
import { compareExact, decimalTextOf, exactNumber, formatJson } from '../json.ts';
import type { Json, JsonObject, StreamEvent } from '../model.ts';
import type { Numeric } from '../numbers.ts';
import { cutStream, orderStream } from '../order.ts';
import { BUILT_IN_PROJECTIONS, reducerFor } from './builtin.ts';
import { validateProjection } from './validate.ts';

const demo = defaultDemo();
const detections = new Map<string, Detection>();
const streams = new Map<string, StreamEvent[]>();

/** Reads the whole demo as the engine would: detect, decode, order by aggregate. */
beforeAll(() => {
  for (const [topic, records] of Map.groupBy(demo.records, (each) => each.topic)) {
    detections.set(topic, detectMapping(records.slice(0, 50)));
  }
  const heads = new Map<string, { offset: number; monotonicAt: number }>();
  demo.records.forEach((raw, id) => {
    const lane = `${raw.topic}/${raw.partition}`;
    const head = heads.get(lane) ?? { offset: 0, monotonicAt: 0 };
    const monotonicAt = Math.max(head.monotonicAt, raw.timestamp);
    heads.set(lane, { offset: head.offset + 1, monotonicAt });
    const detection = detections.get(raw.topic)!;
    const decoded = decodeRecord(raw, detection.mapping, detection);
    const verdict = raw.transaction?.outcome === 'abort' ? 'aborted' : 'committed';
    const place = {
      id,
      topic: raw.topic,
      partition: raw.partition,
      offset: head.offset,
      recordedAt: raw.timestamp,
      monotonicAt,
    };
    const stream = `${decoded.envelope!.aggregateType?.value}/${decoded.envelope!.aggregateId?.value}`;
    const list = streams.get(stream) ?? [];
    if (list.length === 0) streams.set(stream, list);
    list.push(streamEventOf({ ...place, verdict }, decoded));
  });
});

function folded(
  type: string,
  id: string,
  cut = { knownOn: null as number | null, trueOn: null as number | null },
) {
  const stream = streams.get(`${type}/${id}`)!;
  const { events, note } = cutStream(orderStream(stream), cut);
  const result = foldStream(compileReducer(reducerFor(type)), events, {
    aggregateType: type,
    aggregateId: id,
  });
  return { state: result.state as JsonObject, problems: result.problems, note };
}

const same = (value: Json | undefined, text: string) =>
  compareExact(value as Numeric, exactNumber(text)) === 0;

describe('the demo, folded by the built-in projections', () => {
  it('recognises every topic, and the fast way agrees with the exact one on every record', () => {
    const names = Object.fromEntries(
      [...detections].map(([topic, detection]) => [topic, detection.mapping?.name]),
    );
    expect(new Set(Object.values(names))).toEqual(
      new Set([
        'flat',
        'metadata-data',
        'metadata-payload',
        'camel',
        'cloudevents-structured',
        'cloudevents-binary',
        'keyed',
      ]),
    );
    for (const raw of demo.records.filter((_, index) => index % 7 === 0)) {
      const { mapping, aggregateType } = detections.get(raw.topic)!;
      const hints = { aggregateType };
      expect(extractEnvelope(raw, mapping, hints)).toEqual(
        captureFieldsOf(decodeRecord(raw, mapping, hints)),
      );
    }
  });

  it('has every savings account as the bank itself kept it', () => {
    expect(demo.summary.accounts.length).toBeGreaterThan(100);
    for (const account of demo.summary.accounts) {
      const { state } = folded('SavingsAccount', account.aggregateId);
      expect(state).toMatchObject({
        account_number: account.accountNumber,
        status: account.status,
        events: account.events,
      });
      expect(same(state.balance, account.balance), account.accountNumber).toBe(true);
      expect(same(state.available, account.balance)).toBe(true);
      expect(same(state.interest_posted_total, account.interestPosted)).toBe(true);
      expect(same(state.tax_withheld_total, account.taxWithheld)).toBe(true);
      expect(same(state.fees_charged_total, account.feesCharged)).toBe(true);
      expect(same(state.fees_waived_total, account.feesWaived)).toBe(true);
      expect(decimalTextOf(state.balance)).toMatch(/^-?\d+\.\d\d$|^-?\d+\.\d*[1-9]$/);
    }
  });

  it('has the golden record of every animal', () => {
    for (const animal of demo.summary.cattle) {
      const { state, problems } = folded('Cattle', String(animal.cattleId));
      expect(problems).toEqual([]);
      expect(state).toMatchObject({
        id: animal.cattleId,
        nlis_id: animal.nlisId,
        client_id: animal.clientId,
        status: animal.status,
        confidence_score: animal.confidenceScore,
        risk_level: animal.riskLevel,
        created_at: animal.createdAt,
        updated_at: animal.updatedAt,
        events: animal.events,
      });
      if (animal.currentValuation !== null)
        expect(same(state.current_valuation, animal.currentValuation)).toBe(true);
    }
  });

  it('tells what was true from what was known of a backdated deposit', () => {
    const { aggregateId, facts } = story('backdated-deposit');
    const at = Date.parse(facts.at!);
    expect(
      formatJson(folded('SavingsAccount', aggregateId, { knownOn: at, trueOn: null }).state.balance!),
    ).toBe(facts.balanceKnown);
    const truth = folded('SavingsAccount', aggregateId, { knownOn: null, trueOn: at });
    expect(formatJson(truth.state.balance!)).toBe(facts.balanceTrue);
    expect(truth.note).toMatchObject({
      order: 'occurred',
      moved: [{ occurredAt: Date.parse(facts.occurred!) }],
    });
  });

  it('lists the record that is not JSON as a problem of its account', () => {
    const { aggregateId } = story('not-json');
    expect(folded('SavingsAccount', aggregateId).problems).toMatchObject([
      { message: 'Undecodable record: the state stays as it was' },
    ]);
  });

  it('empties plain JSON by key at its tombstone', () => {
    const { aggregateType, aggregateId, facts } = story('tombstone');
    const erased = Date.parse(facts.erasedRecorded!);
    expect(folded(aggregateType, aggregateId, { knownOn: erased - 1, trueOn: null }).state).toHaveProperty(
      'language',
    );
    expect(folded(aggregateType, aggregateId, { knownOn: erased, trueOn: null }).state).toEqual({});
    expect(folded(aggregateType, aggregateId).state).toHaveProperty('language');
  });

  it('finds the one payload that was changed after it was hashed', () => {
    const failed: string[] = [];
    for (const raw of demo.records) {
      if (detections.get(raw.topic)!.mapping?.name !== 'metadata-payload') continue;
      const text = new TextDecoder().decode(raw.value!);
      if (verifyIntegrity(text).payloadHash.verdict === 'FAIL')
        failed.push(extractEnvelope(raw, null).eventId!);
    }
    expect(failed).toEqual(story('hash-mismatch').eventIds);
  });
});

describe('definitions', () => {
  it('accepts the built-in ones as if they came from a file', () => {
    for (const projection of BUILT_IN_PROJECTIONS)
      expect(validateProjection(projection as unknown as Json)).toEqual({ ok: true, projection });
  });

  it('names every mistake with its place', () => {
    const check = validateProjection({
      name: 'Bad Name',
      source: {},
      key: 'client_id',
      columns: [
        { name: 'a', type: 'money' },
        { name: 'A', type: 'text' },
        { name: '1x', type: 'text', path: 'a..b' },
        7,
      ],
      reducer: { name: 'r', version: 0, on: { X: [{ op: 'set', path: 'a', from: 'amount' }] } },
      extra: 1,
    });
    expect(check.ok ? [] : check.errors.map((error) => error.path)).toEqual([
      'extra',
      'name',
      'source',
      'key',
      'columns[0].type',
      'columns[1].name',
      'columns[2].name',
      'columns[2].path',
      'columns[3]',
      'reducer.version',
      'reducer.on.X[0].from',
    ]);
    expect(validateProjection([])).toMatchObject({ ok: false });
    expect(validateProjection({})).toMatchObject({ ok: false });
  });

  it('names the place of an invariant that cannot be used', () => {
    const [projection] = BUILT_IN_PROJECTIONS;
    const invariants: Json[] = [
      { name: 'a', expression: 'balance >= 0' },
      { name: 'a', expression: 'balance >=' },
      { expression: 'status = "x"' },
      7,
    ];
    const check = validateProjection({ ...(projection as unknown as JsonObject), invariants });
    expect(check.ok ? [] : check.errors.map((error) => error.path)).toEqual([
      'invariants[1].name',
      'invariants[1].expression',
      'invariants[2].name',
      'invariants[3]',
    ]);
  });

  it('gives an aggregate its reducer, any other the merge', () => {
    expect(reducerFor('SavingsAccount').name).toBe('savings_account');
    expect(reducerFor('Cattle').name).toBe('golden_record');
    expect(reducerFor('Whatever')).toBe(mergeReducer);
    expect(reducerFor('SavingsAccount', [])).toBe(mergeReducer);
  });
});
