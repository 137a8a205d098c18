// A first replay of many events is done by threads, each in one pass along the log; the result is that of folding each
// row alone, counts, failures and history with it.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runBulk } from './bulkThreads.ts';
import { openDerivedForReading } from './derived.ts';
import { recordOf } from './testing/events.ts';
import { type Kit, NO_CUT, openKit } from './testing/kit.ts';

const START = Date.parse('2025-06-01T00:00:00Z');
const EVENTS = 24_000;
let kit: Kit;
beforeEach(async () => {
  kit = await openKit('bulk');
});
afterEach(() => kit.close());

const definition = (name: string, source: object, more: object = {}) => ({
  ...{ name, title: name, source, key: 'aggregateId', ...more },
  columns: [
    { name: 'total', type: 'decimal' },
    { name: 'items', type: 'integer' },
    { name: 'note', type: 'text' },
    { name: 'seen', type: 'time' },
  ],
  reducer: {
    name: 'orders',
    version: 1,
    initial: { items: 0 },
    on: {
      Placed: [
        { op: 'merge', from: 'data' },
        { op: 'set', path: 'seen', from: '$recordedAt' },
      ],
      Added: [
        { op: 'add', path: 'total', from: 'data.price' },
        { op: 'add', path: 'items', value: 1 },
      ],
    },
  },
});
const save = (each: object) => kit.projections.save({ definition: JSON.stringify(each) }, kit.context);

/** Orders and parcels that share ids, over two topics and three partitions, some of them recorded out of turn. */
const log = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => {
    const n = from + index;
    const jump = n % 97 === 0 ? 500_000 : 0;
    const price = n % 101 === 0 ? '"much"' : `${n % 40}.${10 + (n % 90)}`;
    return recordOf({
      topic: n % 5 === 0 ? 'shop.items' : 'shop.orders',
      partition: (n * 7) % 3,
      aggregate: `order-${(n * 31) % 400}`,
      aggregateType: n % 3 === 0 ? 'Parcel' : 'Order',
      type: n % 4 === 0 ? 'Placed' : n % 11 === 0 ? 'Unheard' : 'Added',
      data: n % 4 === 0 ? `{"note":"n${n}","total":${n % 30}.50}` : `{"price":${price}}`,
      at: START + n * 1000 + jump,
      verdict: n % 53 === 0 ? 'aborted' : 'committed',
    });
  });

async function all(name: string) {
  const { rows } = await kit.sql.query(
    { sql: `SELECT * FROM ${name} ORDER BY key`, cut: NO_CUT, limit: 5000 },
    kit.context,
  );
  const failures = await kit.projections.failures({ name, from: 0, count: 500 }, kit.context);
  const { projections } = await kit.projections.list({}, kit.context);
  const { processed, ignored, failed, behind } = projections.find((each) => each.name === name)!;
  return { rows, failures, counts: { processed, ignored, failed, behind } };
}

async function expectSameAsOf(one: string, other: string): Promise<void> {
  for (const second of [500, 5000, 12_345, 24_010]) {
    const cut = { knownOn: START + second * 1000, trueOn: null };
    const [a, b] = await Promise.all(
      [one, other].map((table) =>
        kit.sql.query({ sql: `SELECT * FROM ${table} ORDER BY key`, cut, limit: 5000 }, kit.context),
      ),
    );
    expect(a!.rows).toEqual(b!.rows);
  }
}

const historyShards = async (name: string): Promise<number> => {
  const folder = `${kit.dataDir}/derived`;
  const db = openDerivedForReading(await kit.workspace.read('projections.file', { folder }))!;
  const shards = db
    .prepare(
      "SELECT count(DISTINCT shard) FROM _history JOIN _build ON _build.id = build WHERE name = ? AND state = 'ready'",
    )
    .pluck()
    .get(name) as number;
  db.close();
  return shards;
};

