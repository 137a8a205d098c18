import { describe, expect, it } from 'vitest';
import { BUILT_IN_PROJECTIONS } from '../../../core/projections/builtin.ts';
import { cursorPlace, statePathsOf, type Vocabulary, wordsAt } from './definitionCompletion.ts';
import {
  aggregateTypeOf,
  characterAt,
  joined,
  laidOut,
  partsOf,
  placesOf,
  problemsOf,
  renamed,
} from './definitionText.ts';
import { diffLines } from './lineDiff.ts';

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

describe('a definition with a program', () => {
  const whole = JSON.stringify({
    name: 'p',
    source: { aggregateTypes: ['A'] },
    columns: [{ name: 'n', type: 'integer' }],
    reducer: { name: 'p', version: 1, language: 'javascript', source: 'line 1\nline 2 "quoted"' },
  });

  it('is written in two parts and comes back the same', () => {
    const parts = partsOf(whole);
    expect(parts.program).toBe('line 1\nline 2 "quoted"');
    expect(parts.text).not.toContain('line 1');
    expect(JSON.parse(joined(parts))).toEqual(JSON.parse(whole));
    expect(problemsOf(parts.text, parts.program)).toEqual([]);
    expect(problemsOf(parts.text, null)).not.toEqual([]);
    expect(characterAt('ab\ncd', 2, 2)).toBe(4);
    expect(characterAt('ab\ncd', 9, null)).toBe(5);
  });

  it('is laid out with small things on one line and every digit', () => {
    const text = laidOut(
      '{"columns":[{"name":"a","type":"text"}],"initial":{"n":0.00,"big":12345678901234567890}}',
    );
    expect(text).toBe(
      '{\n  "columns": [\n    { "name": "a", "type": "text" }\n  ],\n  "initial": { "n": 0.00, "big": 12345678901234567890 }\n}',
    );
  });
});

describe('what may come at the cursor', () => {
  const at = (text: string) => {
    const cursor = text.indexOf('|');
    return cursorPlace(text.replace('|', ''), cursor);
  };
  const words: Vocabulary = {
    aggregateTypes: async () => [{ name: 'Order' }],
    topics: async () => [{ name: 'orders' }],
    eventTypes: async () => [{ name: 'Placed' }, { name: 'Paid' }],
    fields: async (type) => [{ name: type === null ? 'data.any' : `data.of_${type}` }],
  };
  const names = async (text: string) => {
    const place = at(text);
    return place === null ? null : (await wordsAt(place, ['total'], words)).map(({ name }) => name);
  };

  it('is found in a text that is not whole', () => {
    expect(at('{"reducer": {"on": {"Pai|')).toMatchObject({
      path: ['reducer', 'on'],
      at: 'key',
      typed: 'Pai',
    });
    expect(at('{"columns": [{"name": "a", "type": "de|"}]}')).toMatchObject({
      path: ['columns', 0, 'type'],
      at: 'value',
      typed: 'de',
    });
    expect(at('{"a": 1 |')).toBeNull();
    expect(at('{"a": "x"|}')).toBeNull();
  });

  it('are keys, operations, event types and sampled paths', async () => {
    expect(await names('{"|')).toContain('reducer');
    expect(await names('{"name": "x", "|')).not.toContain('name');
    expect(await names('{"reducer": {"on": {"Placed": [], "|"')).toEqual(['Paid', '*', '$tombstone']);
    expect(await names('{"reducer": {"on": {"Paid": [{"op": "|"}]}}}')).toContain('subtract');
    expect((await names('{"reducer": {"on": {"Paid": [{"op": "add", "from": "|"}]}}}'))![0]).toBe(
      'data.of_Paid',
    );
    expect((await names('{"reducer": {"on": {"*": [{"from": "|"}]}}}'))![0]).toBe('data.any');
    expect(await names('{"reducer": {"on": {"Paid": [{"op": "add", "path": "|"}]}}}')).toEqual(['total']);
    expect(await names('{"columns": [{"type": "|"}]}')).toContain('decimal');
    expect(await names('{"source": {"aggregateTypes": ["|"]}}')).toEqual(['Order']);
    expect(await names('{"key": "|"}')).toEqual(['aggregateId', '$eventId', 'data.any']);
  });

  it('knows the paths of the state that the text names', () => {
    expect(statePathsOf('{"initial": {"n": 0}, "on": {"A": [{"path": "sum.a"}, {"path": "sum["}]}')).toEqual([
      'n',
      'sum.a',
    ]);
  });
});

it('tells what became of the lines', () => {
  const lines = diffLines('a\nb\nc\nd', 'a\nx\nc\nd\ne');
  expect(lines.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    'same a',
    'removed b',
    'added x',
    'same c',
    'same d',
    'added e',
  ]);
  expect(lines[2]).toMatchObject({ before: null, after: 2 });
  expect(diffLines('a', 'a').every(({ kind }) => kind === 'same')).toBe(true);
});
