/** Projections whose reducer is a program, and the read models across aggregates, over a real workspace and its threads. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { recordOf } from './testing/events.ts';
import { type Kit, NO_CUT, openKit } from './testing/kit.ts';

const START = Date.parse('2025-06-01T00:00:00Z');
let kit: Kit;
beforeEach(async () => {
  kit = await openKit('script');
  await kit.append(
    Array.from({ length: 40 }, (_, n) =>
      recordOf({
        aggregate: `order-${n % 4}`,
        partition: n % 2,
        at: START + n * 60_000,
        type: n < 4 ? 'ORDER_PLACED' : n >= 36 ? 'ORDER_PAID' : 'ItemAdded',
        data: n === 21 ? '{"price":"free"}' : `{"price":"19.90","amount":100,"customer_id":"c${n % 2}"}`,
      }),
    ),
  );
});
afterEach(() => kit.close());

const rowsOf = async (sql: string) =>
  (await kit.sql.query({ sql, cut: NO_CUT, limit: 100 }, kit.context)).rows;
const SOURCE = `
type State = { total: Decimal; items: number };
export const initial = { total: Decimal('0'), items: 0 };
export function reduce(state: State, event: { type: string; data: { price: string } }): State {
  if (event.type !== 'ItemAdded') return state;
  return { total: state.total.plus(Decimal(event.data.price)), items: state.items + 1 };
}`;
const definition = (source: string, version = 1) => ({
  name: 'totals',
  title: 'Totals',
  source: { aggregateTypes: ['Order'] },
  key: 'aggregateId',
  columns: [
    { name: 'total', type: 'decimal' },
    { name: 'items', type: 'integer' },
    { name: 'whole', path: '', type: 'json' },
  ],
  reducer: { name: 'totals', version, language: 'typescript', source },
});
const save = (value: object) => kit.projections.save({ definition: JSON.stringify(value) }, kit.context);

it('builds the table of a program, lists the event it failed at, and shows the state on the way', async () => {
  await save(definition(SOURCE));
  await kit.replay('totals');
  const rows = await rowsOf('SELECT key, total, items, whole FROM totals ORDER BY key');
  expect(rows).toHaveLength(4);
  expect(rows[0]).toEqual(['order-0', { decimal: '159.20' }, 8, '{"total":159.20,"items":8}']);
  expect(rows[1]!.slice(0, 3)).toEqual(['order-1', { decimal: '139.30' }, 7]);
  const failures = await kit.projections.failures({ name: 'totals', from: 0, count: 10 }, kit.context);
  expect(failures.total).toBe(1);
  expect(failures.rows[0]!.message).toMatch(/“free” is not a decimal number \(line 6, column \d+\)/);
  const state = await kit.aggregates.state(
    { ref: { type: 'Order', id: 'order-1' }, cut: NO_CUT, reducer: 'totals', index: 2 },
    kit.context,
  );
  expect(state.state).toBe('{"total":39.80,"items":2}');
  expect(state.changes.map(({ path, delta }) => [path, delta])).toEqual([
    ['total', '19.90'],
    ['items', '1'],
  ]);
});

it('refuses a program that cannot be loaded, with the place, and keeps the old definition', async () => {
  await save(definition(SOURCE));
  await expect(save(definition('export function reduce(state) {\n  return {;\n}'))).rejects.toThrow(
    /line 2|TypeScript/,
  );
  await expect(
    save({ ...definition(SOURCE), reducer: { name: 'x', version: 1, source: '' } }),
  ).rejects.toThrow(/reducer\.source.*reducer\.language/);
  const { definition: kept } = await kit.projections.definition({ name: 'totals' }, kit.context);
  expect(JSON.parse(kept).reducer.source).toBe(SOURCE);
});

it('stops a program that never ends, and the workspace answers on', async () => {
  await save(definition('export const reduce = (state, event) => { for (;;); };'));
  await expect(kit.replay('totals')).rejects.toThrow(/stopped at 6 events/);
  expect(await rowsOf('SELECT count(*) FROM events')).toEqual([[40]]);
});

it('has each event once, each aggregate once, and what each customer brought in', async () => {
  for (const name of ['processed_events', 'aggregate_counts', 'customer_summary', 'order_lifecycle'])
    await kit.replay(name);
  expect(await rowsOf('SELECT count(*), max(times) FROM processed_events')).toEqual([[40, 1]]);
  expect(await rowsOf("SELECT events, last_event_type FROM aggregate_counts WHERE key = 'order-3'")).toEqual([
    [10, 'ORDER_PAID'],
  ]);
  expect(await rowsOf('SELECT key, lifetime_value, purchases FROM customer_summary ORDER BY key')).toEqual([
    ['c0', { decimal: '400' }, 4],
    ['c1', { decimal: '400' }, 4],
  ]);
  expect(await rowsOf("SELECT status FROM order_lifecycle WHERE key = 'order-0'")).toEqual([['Paid']]);
});
