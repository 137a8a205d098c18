import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultDemo, story } from '../../../test/fixtures/demo/stories.ts';
import type { DemoRecord, StoryName } from '../../../test/fixtures/demo/types.ts';
import type { CheckScope } from '../../contract/check.ts';
import { sha256Hex } from '../../core/json.ts';
import type { ImportRecord } from '../capture/import.ts';
import { createJobRegistry } from '../jobs/jobRegistry.ts';
import { type Kit, openKit } from '../projection/testing/kit.ts';
import { createChangedHub } from '../services/changedHub.ts';
import { createCheckService } from '../services/check.ts';
import type { ServiceDeps } from '../services/deps.ts';

const kits: Kit[] = [];
afterAll(async () => {
  for (const kit of kits) await kit.close();
});

async function kitWith(records: readonly ImportRecord[]): Promise<Kit> {
  const kit = await openKit('consistency');
  kits.push(kit);
  await kit.append(records);
  return kit;
}

function serviceOf({ workspace, dataDir }: Kit) {
  const jobs = createJobRegistry({ log: () => {} });
  const service = createCheckService({
    host: { dataDir, log: () => {} },
    workspaces: { current: () => workspace },
    jobs,
    changed: createChangedHub(),
    log: () => {},
  } as unknown as ServiceDeps);
  return { service, jobs };
}

/** Runs a check as the page does: the job, then its result and findings. */
async function checked(kit: Kit, scope: CheckScope = { kind: 'workspace' }) {
  const { service, jobs } = serviceOf(kit);
  const { context } = kit;
  const { jobId } = await service.run({ scope }, context);
  const job = await jobs.ended(jobId);
  expect(job).toMatchObject({ status: 'done', error: null });
  const result = (await service.result({}, context))!;
  const page = await service.findings({ rule: null, severity: null, from: 0, count: 500 }, context);
  return { result, findings: page.findings, service };
}

const rulesOf = ({ findings }: Awaited<ReturnType<typeof checked>>): string[] => [
  ...new Set(findings.map(({ rule }) => rule)),
];

const importOf = ({ transaction, ...record }: DemoRecord): ImportRecord => ({
  ...record,
  verdict: transaction?.outcome === 'abort' ? 'aborted' : 'committed',
});

const decoder = new TextDecoder();
const textOf = (bytes: Uint8Array | null): string => (bytes === null ? '' : decoder.decode(bytes));
const EVENT_ID = /"event_?[iI]d":"([^"]+)"/;
const CAUSE = /"causation_?[iI]d":"([^"]+)"/;

/** The demo without the streams that tell of a fault, without what they caused, and without what was aborted. */
function cleanDemo(): DemoRecord[] {
  const faults: StoryName[] = [
    'interest-posted-twice',
    'below-zero-healed',
    'backdated-deposit',
    'version-gap',
    'not-json',
    'tombstone',
    'hash-mismatch',
    'chain-break',
  ];
  const keys = new Set(faults.map((name) => story(name).facts.key ?? story(name).aggregateId));
  let records = defaultDemo().records.filter(({ transaction }) => transaction?.outcome !== 'abort');
  for (let before = -1; before !== keys.size; ) {
    before = keys.size;
    const gone = new Set<string>();
    for (const { key, value } of records)
      if (keys.has(textOf(key))) gone.add(EVENT_ID.exec(textOf(value))?.[1] ?? '');
    records = records.filter(({ key }) => !keys.has(textOf(key)));
    for (const { key, value } of records)
      if (gone.has(CAUSE.exec(textOf(value))?.[1] ?? ' ')) keys.add(textOf(key));
  }
  return records;
}