describe('a first replay of many events', () => {
  it('gives what row by row gives, for one type and for types that share rows', async () => {
    // The same events, taken in little by little: then rows are folded one by one.
    const cases = [
      ['one', { aggregateTypes: ['Order'] }],
      ['both', { aggregateTypes: ['Order', 'Parcel'] }],
      ['part', { aggregateTypes: ['Order'], topics: ['shop.orders'] }],
    ] as const;
    for (const [name, source] of cases)
      for (const each of [name, `${name}_slowly`]) await save(definition(each, source));
    await kit.append(log(0, 3000));
    for (const [name] of cases) await kit.replay(`${name}_slowly`);
    await kit.append(log(3000, EVENTS));
    for (const [name] of cases) {
      await kit.replay(`${name}_slowly`);
      await kit.replay(name);
      expect(await all(name), name).toEqual(await all(`${name}_slowly`));
    }
    const { rows } = await all('both');
    expect(rows.length).toBe(400);
    // And it goes on from there.
    await kit.append(log(EVENTS, EVENTS + 50));
    for (const name of ['one', 'one_slowly']) await kit.replay(name);
    expect(await all('one')).toEqual(await all('one_slowly'));
    await expectSameAsOf('one', 'one_slowly');
  });

  it('gives what row by row gives by a program, whether all of an event has to come to it or not', async () => {
    const reduce = (more: string) => `
export const initial = { items: 0 };
export function reduce(state, event) {
  const { type, data } = event;
  if (type === 'Placed') return { ...state, note: data.note, total: data.total, seen: event.recordedAt ${more} };
  if (type !== 'Added') return state;
  if (data.price === 'much') throw new Error('no price');
  return { ...state, items: state.items + 1, total: (state.total ?? Decimal('0')).plus(data.price) };
}`;
    const programs = { keys: reduce(''), whole: reduce(', all: Object.keys(data).length') };
    for (const [name, source] of Object.entries(programs))
      for (const each of [name, `${name}_slowly`])
        await save({
          ...definition(each, { aggregateTypes: ['Order', 'Parcel'] }),
          reducer: { name: 'orders', version: 1, language: 'javascript', source },
        });
    await kit.append(log(0, 1000));
    for (const name of Object.keys(programs)) await kit.replay(`${name}_slowly`);
    await kit.append(log(1000, EVENTS));
    for (const name of Object.keys(programs)) {
      await kit.replay(`${name}_slowly`);
      await kit.replay(name);
      const [fast, slow] = [await all(name), await all(`${name}_slowly`)];
      expect(fast, name).toEqual(slow);
      expect(fast.rows.length).toBe(400);
      expect(fast.counts.failed).toBeGreaterThan(50);
      expect(await historyShards(name)).toBeGreaterThan(0);
    }
    await expectSameAsOf('keys', 'keys_slowly');
  });

  it('by a program that hangs where it cannot be interrupted ends with the reason', async () => {
    await kit.append(log(0, EVENTS));
    const source = 'export const reduce = () => Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);';
    const reducer = { name: 'hanging', version: 1, language: 'javascript', source };
    const each = { ...definition('hanging', { aggregateTypes: ['Order'] }), reducer };
    await save(each);
    const folder = `${kit.dataDir}/derived`;
    const { file } = kit.workspace;
    const definitionText = JSON.stringify(each);
    const known = { definition: definitionText, hash: 'hanging' };
    const plan = await kit.workspace.read('projections.plan', { ...known, folder, rebuild: true });
    expect(plan.parts.length).toBeGreaterThan(0);
    const derived = await kit.workspace.read('projections.file', { folder });
    const run = runBulk({
      ...{ file, derived, definition: definitionText, name: 'hanging', build: plan.build, parts: plan.parts },
      ...{ signal: new AbortController().signal, onProgress: () => {}, stuckAfterMs: 1000 },
    });
    await expect(run).rejects.toThrow(/hangs inside one built-in function/);
  });

  it('shows a program all of an event, as its timeline does', async () => {
    await kit.append(log(0, EVENTS));
    const source =
      'export const reduce = (state, event) => ({ count: (state.count ?? 0) + 1, last: event.eventId, whole: event.value.event_id });';
    await save({
      ...{ name: 'lasts', title: 'lasts', source: { aggregateTypes: ['Order'] }, key: 'aggregateId' },
      columns: [
        { name: 'count', type: 'integer' },
        { name: 'last', type: 'text' },
        { name: 'whole', type: 'text' },
      ],
      reducer: { name: 'lasts', version: 1, language: 'javascript', source },
    });
    await kit.replay('lasts');
    const { rows } = await all('lasts');
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.every((row) => /^event-/.test(String(row[2])) && row[2] === row[3])).toBe(true);
    const [key, count, last] = rows[0]!;
    const at = { ref: { type: 'Order', id: String(key) }, cut: NO_CUT, reducer: 'lasts' };
    const { state } = await kit.aggregates.state({ ...at, index: Number(count) - 1 }, kit.context);
    expect(JSON.parse(state!)).toEqual({ count, last, whole: last });
  });

  it('that is cancelled leaves the table that answers, and is done anew', async () => {
    await save(definition('orders', { aggregateTypes: ['Order'] }));
    await kit.append(log(0, EVENTS));
    await kit.replay('orders');
    const before = await all('orders');
    const { jobId } = await kit.projections.run({ name: 'orders', rebuild: true }, kit.context);
    await new Promise((done) => setTimeout(done, 30));
    kit.jobs.cancel(jobId);
    expect((await kit.jobs.ended(jobId)).status).toBe('cancelled');
    expect(await all('orders')).toEqual(before);
    await kit.replay('orders', true);
    expect(await all('orders')).toEqual(before);
    expect(await historyShards('orders')).toBeGreaterThan(0);
  });

  it('keeps the result of the definition before, to be compared', async () => {
    const source = { aggregateTypes: ['Order'] };
    await save(definition('orders', source));
    await kit.append(log(0, 2000));
    await kit.replay('orders');
    const question = { name: 'orders', show: null, column: null, from: 0, count: 50 };
    expect(await kit.projections.compare(question, kit.context)).toBeNull();
    const changed = definition('orders', source);
    changed.reducer.on.Added[1] = { op: 'add', path: 'items', value: 2 };
    changed.columns.push({ name: 'more', type: 'text' });
    await save(changed);
    const { rows } = await all('orders');
    await kit.replay('orders');
    const compared = (await kit.projections.compare(question, kit.context))!;
    expect(compared.sameEvents).toBe(true);
    expect(compared.before.rows).toBe(compared.after.rows);
    expect(compared.counts).toMatchObject({ added: 0, removed: 0 });
    expect(compared.counts.changed + compared.counts.same).toBe(rows.length);
    expect(compared.columns.map(({ name, change, differs }) => [name, change, differs > 0])).toEqual([
      ['total', 'kept', false],
      ['items', 'kept', true],
      ['note', 'kept', false],
      ['seen', 'kept', false],
      ['more', 'added', false],
    ]);
    expect(compared.total).toBe(compared.counts.changed);
    const [first] = compared.rows;
    const [, was] = rows.find(([key]) => key === first!.key)!.slice(1) as number[];
    expect(first!.cells).toEqual([{ column: 'items', before: was, after: was! * 2 }]);
    const none = await kit.projections.compare({ ...question, column: 'note' }, kit.context);
    expect(none).toMatchObject({ total: 0, rows: [] });
    const { projections } = await kit.projections.list({}, kit.context);
    expect(projections.find(({ name }) => name === 'orders')!.kept).toMatchObject([{ rows: rows.length }]);
  });

  it('keeps the results of five definitions, of which any two are compared', async () => {
    const source = { aggregateTypes: ['Order'] };
    await kit.append(log(0, 300));
    const step = async (value: number) => {
      const changed = definition('orders', source);
      changed.reducer.on.Added[1] = { op: 'add', path: 'items', value };
      await save(changed);
      await kit.replay('orders');
      return (await kit.projections.list({}, kit.context)).projections.find(({ name }) => name === 'orders')!;
    };
    for (const value of [1, 2, 3, 4, 5, 6]) await step(value);
    const status = await step(7);
    expect(new Set(status.kept.map(({ hash }) => hash)).size).toBe(5);
    const ask = { name: 'orders', show: null, column: 'items', from: 0, count: 50 };
    const itemsOf = async (before: string, after: string) => {
      const { rows, sameEvents } = (await kit.projections.compare({ ...ask, before, after }, kit.context))!;
      expect(sameEvents).toBe(true);
      return rows.map(({ cells }) => [cells[0]!.before, cells[0]!.after] as [number, number]);
    };
    const [six, , four] = status.kept;
    const between = await itemsOf(four!.hash, six!.hash);
    expect(between.length).toBeGreaterThan(0);
    for (const [was, is] of between) expect(is * 4).toBe(was * 6);
    for (const [was, is] of await itemsOf(status.present!.hash, four!.hash)) expect(is * 7).toBe(was * 4);
    // The first is gone; a definition that is made again takes the place of what was kept of it.
    expect(await kit.projections.compare({ ...ask, before: 'none', after: null }, kit.context)).toBeNull();
    const again = await step(4);
    expect(again.kept.map(({ hash }) => hash)).not.toContain(again.present!.hash);
    expect(again.present!.hash).toBe(four!.hash);
  });

  it('grows by little shards that become one, and stays true', async () => {
    for (const name of ['orders', 'folded']) await save(definition(name, { aggregateTypes: ['Order'] }));
    for (let nth = 0; nth < 40; nth += 1) {
      await kit.append(log(nth * 40, nth * 40 + 40));
      await kit.replay('orders');
    }
    expect(await historyShards('orders')).toBeLessThan(17);
    for (const second of [1, 300, 777, 1500]) {
      const cut = { knownOn: START + second * 1000, trueOn: null };
      const ask = async (table: string) =>
        (await kit.sql.query({ sql: `SELECT * FROM ${table} ORDER BY key`, cut, limit: 5000 }, kit.context))
          .rows;
      expect(await ask('orders')).toEqual(await ask('folded'));
    }
  });

  it('tries the rows of failed events again', async () => {
    await save(definition('orders', { aggregateTypes: ['Order'] }));
    await kit.append(log(0, 2000));
    await kit.replay('orders');
    const before = await all('orders');
    expect(before.failures.total).toBeGreaterThan(0);
    const { jobId } = await kit.projections.retry({ name: 'orders', recordIds: null }, kit.context);
    const { status, note } = await kit.jobs.ended(jobId);
    expect([status, note]).toEqual([
      'done',
      `${before.failures.total} failures tried again: ${before.failures.total} events still cannot be applied fully.`,
    ]);
    expect(await all('orders')).toEqual(before);
    // A definition that can do it takes all in again, beside the table that answers.
    const fixed = definition('orders', { aggregateTypes: ['Order'] });
    fixed.reducer.on.Added = [{ op: 'add', path: 'items', value: 1 }];
    await save(fixed);
    const again = await kit.projections.retry({ name: 'orders', recordIds: null }, kit.context);
    expect((await kit.jobs.ended(again.jobId)).status).toBe('done');
    expect((await all('orders')).failures.total).toBe(0);
  });
});
