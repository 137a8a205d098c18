import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignedPath, alignStates } from './align.ts';
import { diffStates } from './diff.ts';
import { parseJson } from './json.ts';
import type { Json } from './model.ts';
import { formatPath } from './path.ts';

const lines = (a: string, b: string) => {
  const rows = alignStates(parseJson(a), parseJson(b));
  return rows.map((row, at) => `${'  '.repeat(row.depth)}${alignedPath(rows, at)} ${row.kind}`);
};

describe('two states side by side', () => {
  it('keeps the order of both: what only A has stands where it stood', () => {
    expect(lines('{"gone":1,"a":1,"old":2,"b":3}', '{"new":0,"a":1,"b":4}')).toEqual([
      'gone removed',
      'new added',
      'a same',
      'old removed',
      'b changed',
    ]);
  });

  it('pairs the items of a list by their id', () => {
    const rows = alignStates(
      parseJson('[{"id":1,"n":5},{"id":2,"n":6}]'),
      parseJson('[{"id":2,"n":6.50},{"id":3,"n":7}]'),
    );
    expect(rows.filter(({ depth }) => depth === 0)).toMatchObject([
      { stepA: 0, stepB: null, kind: 'removed', own: true },
      { stepA: 1, stepB: 0, kind: 'changed', own: false, inside: 1 },
      { stepA: null, stepB: 1, kind: 'added', own: true },
    ]);
    expect(rows.find(({ own, kind }) => own && kind === 'changed')).toMatchObject({ delta: '0.50' });
  });

  it('shows what is inside a value that is of another kind now, counted once', () => {
    const rows = alignStates(parseJson('{"x":{"y":1}}'), parseJson('{"x":[2]}'));
    expect(rows.map(({ kind, own }) => [kind, own])).toEqual([
      ['changed', true],
      ['removed', false],
      ['added', false],
    ]);
  });

  it('gives one line for states that are no objects', () => {
    expect(lines('null', '1')).toEqual([' changed']);
    expect(lines('{}', '{}')).toEqual([]);
  });

  const item = fc.record({ id: fc.integer({ min: 0, max: 5 }), n: fc.integer({ min: 0, max: 2 }) });
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<Json>(null, true, 0, 1, 'a', ''),
      fc.uniqueArray(item, { selector: ({ id }) => id, maxLength: 4 }) as fc.Arbitrary<Json>,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd.e'), tie('value'), { maxKeys: 4 }),
    ),
  }));

  it('finds exactly the changes of diffStates', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const rows = alignStates(a, b);
        const own = rows.flatMap((row, at) =>
          row.own ? [`${row.kind} ${alignedPath(rows, at)} ${row.delta ?? ''}`] : [],
        );
        const changes = diffStates(a, b).map(
          ({ kind, path, delta }) => `${kind} ${formatPath(path)} ${delta ?? ''}`,
        );
        expect(own.sort()).toEqual(changes.sort());
        expect(rows.every(({ parent }, at) => parent < at)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
