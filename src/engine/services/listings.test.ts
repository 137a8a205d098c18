import { afterEach, expect, test } from 'vitest';
import { LIMITS } from '../../contract/limits.ts';
import { allParts } from '../../contract/parts.ts';
import type { ListingPart } from '../../contract/topics.ts';
import { Listings } from './listings.ts';

const listings = new Listings();
afterEach(() => listings.close());

interface Row {
  name: string;
  problem: string;
}
const rows = (count: number): Row[] =>
  Array.from({ length: count }, (_, i) => ({ name: `${'名'.repeat(60)}-${i}`, problem: 'x'.repeat(250) }));

test('a short list comes whole', () => {
  expect(listings.first({ total: 2 }, rows(2))).toEqual({ head: { total: 2 }, rows: rows(2), next: null });
});

test('a long list comes in parts that fit into a frame, in order, each row once', async () => {
  const all = rows(5000);
  const sizes: number[] = [];
  const answer = await allParts(async (more: ListingPart | undefined) => {
    const part = more ? listings.more<string, Row>(more, 'topics.list') : listings.first('head', all);
    sizes.push(Buffer.byteLength(JSON.stringify(part)));
    return { head: part.head, topics: part.rows, next: part.next };
  });
  expect(answer).toEqual({ head: 'head', topics: all, next: null });
  expect(sizes.length).toBeGreaterThan(3);
  expect(Math.max(...sizes)).toBeLessThan(LIMITS.responseFrame);
});

test('a list that is not kept any more is refused, not empty', () => {
  const first = listings.first('head', rows(5000));
  for (let i = 0; i < 8; i++) listings.first('head', rows(5000));
  expect(() => listings.more(first.next!, 'topics.list')).toThrow('the list is not kept any more');
});
