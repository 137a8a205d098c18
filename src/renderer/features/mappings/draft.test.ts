import { expect, test } from 'vitest';
import {
  asOwn,
  EMPTY,
  isSameMapping,
  pathsText,
  pointAt,
  proposedPattern,
  readersOf,
  readPaths,
  withRule,
} from './draft.ts';

test('paths are read back as they were written, quoted commas too', () => {
  for (const paths of [[], ['a'], ['a.b', '["c,d"]', 'header:trace'], ['["q\\",x"].y', 'z']])
    expect(readPaths(pathsText(paths))).toEqual(paths);
  expect(readPaths(' a ,, b ')).toEqual(['a', 'b']);
});

test('a field that is pointed at is read from there first', () => {
  const once = pointAt(EMPTY, 'aggregateId', '["case:id"]');
  const twice = pointAt(once, 'aggregateId', 'id');
  expect(twice.fields.aggregateId).toEqual({ paths: ['id', '["case:id"]'], derive: 'key' });
  expect(pointAt(twice, 'aggregateId', '["case:id"]').fields.aggregateId?.paths).toEqual([
    '["case:id"]',
    'id',
  ]);
  expect(readersOf(twice, '["id"]')).toEqual(['aggregateId']);
  expect(withRule(twice, 'aggregateId', {}).fields).not.toHaveProperty('aggregateId');
});

test('a built-in mapping becomes one of its own when it is changed', () => {
  const own = asOwn({ ...EMPTY, name: 'keyed' }, 'a.b');
  expect(own).toMatchObject({ name: 'own a.b', title: 'Mapping of a.b' });
  expect(asOwn(own, 'x')).toBe(own);
  expect(isSameMapping(own, { ...own, fields: { ...own.fields } })).toBe(true);
  expect(proposedPattern('orders.eu.events')).toBe('orders.eu.*');
  expect(proposedPattern('orders')).toBe('orders');
});
