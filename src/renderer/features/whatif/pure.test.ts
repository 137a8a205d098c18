import { describe, expect, it } from 'vitest';
import type { LogChange } from '../../../contract/whatif.ts';
import { changesOf, hypothesisOf, withoutChangesOf } from './draft.ts';
import { patternOf, scopeOf, scopeWord, subjectOf } from './scope.ts';

const ref = { type: 'Order', id: 'o-1' };

describe('the scope of the address', () => {
  it('is what the address says, else the aggregate, else the first type', () => {
    expect(subjectOf(new URLSearchParams('type=Order&id=o-1'))).toEqual(ref);
    expect(subjectOf(new URLSearchParams('type=Order'))).toBeNull();
    for (const scope of [
      { kind: 'type', type: 'a:b' },
      { kind: 'projection', name: 'p' },
      { kind: 'aggregate', ref },
    ] as const)
      expect(scopeOf(scopeWord(scope), ref, undefined)).toEqual(scope);
    expect(scopeOf(null, null, 'Order')).toEqual({ kind: 'type', type: 'Order' });
    expect(scopeOf(null, null, undefined)).toBeNull();
    expect(patternOf('items[12].lines[0].price')).toBe('items[*].lines[*].price');
  });
});

describe('a draft', () => {
  const real = { name: 'sums', language: 'json', text: '{}' } as const;
  const nothing = { reducers: {}, without: ' ', overlay: null, conditions: [] };

  it('asks only for what differs from the real one', () => {
    expect(hypothesisOf(nothing, real)).toEqual({ reducer: null, without: null, overlay: null });
    const same = { ...nothing, reducers: { sums: { language: 'json' as const, text: '{}' } } };
    expect(hypothesisOf(same, real).reducer).toBeNull();
    const other = {
      ...nothing,
      reducers: { sums: { language: 'json' as const, text: '{"on":{}}' } },
      without: ' a ',
    };
    expect(hypothesisOf(other, real)).toMatchObject({ reducer: { text: '{"on":{}}' }, without: 'a' });
    expect(hypothesisOf(other, { ...real, name: 'another' }).reducer).toBeNull();
  });

  it('takes back the changes of one event and keeps the numbers of inserted ones right', () => {
    const changes: LogChange[] = [
      { change: 'skip', id: 7 },
      { change: 'insert', after: 9, type: 'A', data: '1' },
      { change: 'insert', after: -2, type: 'B', data: '2' },
      { change: 'move', id: 9, after: -3 },
    ];
    expect(withoutChangesOf(changes, 7)).toEqual([
      { change: 'insert', after: 9, type: 'A', data: '1' },
      { change: 'insert', after: -1, type: 'B', data: '2' },
      { change: 'move', id: 9, after: -2 },
    ]);
    expect(withoutChangesOf(changes, -3)).toEqual(changes.slice(0, 2));
    expect(changesOf({ ref, changes }, { type: 'Order', id: 'o-2' })).toEqual([]);
  });
});