describe('the demo', () => {
  let kit: Kit;
  beforeAll(async () => {
    kit = await kitWith(defaultDemo().records.map(importOf));
  });

  it('gives every story that is a fault, each at its place', async () => {
    const { findings, result } = await checked(kit);
    const at = (rule: string, name: StoryName) =>
      findings.filter(
        (each) => each.rule === rule && each.events[0]!.aggregate?.id === story(name).aggregateId,
      );
    expect(at('content-repeated', 'interest-posted-twice')).toHaveLength(1);
    expect(at('invariant-broken', 'below-zero-healed')[0]!.text).toMatch(
      /in 2 events, -37\.40 at the lowest.*healed it/,
    );
    expect(at('backdated', 'backdated-deposit')).toHaveLength(1);
    expect(at('version-gap', 'version-gap')).toHaveLength(1);
    expect(at('undecodable', 'not-json')).toHaveLength(1);
    expect(at('tombstone', 'tombstone')).toHaveLength(1);
    expect(at('hash-mismatch', 'hash-mismatch')).toHaveLength(1);
    expect(at('chain-break', 'chain-break')).toHaveLength(1);
    const aborted = story('aborted-interest-batch').facts.abortedRecords;
    expect(result.rules.map(({ rule, count }) => [rule, count])).toEqual([
      ['version-gap', 1],
      ['content-repeated', 1],
      ['hash-mismatch', 1],
      ['chain-break', 1],
      ['undecodable', 1],
      ['invariant-broken', 1],
      ['backdated', 1],
      ['tombstone', 1],
      ['aborted', Number(aborted)],
    ]);
    expect([result.errors, result.warnings, result.hints]).toEqual([6, 2, Number(aborted)]);
    // An event without a hash and a snapshot that agrees are no faults: they are counted as what they are.
    const claims = Object.fromEntries(result.claims.map(({ claim, ...counts }) => [claim, counts]));
    expect(claims.hash!.absent).toBeGreaterThan(100);
    expect(claims.snapshot).toMatchObject({ fail: 0, unverifiable: 0 });
    expect(claims.snapshot!.pass).toBeGreaterThan(0);
    expect(claims.signature!.fail).toBe(0);
    const [twice] = at('content-repeated', 'interest-posted-twice');
    expect(twice!.address).toBe(
      `#/aggregates/SavingsAccount/${story('interest-posted-twice').aggregateId}?event=${twice!.events[0]!.id}`,
    );
  });

  it('gives the same for one aggregate or topic', async () => {
    const { aggregateType: type, aggregateId: id } = story('interest-posted-twice');
    const one = await checked(kit, { kind: 'aggregate', ref: { type, id } });
    expect(rulesOf(one)).toEqual(['content-repeated', 'invariant-broken', 'aborted']);
    // One of the 413 is of the transaction that was aborted.
    expect(one.result).toMatchObject({ records: 413, aggregates: 1 });
    const topic = await checked(kit, { kind: 'topic', topic: story('hash-mismatch').topic });
    expect(rulesOf(topic)).toEqual(['hash-mismatch', 'chain-break']);
  });

  it('is told in the audit report of one aggregate, in three formats', async () => {
    const { aggregateType: type, aggregateId: id, facts } = story('interest-posted-twice');
    const at = [Date.parse(facts.firstRecorded!)];
    const make = (format: 'html' | 'md' | 'json') =>
      serviceOf(kit).service.report({ ref: { type, id }, at, format, reducer: null }, kit.context);
    const report = JSON.parse((await make('json')).text);
    expect(report.verdicts).toEqual({ committed: 412, aborted: 1, open: 0 });
    expect(report.types.reduce((sum: number, each: { count: number }) => sum + each.count, 0)).toBe(412);
    expect(report.actors.reduce((sum: number, each: { count: number }) => sum + each.count, 0)).toBe(412);
    expect(report.first.type).toBe('SavingsAccountOpened');
    expect(report.findings.map(({ title }: { title: string }) => title)).toEqual([
      'Same content under a new event id',
      'Invariant broken',
      'Aborted transaction',
    ]);
    expect(report.states.map((each: { at: number | null }) => each.at)).toEqual([...at, null]);
    expect(String(report.states[0].state.balance)).toBe(String(Number(facts.balanceRight)));
    expect(report.states[0].hash).toMatch(/^[0-9a-f]{64}$/);
    const { text: html, name } = await make('html');
    expect(name).toBe(`audit-SavingsAccount-${id}.html`);
    expect(html).toContain('Same content under a new event id');
    expect(html).not.toMatch(/<script|http:|https:/);
    expect((await make('md')).text).toContain(`"balance": ${facts.balanceRight}`);
  });

  it('gives nothing where no story is', async () => {
    const { result, findings } = await checked(await kitWith(cleanDemo().map(importOf)));
    expect(findings).toEqual([]);
    expect(result.summary).toMatch(/^Nothing contradicts itself in \d/);
    expect(result.learned).toContain('SavingsAccount begins with SavingsAccountOpened.');
  });

  it('stops when it is told to', async () => {
    const { service, jobs } = serviceOf(kit);
    const { jobId } = await service.run({ scope: { kind: 'workspace' } }, kit.context);
    jobs.cancel(jobId);
    expect((await jobs.ended(jobId)).status).toBe('cancelled');
    expect(await service.findings({ rule: null, severity: null, from: 0, count: 1 }, kit.context)).toEqual({
      total: 0,
      findings: [],
    });
  });

  it('names what it does not know', async () => {
    await expect(checked(kit, { kind: 'topic', topic: 'nobody' })).rejects.toMatchObject({
      code: 'topic.not-held',
    });
    await expect(checked(kit, { kind: 'aggregate', ref: { type: 'A', id: 'b' } })).rejects.toMatchObject({
      code: 'aggregate.unknown',
    });
  });
});

