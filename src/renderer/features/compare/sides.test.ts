import { describe, expect, it } from 'vitest';
import type { CompareSide } from '../../../contract/compare.ts';
import { formatHash, parseHash } from '../../lib/address.ts';
import {
  differenceWords,
  momentOf,
  paramsOf,
  SIDE_PARAMS,
  type SideParams,
  sideOf,
  twoClocks,
} from './sides.ts';

const side = (rest: Partial<CompareSide> = {}): CompareSide => ({
  ref: { type: 'Order', id: 'a/b%20ö' },
  cut: { knownOn: null, trueOn: null },
  reducer: null,
  at: 'last',
  ...rest,
});
/** Through the address, as a colleague would get it. */
const sent = (a: CompareSide | null, b: CompareSide | null) => {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...paramsOf('a', a), ...paramsOf('b', b) }))
    if (value !== null) params.set(name, value);
  const received = parseHash(formatHash(['compare'], params)).params;
  return Object.fromEntries(SIDE_PARAMS.map((name) => [name, received.get(name)])) as SideParams;
};

describe('the two sides in the address', () => {
  it('come back as they were', () => {
    const a = side({ at: 'start', cut: { knownOn: 1_735_689_599_999, trueOn: null } });
    const b = side({ at: 2 ** 50, cut: { knownOn: 5, trueOn: -1 }, reducer: 'mine' });
    const params = sent(a, b);
    expect(sideOf('a', params)).toEqual({ side: a, problem: null });
    expect(sideOf('b', params)).toEqual({ side: b, problem: null });
  });

  it('keep an aggregate without a type, and know a side that is not chosen', () => {
    const plain = side({ ref: { type: '', id: 'k' } });
    const params = sent(null, plain);
    expect(sideOf('b', params).side).toEqual(plain);
    expect(sideOf('a', params)).toEqual({ side: null, problem: null });
  });

  it('say what cannot be read', () => {
    expect(sideOf('a', { 'a.id': 'x', 'a.at': 'yesterday' }).problem).toMatch(/^Side A: “yesterday”/);
    expect(sideOf('b', { 'b.id': 'x', 'b.known': '2025-12-31T00:00:00' }).problem).toMatch(/^Side B: /);
    expect(sideOf('b', { 'b.id': 'x', 'b.at': '99999999999999999' }).problem).toMatch(/no place/);
  });
});

describe('the words', () => {
  it('name each kind of difference, and none', () => {
    expect(differenceWords({ added: 1, removed: 2, changed: 3 })).toBe(
      '3 changed · 1 only in B · 2 only in A',
    );
    expect(differenceWords({ added: 0, removed: 0, changed: 0 })).toBe('No difference');
  });

  it('two clocks at one moment', () => {
    const [a, b] = twoClocks(side().ref, 'merge', 7);
    expect([a.cut, b.cut]).toEqual([
      { knownOn: 7, trueOn: null },
      { knownOn: null, trueOn: 7 },
    ]);
    expect([momentOf(a, undefined), momentOf(b, undefined), momentOf(side(), undefined)]).toEqual([
      7,
      7,
      null,
    ]);
  });
});
