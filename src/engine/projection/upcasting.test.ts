/** Events of three schema versions in one projection, over a real workspace and its threads. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { recordOf } from './testing/events.ts';
import { type Kit, NO_CUT, openKit } from './testing/kit.ts';

const START = Date.parse('2025-06-01T00:00:00Z');
const ref = { type: 'Order', id: 'o-1' };
let kit: Kit;
beforeEach(async () => {
  kit = await openKit('upcast');
  const at = (minute: number) => ({ aggregate: ref.id, at: START + minute * 60_000 });
  await kit.append([
    recordOf({ ...at(0), schema: 1, type: 'Paid', data: '{"amount":10.50}' }),
    recordOf({ ...at(1), schema: 2, type: 'PaymentMade', data: '{"money":{"value":2.25}}' }),
    recordOf({ ...at(2), schema: 3, type: 'PaymentMade', data: '{"money":{"value":1,"currency":"NZD"}}' }),
    recordOf({ ...at(3), schema: 1, type: 'Paid', data: '{"amuont":4}' }),
  ]);
});
afterEach(() => kit.close());

const reducer = {
  name: 'payments',
  version: 1,
  upcasters: [
    {
      ...{ topic: 'shop.*', type: 'Paid', from: '1', to: '2' },
      steps: [
        { step: 'rename', from: 'data.amount', to: 'data.money.value' },
        { step: 'type', name: 'PaymentMade' },
      ],
    },
    {
      ...{ topic: '*', type: 'PaymentMade', from: '2', to: '3' },
      steps: [{ step: 'default', path: 'data.money.currency', value: 'AUD' }],
    },
  ],
  on: {
    PaymentMade: [
      { op: 'add', path: 'total', from: 'data.money.value' },
      { op: 'set', path: 'currency', from: 'data.money.currency' },
      { op: 'add', path: 'payments', value: 1 },
    ],
  },
};
const SCRIPT = `
export const initial = { total: 0, payments: 0 };
export function reduce(state, { type, data }) {
  if (type !== 'PaymentMade') return state;
  return { total: add(state.total, data.money.value ?? 0), currency: data.money.currency, payments: state.payments + 1 };
}
const add = (a, b) => Decimal(a).plus(Decimal(b));`;
const definition = (own: object) => ({
  name: 'payments',
  title: 'Payments',
  source: { aggregateTypes: ['Order'] },
  key: 'aggregateId',
  columns: [
    { name: 'total', type: 'decimal' },
    { name: 'currency', type: 'text' },
    { name: 'payments', type: 'integer' },
  ],
  reducer: own,
});
const save = (own: object) =>
  kit.projections.save({ definition: JSON.stringify(definition(own)) }, kit.context);
const table = async () =>
  (
    await kit.sql.query(
      { sql: 'SELECT total, currency, payments FROM payments', cut: NO_CUT, limit: 10 },
      kit.context,
    )
  ).rows;

it('folds old versions as the newest in the table and in the timeline, and names what was not found', async () => {
  await save(reducer);
  await kit.replay('payments');
  expect(await table()).toEqual([[{ decimal: '13.75' }, 'AUD', 4]]);
  const { rows, total } = await kit.projections.failures(
    { name: 'payments', from: 0, count: 10 },
    kit.context,
  );
  expect(total).toBe(1);
  expect(rows[0]!.message).toContain('Paid 1 → 2: there is no data.amount to rename');
  const state = await kit.aggregates.state({ ref, cut: NO_CUT, reducer: 'payments', index: 1 }, kit.context);
  expect(state.state).toBe('{"total":12.75,"currency":"AUD","payments":2}');
});

it('shows an event as it was written beside what is folded, and nothing where both are one', async () => {
  await save(reducer);
  const { rows } = await kit.aggregates.events(
    { ref, cut: NO_CUT, reducer: 'payments', from: 0, count: 10 },
    kit.context,
  );
  const upcast = (nth: number, name: string | null = 'payments') =>
    kit.aggregates.upcast({ ref, reducer: name, id: rows[nth]!.id }, kit.context);
  expect(await upcast(0)).toEqual({
    applied: ['Paid 1 → 2', 'PaymentMade 2 → 3'],
    problems: [],
    written: { type: 'Paid', schemaVersion: '1', data: '{"amount":10.50}', characters: 16 },
    folded: {
      type: 'PaymentMade',
      schemaVersion: '3',
      data: '{"money":{"value":10.50,"currency":"AUD"}}',
      characters: 42,
    },
  });
  expect(await upcast(2)).toBeNull();
  expect((await upcast(3))!.problems).toHaveLength(1);
  await expect(kit.aggregates.upcast({ ref, reducer: 'payments', id: 2 ** 41 }, kit.context)).rejects.toThrow(
    /no record/i,
  );
});

it('reads old versions for a program too', async () => {
  const { upcasters } = reducer;
  await save({ name: 'payments', version: 1, upcasters, language: 'javascript', source: SCRIPT });
  await kit.replay('payments');
  expect(await table()).toEqual([[{ decimal: '13.75' }, 'AUD', 4]]);
});

it('refuses an upcaster that cannot be used and names its place', async () => {
  const upcasters = [{ ...reducer.upcasters[0]!, from: 1 }];
  await expect(save({ ...reducer, upcasters })).rejects.toThrow(/reducer\.upcasters\[0\]\.from/);
});