const encoder = new TextEncoder();
const START = Date.parse('2026-03-01T00:00:00Z');
const HOUR = 3_600_000;

interface Seed {
  id: string;
  type?: string;
  at: number;
  topic?: string;
  partition?: number;
  key?: string | null;
  data?: string;
  event?: string;
  occurred?: number;
  cause?: string | null;
  correlation?: string;
  schema?: number;
}

let numbered = 0;
function seed(made: Seed): ImportRecord {
  numbered += 1;
  const { id, type = 'ItemAdded', at, topic = 'shop.carts', partition = 0, key = id } = made;
  const { event = `e-${numbered}`, occurred = at, cause = null, correlation = `c-${id}`, schema = 1 } = made;
  const value = `{"event_id":"${event}","event_type":"${type}","event_version":${schema},"aggregate_type":"Cart","aggregate_id":"${id}","event_data":${made.data ?? `{"n":${numbered}}`},"correlation_id":"${correlation}","causation_id":${cause === null ? 'null' : `"${cause}"`},"event_timestamp":"${new Date(START + occurred).toISOString()}"}`;
  return {
    ...{ topic, partition, headers: [], verdict: 'committed' as const },
    key: key === null ? null : encoder.encode(key),
    value: encoder.encode(value),
    timestamp: START + at,
  };
}

/** Carts that live as most do: opened, filled, closed. */
function carts(count = 60): ImportRecord[] {
  const records: ImportRecord[] = [];
  for (let nth = 0; nth < count; nth++) {
    const id = `cart-${nth}`;
    const at = nth * HOUR;
    records.push(seed({ id, type: 'CartOpened', at, event: `open-${nth}` }));
    for (let item = 1; item <= 9; item++) {
      const cause = item === 1 ? `open-${nth}` : `item-${nth}-${item - 1}`;
      records.push(seed({ id, at: at + item * 120_000, event: `item-${nth}-${item}`, cause }));
    }
    records.push(seed({ id, type: 'CartClosed', at: at + 30 * 60_000, cause: `item-${nth}-9` }));
  }
  return records;
}

