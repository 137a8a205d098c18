// A focus can name a reducer in the very version that made a view: it is folded with that one, or the answer says so.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pinnedReducer } from '../../core/reducerPin.ts';
import { recordOf } from '../projection/testing/events.ts';
import { type Kit, NO_CUT, openKit } from '../projection/testing/kit.ts';

let kit: Kit;
beforeEach(async () => {
  kit = await openKit('pins');
});
afterEach(() => kit.close());

const save = (times: number, title: string) => {
  const reducer = {
    ...{ name: 'orders', version: times, initial: { items: 0 } },
    on: { Added: [{ op: 'add', path: 'items', value: times }] },
  };
  const definition = {
    ...{ name: 'orders', title, source: { aggregateTypes: ['Order'] }, key: 'aggregateId' },
    ...{ columns: [{ name: 'items', type: 'integer' }], reducer },
  };
  return kit.projections.save({ definition: JSON.stringify(definition) }, kit.context);
};

it('folds with an earlier version, offers the present one, and names one that is gone', async () => {
  await kit.append([recordOf({ aggregate: 'o-1', type: 'Added', data: '{}', at: 1000 })]);
  await save(1, 'Orders');
  await save(2, 'Orders');
  // Only the title: the reducer is the same.
  await save(2, 'All orders');
  const versions = await kit.aggregates.reducerVersions({ name: 'orders' }, kit.context);
  expect(versions.map(({ version, isPresent }) => [version, isPresent])).toEqual([
    [2, true],
    [1, false],
  ]);
  const ref = { type: 'Order', id: 'o-1' };
  const itemsWith = async (reducer: string) => {
    const subject = { ref, cut: NO_CUT, reducer };
    const info = await kit.aggregates.timeline(subject, kit.context);
    const { state } = await kit.aggregates.state({ ...subject, index: 0 }, kit.context);
    return [info.reducer, JSON.parse(state)];
  };
  const [present, earlier] = versions;
  const one = { name: 'orders', version: 1, pin: earlier!.pin };
  const two = { name: 'orders', version: 2, pin: present!.pin };
  expect(await itemsWith('orders')).toEqual([two, { items: 2 }]);
  expect(await itemsWith(pinnedReducer('orders', present!.pin))).toEqual([two, { items: 2 }]);
  expect(await itemsWith(pinnedReducer('orders', earlier!.pin))).toEqual([one, { items: 1 }]);
  const side = (reducer: string) => ({ ref, cut: NO_CUT, at: 'last' as const, reducer });
  const both = { a: side(pinnedReducer('orders', earlier!.pin)), b: side('orders') };
  const compared = await kit.aggregates.compare(both, kit.context);
  expect([compared.changed, compared.a.reducer, compared.b.reducer]).toEqual([1, one, two]);
  await expect(itemsWith('orders@000000000000')).rejects.toMatchObject({ code: 'reducer.gone' });
  expect(await kit.aggregates.reducerVersions({ name: 'none' }, kit.context)).toEqual([]);
});
