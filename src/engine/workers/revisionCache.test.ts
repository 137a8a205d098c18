// What a thread keeps between its answers, and what it lets go of.
import { expect, it } from 'vitest';
import { LruCache } from './revisionCache.ts';

/** Which of these keys had to be made anew. */
function madeAnew(cache: LruCache, keys: readonly string[], bytes = 10): string[] {
  const made: string[] = [];
  for (const key of keys)
    cache.get(
      key,
      () => made.push(key),
      () => bytes,
    );
  return made;
}

it('keeps what was used last, up to its limit', () => {
  const cache = new LruCache(30);
  expect(madeAnew(cache, ['a', 'b', 'c', 'a', 'd'])).toEqual(['a', 'b', 'c', 'd']);
  expect(madeAnew(cache, ['a', 'c', 'd'])).toEqual([]);
  expect(madeAnew(cache, ['b'])).toEqual(['b']);
});

it('keeps the newest even where it is larger than the limit', () => {
  const cache = new LruCache(30);
  madeAnew(cache, ['a']);
  madeAnew(cache, ['large'], 1000);
  expect(madeAnew(cache, ['large'])).toEqual([]);
  expect(madeAnew(cache, ['a', 'large'])).toEqual(['a', 'large']);
});

it('parts of one answer that are larger than the limit together are there for the next one', () => {
  const cache = new LruCache(30);
  cache.begin();
  madeAnew(cache, ['before']);
  for (let answer = 0; answer < 3; answer += 1) {
    cache.begin();
    expect(madeAnew(cache, ['columns', 'order', 'fold'], 100)).toEqual(
      answer === 0 ? ['columns', 'order', 'fold'] : [],
    );
  }
  // Another answer needs other things: what it does not use goes, the oldest first.
  cache.begin();
  expect(madeAnew(cache, ['order', 'strip'], 100)).toEqual(['strip']);
  cache.begin();
  expect(madeAnew(cache, ['order', 'strip', 'fold', 'before'], 100)).toEqual(['fold', 'before']);
});
