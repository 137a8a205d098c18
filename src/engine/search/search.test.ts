import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventFilter } from '../../contract/events.ts';
import { appendRecords, type ImportRecord } from '../capture/import.ts';
import { openWorkspace, type Workspace } from '../store/workspace.ts';

const dir = mkdtempSync(join(tmpdir(), 'hindcast-filter-'));
const folder = join(dir, 'derived');
const COUNT = 30_000;
const TYPES = ['DepositMade', 'FeeCharged', 'InterestPosted'];
let workspace: Workspace;

function record(n: number, more: Partial<ImportRecord> = {}, data: object = {}): ImportRecord {
  const value = {
    event_id: `e-${n}`,
    event_type: TYPES[n % 3],
    aggregate_type: 'Account',
    aggregate_id: `SA-${n % 100}`,
    correlation_id: `c-${n % 500}`,
    causation_id: n % 2 === 0 ? `cause ${n}` : null,
    event_timestamp: new Date(1_700_000_000_000 + n * 1000).toISOString(),
    event_data: {
      amount: n,
      note: n % 1000 === 7 ? `Zoë’s fee no ${n}` : 'plain',
      tags: ['a', `t${n % 7}`],
      ...data,
    },
  };
  return {
    topic: n % 2 === 0 ? 'bank.accounts' : 'bank.fees',
    partition: n % 3,
    key: Buffer.from(`SA-${n % 100}`),
    value: Buffer.from(JSON.stringify(value)),
    headers: [['tenant', Buffer.from(`t-${n % 4}`)]],
    timestamp: 1_700_000_000_000 + n * 1000,
    ...more,
  };
}

/** Numbers that JavaScript cannot hold, an escaped spelling, bytes that are no JSON, a tombstone, a key of bytes. */
const ODD: ImportRecord[] = [
  record(COUNT, {
    value: Buffer.from(
      '{"event_id":"big","event_type":"Odd","aggregate_type":"Account","aggregate_id":"X","event_data":{"amount":9007199254740993}}',
    ),
  }),
  record(COUNT + 1, {
    value: Buffer.from(
      '{"event_id":"esc","event_type":"Odd","aggregate_type":"Account","aggregate_id":"X","event_data":{"note":"\\u005aoë’s other fee"}}',
    ),
  }),
  record(COUNT + 2, { value: Buffer.from([0xff, 0x00, ...Buffer.from('needle in bytes'), 0xfe]) }),
  record(COUNT + 3, { value: null }),
  record(COUNT + 4, { key: Buffer.from([0xff, 0xfe]) }),
  record(COUNT + 5, { verdict: 'aborted' }),
];

