import { afterEach, beforeEach, expect, it } from 'vitest';
import { TYPE_COLOURS } from '../../contract/events.ts';
import { recordOf } from '../projection/testing/events.ts';
import { type Kit, openKit } from '../projection/testing/kit.ts';

let kit: Kit;
beforeEach(async () => {
  kit = await openKit('colours');
});
afterEach(() => kit.close());

const life = (aggregateType: string, topic: string, types: readonly string[], from: number) =>
  types.map((type, at) =>
    recordOf({
      ...{ aggregateType, topic, type },
      aggregate: `${aggregateType}-1`,
      data: '{}',
      at: 1000 + from + at,
    }),
  );

it('types of one kind of aggregate differ, over topics, and stay what they are when more come', async () => {
  const names = (of: string, count: number) => Array.from({ length: count }, (_, at) => `${of}${at}Done`);
  const own = names('Order', 5);
  const late = names('OrderLate', 4);
  await kit.append(life('Order', 'shop.orders', own, 0));
  await kit.append(life('Customer', 'shop.customers', names('Customer', 7), 100));
  await kit.append(life('Order', 'shop.late', late, 200));
  const colours = () => kit.workspace.read('events.typeColours', {});
  const before = await colours();
  const of = new Map(before.map(({ type, colour }) => [type, colour]));
  expect(new Set([...own, ...late].map((type) => of.get(type))).size).toBe(TYPE_COLOURS);
  expect(new Set(names('Customer', 7).map((type) => of.get(type))).size).toBe(7);
  await kit.append(life('Order', 'shop.orders', [...own, 'OrderAfterwardsDone'], 900));
  const after = await colours();
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after).toHaveLength(before.length + 1);
});
