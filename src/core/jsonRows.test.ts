import { expect, test } from 'vitest';
import { parseJson } from './json.ts';
import { jsonRows, type TreeChange } from './jsonRows.ts';

const STATE = parseJson(
  '{"id":"SA-1","balance":14882.31,"interest":{"rate":0.0425,"tiers":[]},"big":9007199254740993}',
);
const changed: TreeChange = { kind: 'changed', before: '1', after: '2', delta: '1' };
const removed: TreeChange = { kind: 'removed', before: '"x"', after: null, delta: null };

test('lines stand in the order of the state, nested ones below their parent', () => {
  expect(jsonRows(STATE).map(({ path, depth, branch }) => [path, depth, branch])).toEqual([
    ['id', 0, false],
    ['balance', 0, false],
    ['interest', 0, true],
    ['interest.rate', 1, false],
    ['interest.tiers', 1, false],
    ['big', 0, false],
  ]);
});

test('a closed branch says that something inside has changed', () => {
  const rows = jsonRows(STATE, new Map([['interest.rate', changed]]), new Set(['interest']));
  expect(rows.map((row) => row.path)).toEqual(['id', 'balance', 'interest', 'big']);
  expect(rows[2]!.changedInside).toBe(true);
});

test('what was removed stands in its parent', () => {
  const rows = jsonRows(
    STATE,
    new Map([
      ['interest.bonus', removed],
      ['old', removed],
    ]),
  );
  const paths = rows.map((row) => row.path);
  expect(paths.indexOf('interest.bonus')).toBe(paths.indexOf('interest.tiers') + 1);
  expect(paths.at(-1)).toBe('old');
  expect(rows.find((row) => row.path === 'interest.bonus')).toMatchObject({
    name: 'bonus',
    depth: 1,
    value: undefined,
  });
});

test('a large list starts closed', () => {
  const rows = jsonRows(parseJson(`{"items":[${Array.from({ length: 1000 }, (_, i) => i).join(',')}]}`));
  expect(rows).toHaveLength(1);
});

test('paths with quoted keys know what changed inside them, and 100,000 keys are one closed line', () => {
  const state = parseJson('{"a.b":{"c d":[{"x":1}]},"":{"y":2}}');
  const paths = jsonRows(state, new Map([['["a.b"]["c d"][0].x', changed]]), new Set(['["a.b"]'])).map(
    ({ path, changedInside }) => [path, changedInside],
  );
  expect(paths).toEqual([
    ['["a.b"]', true],
    ['[""]', false],
    ['[""].y', false],
  ]);
  const many = parseJson(`{"all":{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":${i}`).join(',')}}}`);
  const changes = new Map(Array.from({ length: 5_000 }, (_, i) => [`all.k${i}`, changed]));
  expect(jsonRows(many, changes)).toMatchObject([{ path: 'all', open: false, changedInside: true }]);
  expect(jsonRows(many, changes, new Set(['all']))).toHaveLength(100_001);
});