beforeAll(async () => {
  workspace = await openWorkspace(join(dir, 'w.hindcast'), { mode: 'create', log: () => {} });
  await appendRecords(workspace, [...Array.from({ length: COUNT }, (_, n) => record(n)), ...ODD]);
});
afterAll(async () => {
  await workspace.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Searches to the end; event ids, or places for records without. */
async function find(filter: EventFilter, textIndex: string | null = null) {
  const args = { filter, textIndex };
  let state = await workspace.read('events.scan', args);
  let before = -1;
  while (!state.done) {
    expect(state.looked).toBeGreaterThan(before);
    before = state.looked;
    state = await workspace.read('events.scan', args);
  }
  const page = await workspace.read('events.query', { ...args, from: 0, count: 500 });
  expect(page.total).toBe(state.matched);
  const times = page.rows.map(({ recordedAt }) => recordedAt);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  return { total: page.total, at: times.map((time) => (time - 1_700_000_000_000) / 1000), state };
}
const where = async (text: string) => find({ where: text });

describe('a filter finds', () => {
  const numbers = (fits: (n: number) => boolean) =>
    Array.from({ length: COUNT + 6 }, (_, n) => n).filter(fits);
  const isPlain = (n: number) => n < COUNT || n === COUNT + 4 || n === COUNT + 5;

  test.each<[string, (n: number) => boolean]>([
    ['data.amount > 29990 and type = "FeeCharged"', (n) => isPlain(n) && n > 29_990 && n % 3 === 1],
    ['data.amount = 9007199254740993', (n) => n === COUNT],
    ['data.amount >= 9007199254740992', (n) => n === COUNT],
    ['data.note starts with "Zoë’s"', (n) => n === COUNT + 1 || (isPlain(n) && n % 1000 === 7)],
    [
      'data.note ~ "ZOË" and header.tenant = "t-3"',
      (n) => (n === COUNT + 1 || (isPlain(n) && n % 1000 === 7)) && n % 4 === 3,
    ],
    ['text contains "needle in bytes"', (n) => n === COUNT + 2],
    ['match "needle in bytes"', (n) => n === COUNT + 2],
    ['kind = "tombstone"', (n) => n === COUNT + 3],
    ['size is null', (n) => n === COUNT + 3],
    ['not key ~ "SA"', (n) => n === COUNT + 4],
    ['key exists and not key starts with "S"', (n) => n === COUNT + 4],
    ['verdict = "aborted"', (n) => n === COUNT + 5],
    ['eventId in ("e-5", "e-29999", "nowhere")', (n) => n === 5 || n === 29_999],
    ['eventId = "e-5" or data.amount = 6', (n) => n === 5 || n === 6],
    ['key = "SA-77" and data.amount < 300', (n) => n < 300 && n % 100 === 77],
    [
      'correlationId = "c-11" and topic = "bank.fees" and offset < 400',
      (n) => isPlain(n) && n % 500 === 11 && n / 6 < 400,
    ],
    ['causationId = "cause 8"', (n) => n === 8],
    [
      'aggregate = "SA-8" and aggregateType = "Account" and partition = 2 and data.amount < 500',
      (n) => n < 500 && n % 100 === 8 && n % 3 === 2,
    ],
    ['data.tags[*] = "t5" and recorded < 2023-11-14T22:15:00Z', (n) => n % 7 === 5 && n < 100],
    [
      'occurred >= 2023-11-15T06:33:10Z and data.amount exists and data.note != "plain" and offset > 0',
      (n) => n >= 29_990 && isPlain(n) && n % 1000 === 7,
    ],
    ['value.event_data.amount = 12.0', (n) => n === 12],
    ['data.amount = "12"', () => false],
  ])('%s', async (text, fits) => {
    expect((await where(text)).at).toEqual(numbers(fits).slice(0, 500));
  });

  test('what quick filters and the expression have in common', async () => {
    const filter = {
      types: ['FeeCharged'],
      topics: ['bank.fees'],
      from: 1_700_000_000_000 + 100_000,
      where: 'data.amount < 200',
    };
    const { at } = await find(filter);
    expect(at).toEqual(numbers((n) => n >= 100 && n < 200 && n % 3 === 1 && n % 2 === 1));
    let facets = await workspace.read('events.facets', { filter });
    while (facets.partial) facets = await workspace.read('events.facets', { filter });
    const { types } = facets;
    expect(types).toEqual([
      { type: 'FeeCharged', count: 17 },
      { type: 'InterestPosted', count: 17 },
      { type: 'DepositMade', count: 16 },
    ]);
    const { matching } = await workspace.read('events.histogram', {
      filter,
      buckets: 5,
      from: null,
      to: null,
    });
    expect(matching.reduce((sum: number, count: number) => sum + count, 0)).toBe(17);
  });

  test('columns and lookups need no reading', async () => {
    const page = (text: string) =>
      workspace.read('events.query', { filter: { where: text }, from: 0, count: 10 });
    expect((await page('type = "FeeCharged" and not topic = "bank.fees"')).scan).toBeNull();
    expect((await page('eventId = "e-5" and type != "x"')).scan).toBeNull();
    expect((await page('eventId = "e-5" and data.amount = 5')).scan).toMatchObject({ of: 1, done: true });
  });

  test('a page shows first hits before everything is read, and says how far it is', async () => {
    const filter = { where: 'not data.tags[*] = "nothing"' };
    const page = await workspace.read('events.query', { filter, from: 0, count: 50 });
    expect(page.rows).toHaveLength(50);
    expect(page.scan).toMatchObject({ of: COUNT + 6, matched: page.total });
  });

  test('the place of what cannot be read is told', async () => {
    await expect(where('type = ')).rejects.toMatchObject({
      code: 'filter.invalid',
      details: { position: 6, problem: 'here, at the end, a value is missing' },
    });
  });

  test('the caller can give up, and the next one goes on', async () => {
    const abort = new AbortController();
    const args = { filter: { where: 'data.note contains "nobody"' }, textIndex: null };
    const answer = workspace.read('events.scan', args, { signal: abort.signal });
    abort.abort();
    await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
    expect((await find(args.filter)).total).toBe(0);
  });
});

describe('the full-text index', () => {
  const topics = ['bank.accounts', 'bank.fees'];
  const TEXTS = [
    'match "Zoë s fee"',
    'match "needle bytes"',
    'text contains "fee no 7007"',
    'text contains "e no 7"',
    'data.note = "Zoë’s fee no 7007"',
    'data.note starts with "Zoë’s"',
    'data.note contains "other fee"',
    'data.note in ("Zoë’s fee no 7007", "Zoë’s other fee")',
    'match "7007" or match "8007"',
    'not match "plain"',
  ];

  async function build(topic: string) {
    let taken = 0;
    for (;;) {
      const { done, left } = await workspace.read('search.indexStep', { folder, topic });
      taken += done;
      if (left === 0) return taken;
    }
  }

  test('finds what a search without it finds, and reads less', async () => {
    const without: Awaited<ReturnType<typeof find>>[] = [];
    for (const text of TEXTS) without.push(await find({ where: text }));
    expect(await build(topics[0]!)).toBe((COUNT + 6) / 2);
    // The other topic has none: its records are all looked at.
    expect(await build(topics[1]!)).toBe((COUNT + 6) / 2);
    for (const [nth, text] of TEXTS.entries()) {
      // Another key: the search begins anew.
      const { at, state } = await find({ where: ` ${text}` }, folder);
      expect(at, text).toEqual(without[nth]!.at);
      // What stands in every value, or only inside of words, is looked for in all.
      const isNarrow = !/^not|"e no|contains "other fee/.test(text);
      if (isNarrow) expect(state.of, text).toBeLessThan(1000);
      expect(state.of + state.spared).toBe(COUNT + 6);
    }
    const states = await workspace.read('search.indexStates', { folder });
    expect(states.map(({ topic, indexed, behind }) => [topic, indexed, behind])).toEqual([
      ['bank.accounts', 15_003, 0],
      ['bank.fees', 15_003, 0],
    ]);
    for (const { bytes } of states) expect(bytes).toBeGreaterThan(10_000);
  });

  test('new records are found before and after they are taken in; a removed index is gone', async () => {
    const late = COUNT + 10;
    await appendRecords(workspace, [record(late, {}, { note: 'a very late one' })]);
    const filter = { where: 'match "very late"' };
    expect((await find(filter, folder)).at).toEqual([late]);
    const [state] = await workspace.read('search.indexStates', { folder });
    expect(state).toMatchObject({ indexed: 15_003, behind: 1 });
    expect(await build('bank.accounts')).toBe(1);
    expect((await find({ where: 'match "very late one"' }, folder)).at).toEqual([late]);
    await workspace.read('search.indexRemove', { folder, topic: 'bank.fees' });
    expect((await workspace.read('search.indexStates', { folder })).map(({ topic }) => topic)).toEqual([
      'bank.accounts',
    ]);
    expect((await find({ where: 'match "Zoë s  fee"' }, folder)).total).toBe(COUNT / 1000);
    await workspace.read('search.indexRemove', { folder, topic: 'bank.accounts' });
    expect(await workspace.read('search.indexStates', { folder })).toEqual([]);
  });
});

test('a search goes on when records come in, without looking at the old ones again', async () => {
  const filter = { where: 'data.note contains "fresh"' };
  const { state: before } = await find(filter);
  await appendRecords(workspace, [record(COUNT + 20, {}, { note: 'fresh' }), record(COUNT + 21)]);
  const page = await workspace.read('events.query', { filter, from: 0, count: 10 });
  expect(page.scan).toEqual({ looked: before.of + 2, of: before.of + 2, matched: 1, done: true, spared: 0 });
});
