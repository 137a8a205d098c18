import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from './json.ts';
import { formatPath, getPath, PathProblem, parsePath, removePath, setPath } from './path.ts';

describe('paths', () => {
  it('reads dots, indexes and quoted keys', () => {
    expect(parsePath('data.items[0].id')).toEqual(['data', 'items', 0, 'id']);
    expect(parsePath('["a.b"].c')).toEqual(['a.b', 'c']);
    expect(parsePath('rates["a\\"]b"][2]')).toEqual(['rates', 'a"]b', 2]);
    expect(parsePath('')).toEqual([]);
  });
  it.each(['a..b', '.a', 'a.', 'a[x]', 'a["b]', 'a b', 'a[0'])('refuses %s', (text) => {
    expect(() => parsePath(text)).toThrow(PathProblem);
  });
  it('reads back what it writes, for any keys', () => {
    const steps = fc.array(fc.oneof(fc.string(), fc.nat({ max: 1e6 })));
    fc.assert(
      fc.property(steps, (path) => {
        expect(parsePath(formatPath(path))).toEqual(path);
      }),
    );
  });
  it('finds own keys only', () => {
    const value = parseJson('{"a":[{"b":1250.00}],"__proto__":{"x":1}}');
    expect(getPath(value, ['a', 0, 'b'])).toMatchObject({ value: '1250.00' });
    expect(getPath(value, ['a', 0, 'b', 'value'])).toBeUndefined();
    expect(getPath(value, ['toString'])).toBeUndefined();
    expect(getPath(value, ['__proto__', 'x'])).toBe(1);
    expect(getPath({}, ['__proto__'])).toBeUndefined();
    expect(getPath(value, ['a', 'length'])).toBeUndefined();
  });
});

describe('setPath and removePath', () => {
  it('change a copy and share the rest', () => {
    const root = parseJson('{"a":{"b":1},"c":{"d":[1,2]}}') as { a: unknown; c: unknown };
    const after = setPath(root as never, ['a', 'b'], 2) as typeof root;
    expect(after).toEqual({ a: { b: 2 }, c: { d: [1, 2] } });
    expect(root).toEqual({ a: { b: 1 }, c: { d: [1, 2] } });
    expect(after.c).toBe(root.c);
    expect(setPath(root as never, ['a', 'b'], 1)).toBe(root);
  });
  it('make what is missing on the way', () => {
    expect(setPath({}, ['a', 'list', 0, 'x'], 1)).toEqual({ a: { list: [{ x: 1 }] } });
    expect(setPath({ a: null }, ['a', 'b'], 1)).toEqual({ a: { b: 1 } });
  });
  it('say where the way is blocked', () => {
    expect(() => setPath({ a: 'text' }, ['a', 'b'], 1)).toThrow('Cannot set a.b: a is a string');
    expect(() => setPath({ a: [1] }, ['a', 5], 1)).toThrow(/has only 1 items/);
    expect(() => setPath({ a: {} }, ['a', 0], 1)).toThrow('Cannot set a[0]: a is an object');
  });
  it('do not touch a prototype', () => {
    const after = setPath({}, ['__proto__', 'polluted'], true);
    expect(Object.keys(after as object)).toEqual(['__proto__']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
  it('remove keys and items, and only them', () => {
    const root = parseJson('{"a":{"b":1,"c":2},"l":[1,2,3]}');
    expect(removePath(root, ['a', 'b'])).toEqual({ a: { c: 2 }, l: [1, 2, 3] });
    expect(removePath(root, ['l', 1])).toEqual({ a: { b: 1, c: 2 }, l: [1, 3] });
    expect(removePath(root, ['x', 'y'])).toBe(root);
    expect(removePath(root, ['l', 9])).toBe(root);
  });
});