const LATER = 100 * HOUR;
const SEEDED: [rule: string, records: () => ImportRecord[]][] = [
  ['id-conflict', () => [seed({ id: 'cart-5', type: 'CartAudited', at: LATER, event: 'item-9-2' })]],
  ['recorded-before', () => [seed({ id: 'cart-x', type: 'CartOpened', at: LATER, occurred: LATER + HOUR })]],
  ['time-backwards', () => [seed({ id: 'cart-x', type: 'CartOpened', at: -HOUR })]],
  ['late', () => [seed({ id: 'cart-x', type: 'CartOpened', at: LATER, occurred: LATER - 48 * HOUR })]],
  ['creation-missing', () => [seed({ id: 'cart-x', at: LATER })]],
  ['after-closure', () => [seed({ id: 'cart-3', at: LATER })]],
  ['type-unknown', () => [seed({ id: 'cart-3', type: 'ItemAddded', at: 3 * HOUR + 25 * 60_000 })]],
  ['schema-unknown', () => [seed({ id: 'cart-3', at: 3 * HOUR + 25 * 60_000, schema: 7 })]],
  ['key-differs', () => [seed({ id: 'cart-3', at: 3 * HOUR + 25 * 60_000, key: 'cart-4' })]],
  ['several-partitions', () => [seed({ id: 'cart-3', at: 3 * HOUR + 25 * 60_000, partition: 1 })]],
  ['cause-missing', () => [seed({ id: 'cart-3', at: 3 * HOUR + 25 * 60_000, cause: 'nobody' })]],
  [
    'cause-later',
    () => [seed({ id: 'cart-3', at: 3 * HOUR + 25 * 60_000, cause: 'item-40-1', correlation: 'c-cart-40' })],
  ],
  [
    'correlation-broken',
    () => [seed({ id: 'cart-3', at: 3 * HOUR + 25 * 60_000, cause: 'item-3-4', correlation: 'other' })],
  ],
  ['name-not-past', () => [seed({ id: 'cart-3', type: 'UpdateCart', at: 3 * HOUR + 25 * 60_000 })]],
];

describe('a seeded fault', () => {
  const byTime = (records: ImportRecord[], extra: ImportRecord[], rule: string) => {
    // A clock that was set back is the fault itself: the record stays last.
    if (rule === 'time-backwards') return [...records, ...extra];
    return [...records, ...extra].sort((a, b) => a.timestamp - b.timestamp);
  };

  it('is not there without one', async () => {
    expect((await checked(await kitWith(byTime(carts(), [], '')))).findings).toEqual([]);
  });

  it.each(SEEDED)('%s is found, and nothing else', async (rule, records) => {
    const kit = await kitWith(byTime(carts(), records(), rule));
    expect(rulesOf(await checked(kit))).toEqual([rule]);
  });

  it('of a signature is found, when others of the system hold', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const open = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
    const signed = (nth: number, signature?: string): ImportRecord => {
      const payload = `{"weight":${nth}}`;
      const hash = sha256Hex(payload);
      const proof = signature ?? sign(null, Buffer.from(hash), privateKey).toString('base64');
      const when = new Date(START + nth * HOUR).toISOString();
      const value = `{"metadata":{"event_id":"w-${nth}","event_type":"WEIGHT_RECORDED","cattle_id":${nth},"occurred_at":"${when}","recorded_at":"${when}"},"payload":${payload},"cryptography":{"payload_hash":"${hash}","previous_hash":null,"signature":"${proof}","public_key":"${open}"}}`;
      return {
        ...{ topic: 'farm.health', partition: 0, headers: [], verdict: 'committed' as const },
        key: encoder.encode(`cattle-${nth}`),
        value: encoder.encode(value),
        timestamp: START + nth * HOUR,
      };
    };
    const forged = sign(null, Buffer.from('another'), privateKey).toString('base64');
    const both = await checked(await kitWith([signed(1), signed(2), signed(3, forged)]));
    expect(rulesOf(both)).toEqual(['signature-bad']);
    // What a system signs is not known where no signature holds: then nothing is said against any.
    expect((await checked(await kitWith([signed(1, forged), signed(2, forged)]))).findings).toEqual([]);
  });
});
