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
  const steps = (...values: number[]) => values.map((value, id) => ({ id, value }));
  it('break a rule only where nearly none is below zero', () => {
    const learner = new LevelLearner();
    for (let at = 0; at < 40; at += 1) learner.add('stock of Item', steps(1, 2, 3, 4, 5, 6, 7, 8, 9));
    learner.add('stock of Item', steps(4, -1, -3, 2));
    expect(learner.findings().map(({ events }) => events)).toEqual([[1, 2, 3]]);
    for (let at = 0; at < 20; at += 1) learner.add('stock of Item', steps(-1, -2));
    expect(learner.findings()).toEqual([]);
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
