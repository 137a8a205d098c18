import { expect, it } from 'vitest';
import { readWhere } from '../contract/where.ts';
import { payloadPathsOf } from './eventFilter.ts';
import { formatPath } from './path.ts';

const pathsOf = (text: string) => payloadPathsOf(readWhere(text))?.map((path) => formatPath(path)) ?? null;

it('says which paths of the payload a condition looks at', () => {
  expect(pathsOf('data.amount = 2 or not (data.place.day exists and number(data.price) > 1)')).toEqual([
    'amount',
    'place.day',
    'price',
  ]);
  // A list or an object is looked at whole from where every item is taken.
  expect(pathsOf('data.items[*].price > 2 or data.items[1].price = 1')).toEqual(['items', 'items[1].price']);
  expect(pathsOf('type = "Paid" and version > 3 and aggregate = "o-1"')).toEqual([]);
});

it('says that whole events are needed where it looks beside the payload', () => {
  expect(pathsOf('data.amount = 2 and eventId = "e-1"')).toBeNull();
  expect(pathsOf('value.meta.source = "x"')).toBeNull();
  expect(pathsOf('match "lost words"')).toBeNull();
});
