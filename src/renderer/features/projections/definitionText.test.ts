import { describe, expect, it } from 'vitest';
import { BUILT_IN_PROJECTIONS } from '../../../core/projections/builtin.ts';
import { aggregateTypeOf, placesOf, problemsOf, renamed } from './definitionText.ts';

const GOOD = `{
  "name": "orders",
  "source": { "aggregateTypes": ["Order"] },
  "columns": [
    { "name": "total", "type": "decimal" },
    { "name": "state", "type": "text" }
  ],
  "reducer": { "name": "orders", "version": 1, "on": { "*": [] } }
}`;

describe('the text of a definition', () => {
  it('finds every member', () => {
    const places = placesOf('{"a": [1, {"b.c": null}], "d": "x,}"}');
    expect([...places.keys()]).toEqual(['', 'a', 'a[0]', 'a[1]', 'a[1]["b.c"]', 'd']);
  });

  it('says nothing about a good one', () => {
    expect(problemsOf(GOOD)).toEqual([]);
  });

  it('names the line of each mistake', () => {
    const problems = problemsOf(GOOD.replace('"text"', '"string"').replace('"orders",', '"Orders!",'));
    expect(problems.map(({ line, path }) => [line, path])).toEqual([
      [2, 'name'],
      [6, 'columns[1].type'],
    ]);
  });

  it('names the parent of what is missing, and the line of broken JSON', () => {
    expect(problemsOf(GOOD.replace('"name": "state", ', ''))).toMatchObject([
      { line: 6, path: 'columns[1].name' },
    ]);
    expect(problemsOf(GOOD.replace('"decimal" },', '"decimal" }'))[0]).toMatchObject({ line: 6 });
  });

  it('gives a built-in one another name, and stays valid', () => {
    for (const projection of BUILT_IN_PROJECTIONS) {
      const text = renamed(JSON.stringify(projection), 'mine', 'Mine');
      expect(JSON.parse(text)).toMatchObject({ name: 'mine', reducer: { name: 'mine' } });
    }
  });

  it('knows whose rows they are', () => {
    expect(aggregateTypeOf(GOOD)).toBe('Order');
    expect(aggregateTypeOf('{"source":{"topics":["t"]}}')).toBeNull();
    expect(aggregateTypeOf('{')).toBeNull();
  });
});
