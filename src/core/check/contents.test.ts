import { describe, expect, it } from 'vitest';
import { parseJson } from '../json.ts';
import type { JsonObject } from '../model.ts';
import { LevelLearner } from './levels.ts';
import { compareSnapshot } from './snapshots.ts';
import { unknownTypes } from './typeNames.ts';

const object = (text: string) => parseJson(text) as JsonObject;

it('a snapshot differs from the fold where both have a key with another value', () => {
  const fold = object('{"balance":10.50,"status":"Active","events":4}');
  expect(compareSnapshot(object('{"balance":"10.5","status":"Active","shard":1}'), fold)).toEqual({
    compared: 2,
    differences: [],
  });
  const { differences } = compareSnapshot(object('{"balance":10.49,"status":"Active"}'), fold);
  expect(differences.map(({ key }) => key)).toEqual(['balance']);
});

describe('levels', () => {
  const stock = { key: 'stock', of: 'Item' };
  const steps = (...values: number[]) => values.map((value, id) => ({ id, value }));
  it('break a rule only where nearly none is below zero', () => {
    const learner = new LevelLearner();
    for (let at = 0; at < 40; at += 1) learner.add(stock, steps(1, 2, 3, 4, 5, 6, 7, 8, 9));
    learner.add(stock, steps(4, -1, -3, 2));
    expect(learner.findings().map(({ events }) => events)).toEqual([[1, 2, 3]]);
    for (let at = 0; at < 20; at += 1) learner.add(stock, steps(-1, -2));
    expect(learner.findings()).toEqual([]);
  });
  it('quote the lowest as the events write it, also where doubles cannot tell them apart', () => {
    const quoted = (...texts: string[]) => {
      const learner = new LevelLearner();
      for (let at = 0; at < 40; at += 1) learner.add(stock, steps(...Array(50).fill(1)));
      learner.add(stock, steps(...texts.map(Number)));
      return learner
        .findings()
        .map(({ text }) =>
          typeof text === 'string' ? text : text((id, key) => (key === 'stock' ? texts[id]! : null)),
        );
    };
    const rest = 'it is below zero still. It is not in 2\u202f000 of 2\u202f00';
    expect(quoted('-37.40', '-1')).toEqual([
      `stock of Item is below zero in 2 events, -37.40 at the lowest; ${rest}2 events`,
    ]);
    expect(quoted('-9007199254740992', '-9007199254740993.50', '-3')).toEqual([
      `stock of Item is below zero in 3 events, -9007199254740993.50 at the lowest; ${rest}3 events`,
    ]);
  });
});

it('a type that is hardly ever seen and looks like another is unknown', () => {
  const counts = new Map([
    ['OrderPlaced', 2000],
    ['ORDER_PLACED', 1],
    ['OrderPlacde', 2],
    ['OrderReturned', 3],
  ]);
  expect(unknownTypes(counts).map(({ type }) => type)).toEqual(['ORDER_PLACED', 'OrderPlacde']);
});
