import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cell } from '../../contract/projections.ts';
import { recordOf } from './testing/events.ts';
import { type Kit, NO_CUT, openKit } from './testing/kit.ts';

const START = Date.parse('2025-06-01T00:00:00Z');
let kit: Kit;
beforeEach(async () => {
  kit = await openKit('build');
});
afterEach(() => kit.close());

const rowsOf = async (sql: string, cut: { knownOn: number | null; trueOn: number | null } = NO_CUT) =>
  (await kit.sql.query({ sql, cut, limit: 5000 }, kit.context)).rows;
const statusOf = async (name: string) =>
  (await kit.projections.list({}, kit.context)).projections.find((each) => each.name === name)!;
const save = (definition: object) =>
  kit.projections.save({ definition: JSON.stringify(definition) }, kit.context);

const orders = {
  name: 'orders',
  title: 'Orders',
  source: { aggregateTypes: ['Order'] },
  key: 'aggregateId',
  columns: [
    { name: 'total', type: 'decimal' },
    { name: 'items', type: 'integer' },
    { name: 'customer', type: 'text' },
    { name: 'placed', path: 'placed_at', type: 'time' },
    { name: 'notes', type: 'json' },
    { name: 'paid', type: 'boolean' },
  ],
  reducer: {
    name: 'orders',
    version: 1,
    initial: { items: 0 },
    on: {
      OrderPlaced: [
        { op: 'merge', from: 'data' },
        { op: 'set', path: 'placed_at', from: '$occurredAt' },
      ],
      ItemAdded: [
        { op: 'add', path: 'total', from: 'data.price' },
        { op: 'add', path: 'items', value: 1 },
      ],
      NoteAdded: [{ op: 'append', path: 'notes', from: 'data.note' }],
      OrderPaid: [{ op: 'set', path: 'paid', value: true }],
    },
  },
};

const byCustomer = {
  ...orders,
  name: 'customers',
  title: 'Customers',
  key: 'data.customer',
  columns: [
    { name: 'spent', type: 'decimal' },
    { name: 'last_order', type: 'text' },
  ],
  reducer: {
    name: 'customers',
    version: 1,
    on: {
      OrderPlaced: [
        { op: 'add', path: 'spent', from: 'data.total' },
        { op: 'set', path: 'last_order', from: '$aggregateId' },
      ],
    },
  },
};

/** A few orders that go on over time, over two topics and three partitions. */
function log(from: number, to: number) {
  const records = [];
  for (let n = from; n < to; n += 1) {
    const aggregate = `order-${(n * 7) % 23}`;
    const place = { aggregate, partition: n % 3, at: START + n * 60_000 };
    if (n < 23)
      records.push(
        recordOf({
          ...place,
          type: 'OrderPlaced',
          data: `{"customer":"c-${n % 5}","total":${n}.10,"big":9007199254740993}`,
        }),
      );
    else if (n % 4 === 0) records.push(recordOf({ ...place, type: 'NoteAdded', data: `{"note":"n${n}"}` }));
    else if (n % 11 === 0) records.push(recordOf({ ...place, type: 'OrderPaid', data: '{}' }));
    else if (n % 13 === 0) records.push(recordOf({ ...place, type: 'Unheard', data: '{"x":1}' }));
    else if (n % 17 === 0) records.push(recordOf({ ...place, type: 'ItemAdded', data: '{"price":"much"}' }));
    else
      records.push(
        recordOf({
          ...place,
          topic: n % 2 === 0 ? 'shop.orders' : 'shop.items',
          type: 'ItemAdded',
          data: `{"price":0.${(n % 90) + 10}}`,
        }),
      );
  }
  return records;
}

