import { expect, test } from 'vitest';
import { parseJson } from '../../core/json.ts';
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
