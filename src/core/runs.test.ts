import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FilterProblem } from './filter/filter.ts';
import { parseJson } from './json.ts';
import type { Json } from './model.ts';
import { compileCondition, type Holds, Runs } from './runs.ts';

const holds = (expression: string, state: string): Holds =>
  compileCondition({ name: 'it', expression }).holds(parseJson(state));

describe('a condition on a state', () => {
  it('compares exactly, numbers kept as text included', () => {
    expect(holds('balance >= 0', '{"balance":0}')).toBe(true);
    expect(holds('balance >= 0', '{"balance":"-0.01"}')).toBe(false);
    expect(holds('balance < 9007199254740993', '{"balance":9007199254740992}')).toBe(true);
    expect(holds('balance < 9007199254740993', '{"balance":9007199254740993}')).toBe(false);
    expect(holds('status = "open" and not balance < 0', '{"status":"open","balance":"1.50"}')).toBe(true);
  });

  it('cannot be said where a path is not there or of another kind, unless the rest decides', () => {
    expect(holds('balance >= 0', '{}')).toBe(null);
    expect(holds('balance >= 0', '{"balance":null}')).toBe(null);
    expect(holds('balance >= 0', '{"balance":{"amount":1}}')).toBe(null);
    expect(holds('not balance >= 0', '{}')).toBe(null);
    expect(holds('balance >= 0 or status = "new"', '{"status":"new"}')).toBe(true);
    expect(holds('balance >= 0 and status = "new"', '{"status":"old"}')).toBe(false);
    expect(holds('balance >= 0 and status = "new"', '{"status":"new"}')).toBe(null);
    expect(holds('balance exists', '{}')).toBe(false);
    expect(holds('closed_at is null', '{"closed_at":null}')).toBe(true);
  });

  it('takes every item of a list, and keys that are no plain names', () => {
    expect(holds('items[*].quantity < 0', '{"items":[{"quantity":1},{"quantity":-1}]}')).toBe(true);
    expect(holds('not items[*].quantity < 0', '{"items":[{"quantity":1}]}')).toBe(true);
    expect(holds('items[*].quantity < 0', '{"items":[]}')).toBe(null);
    expect(holds('["a b"].c = 1', '{"a b":{"c":1}}')).toBe(true);
    expect(holds('data = 1', '{"data":1}')).toBe(true);
  });

  it('names the place of what is wrong', () => {
    const problem = (expression: string): FilterProblem => {
      try {
        compileCondition({ name: 'it', expression });
      } catch (error) {
        return error as FilterProblem;
      }
      throw new Error('it was accepted');
    };
    expect(problem('')).toMatchObject({
      message: 'The condition is empty',
      hint: expect.stringMatching(/balance/),
    });
    expect(problem('balance >=')).toBeInstanceOf(FilterProblem);
    expect(problem('balance >= 0 && x = 1')).toMatchObject({ position: 13 });
    expect(problem('>= 0')).toMatchObject({
      position: 0,
      message: expect.stringMatching(/path of the state/),
    });
  });

  it('gives the first value it looks at', () => {
    const condition = compileCondition({ name: 'it', expression: 'not (a.b > 1 or c = 2)' });
    expect(condition.value({ a: { b: 7 } })).toBe(7);
    expect(condition.value({})).toBe(undefined);
  });
});

describe('runs', () => {
  it('cover every event, are never two alike in a row, and are what each state says', () => {
    const state = fc.oneof(
      fc.constant<Json>({}),
      fc.integer({ min: -2, max: 2 }).map((balance) => ({ balance })),
    );
    fc.assert(
      fc.property(fc.array(state, { maxLength: 30 }), (states) => {
        const condition = compileCondition({ name: 'it', expression: 'balance >= 0' });
        const gathered = new Runs(condition);
        for (const [index, each] of states.entries()) gathered.add(index, each);
        const said = gathered.runs.flatMap(({ from, to, holds: is }) => Array<Holds>(to - from + 1).fill(is));
        expect(said).toEqual(states.map((each) => condition.holds(each)));
        for (const [at, run] of gathered.runs.entries())
          expect(run.holds).not.toBe(gathered.runs[at + 1]?.holds);
      }),
    );
  });
});