describe('an incremental replay', () => {
  it('gives the same table, counts and failures as a rebuild', async () => {
    await save(orders);
    await save(byCustomer);
    for (const [from, to] of [
      [0, 40],
      [40, 41],
      [41, 300],
    ] as const) {
      await kit.append(log(from, to));
      await kit.replay('orders');
      await kit.replay('customers');
    }
    const sqls = ['SELECT * FROM orders ORDER BY key', 'SELECT * FROM customers ORDER BY key'];
    const grown = [];
    for (const sql of sqls) grown.push(await rowsOf(sql));
    const status = await statusOf('orders');
    const failures = await kit.projections.failures({ name: 'orders', from: 0, count: 500 }, kit.context);
    expect(grown[0]!.length).toBe(23);
    expect(status).toMatchObject({ behind: 0, state: 'ready', rows: 23 });
    expect(status.processed + status.ignored + status.failed).toBe(300);
    expect(status.failed).toBeGreaterThan(5);
    expect(failures.rows[0]!.message).toContain('not a number');
    await kit.replay('orders', true);
    await kit.replay('customers', true);
    const rebuilt = [];
    for (const sql of sqls) rebuilt.push(await rowsOf(sql));
    expect(rebuilt).toEqual(grown);
    const again = await statusOf('orders');
    // How the history lies in the file depends on how it came.
    expect(again.history!.changes).toBe(300);
    const timeless = (of: typeof again) => ({
      ...of,
      ...{ builtAt: 0, history: null, present: { ...of.present, builtAt: 0 } },
    });
    expect(timeless(again)).toEqual(timeless(status));
    expect(await kit.projections.failures({ name: 'orders', from: 0, count: 500 }, kit.context)).toEqual(
      failures,
    );
  });

  it('with nothing new does nothing and changes nothing', async () => {
    await save(orders);
    await kit.append(log(0, 60));
    await kit.replay('orders');
    const before = await rowsOf('SELECT * FROM orders ORDER BY key');
    expect(await kit.replay('orders')).toContain('Nothing new');
    expect(await rowsOf('SELECT * FROM orders ORDER BY key')).toEqual(before);
  });

  it('is behind until it is replayed, and the console says so', async () => {
    await save(orders);
    await kit.append(log(0, 30));
    expect(await statusOf('orders')).toMatchObject({ state: 'new', behind: 30 });
    await kit.replay('orders');
    await kit.append(log(30, 37));
    await kit.append([
      recordOf({ aggregate: 'other', aggregateType: 'Parcel', type: 'Sent', data: '{}', at: START }),
    ]);
    expect(await statusOf('orders')).toMatchObject({ state: 'ready', behind: 7 });
    const answer = await kit.sql.query({ sql: 'SELECT 1 FROM orders', cut: NO_CUT, limit: 1 }, kit.context);
    expect(answer.asOf).toContain('orders does not take in 7 captured records yet');
    expect(answer.more).toBe(true);
  });

  it('leaves out aborted transactions', async () => {
    await save(orders);
    const place = { aggregate: 'o', type: 'ItemAdded', at: START };
    await kit.append([
      recordOf({ ...place, data: '{"price":1.50}' }),
      recordOf({ ...place, data: '{"price":100.00}', verdict: 'aborted' }),
      recordOf({ ...place, data: '{"price":2.50}' }),
    ]);
    await kit.replay('orders');
    expect(await rowsOf('SELECT total, items, _events FROM orders')).toEqual([[{ decimal: '4.00' }, 2, 2]]);
  });

  it('is stale after the definition changed, answers from the old table, and is right after a replay', async () => {
    await save(orders);
    await kit.append(log(0, 30));
    await kit.replay('orders');
    const changed = structuredClone(orders);
    changed.columns.push({ name: 'big', type: 'integer' });
    await save(changed);
    expect(await statusOf('orders')).toMatchObject({ state: 'stale', rows: 23 });
    await kit.replay('orders');
    expect(await statusOf('orders')).toMatchObject({ state: 'ready' });
    expect(await rowsOf("SELECT big, typeof(big) FROM orders WHERE key = 'order-0'")).toEqual([
      [{ integer: '9007199254740993' }, 'integer'],
    ]);
    await kit.projections.remove({ name: 'orders' }, kit.context);
    await expect(rowsOf('SELECT * FROM orders')).rejects.toMatchObject({ code: 'sql.invalid' });
  });
});

describe('a key inside the events', () => {
  it('groups across streams in log order and names events without it', async () => {
    await save(byCustomer);
    const place = (aggregate: string, minutes: number) => ({ aggregate, at: START + minutes * 60_000 });
    await kit.append([
      recordOf({
        ...place('o2', 2),
        partition: 1,
        type: 'OrderPlaced',
        data: '{"customer":"ann","total":2.05}',
      }),
      recordOf({
        ...place('o1', 1),
        partition: 0,
        type: 'OrderPlaced',
        data: '{"customer":"ann","total":1.05}',
      }),
      recordOf({ ...place('o3', 3), partition: 1, type: 'OrderPlaced', data: '{"total":9}' }),
      recordOf({ ...place('o1', 4), partition: 0, type: 'ItemAdded', data: '{"price":1}' }),
    ]);
    await kit.replay('customers');
    expect(await rowsOf('SELECT key, spent, last_order, _events FROM customers')).toEqual([
      ['ann', { decimal: '3.10' }, 'o2', 2],
    ] satisfies Cell[][]);
    expect(await statusOf('customers')).toMatchObject({ processed: 2, ignored: 1, failed: 1 });
    const { rows } = await kit.projections.failures({ name: 'customers', from: 0, count: 5 }, kit.context);
    expect(rows[0]!.message).toBe('The event has no data.customer, so it belongs to no row');
    const cut = { knownOn: START + 90_000, trueOn: null };
    expect(await rowsOf('SELECT spent, last_order FROM customers', cut)).toEqual([
      [{ decimal: '1.05' }, 'o1'],
    ]);
  });
});

describe('definitions', () => {
  it('that are wrong are refused with every mistake named', async () => {
    await expect(kit.projections.save({ definition: '{"name": }' }, kit.context)).rejects.toMatchObject({
      code: 'projection.invalid',
      message: expect.stringContaining('not JSON'),
    });
    await expect(save({ ...orders, name: 'events' })).rejects.toMatchObject({ code: 'projection.invalid' });
    await expect(save({ ...orders, columns: [{ name: 'key', type: 'text' }] })).rejects.toMatchObject({
      code: 'projection.invalid',
    });
    await expect(save({ ...orders, name: 'savings_account' })).rejects.toMatchObject({
      code: 'projection.built-in',
    });
    await expect(kit.projections.run({ name: 'nothing', rebuild: false }, kit.context)).rejects.toMatchObject(
      {
        code: 'projection.unknown',
      },
    );
  });

  it('keep the text they were written in', async () => {
    const text = `${JSON.stringify(orders, null, 3)}\n`;
    await kit.projections.save({ definition: text }, kit.context);
    expect(await kit.projections.definition({ name: 'orders' }, kit.context)).toEqual({
      definition: text,
      builtIn: false,
    });
  });
});
