/** States of small whole numbers go a shorter way through the checks; what is next to them is checked as ever. */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { formatJson, parseJson } from '../../core/json.ts';
import type { StreamEvent } from '../../core/model.ts';
import { loadSandbox } from './quickjs.ts';
import { scriptFolder } from './scriptFolder.ts';

beforeAll(loadSandbox);

/** The state is what the event says; some things JSON cannot say. */
const SOURCE = `
const SAID = { half: () => 0.5, none: () => NaN, big: () => 5n, minus: () => -0, loop: () => { const o = {}; o.o = o; return o; }, nothing: () => undefined };
export function reduce(state, { data }) {
  const next = {};
  for (const [key, value] of Object.entries(data)) next[key] = SAID[value]?.() ?? (Object.hasOwn(SAID, value) ? undefined : value);
  return next;
}
export const handles = ['Said', 'Changed'];`;
const CHANGED = SOURCE.replace(
  'const next = {};',
  'if (data.change) { state.x = 1; return state; } const next = {};',
);

const number = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(2147483647, 2147483648, -2147483648, -2147483649, 999999999999999, Number.MAX_SAFE_INTEGER),
);
const said = fc.constantFrom('half', 'none', 'big', 'minus', 'loop', 'nothing');
const value = fc.oneof({ arbitrary: number, weight: 6 }, fc.constantFrom('text', null, true), said);
const state = fc.dictionary(fc.constantFrom('a', 'b', 'length', '0'), value, {
  maxKeys: 3,
  noNullPrototype: true,
});

const eventOf = (data: string, id: number): StreamEvent => ({
  ...{ topic: 't', partition: 0, offset: id, id, verdict: 'committed', kind: 'event', type: 'Said' },
  ...{ eventId: null, version: null, occurredAt: null, recordedAt: id, monotonicAt: id },
  data: parseJson(data),
});

const WORDS = new Map([
  ['half', /0\.5, a float made by JavaScript/],
  ['none', /NaN/],
  ['loop', /a circle/],
]);

it('a state of any values is taken or refused by what it holds, and stays as it was where it is refused', () => {
  fc.assert(
    fc.property(fc.array(state, { minLength: 1, maxLength: 40 }), fc.nat(), (states, no) => {
      const folder = scriptFolder({ name: `flat ${no}`, version: 1, language: 'javascript', source: SOURCE });
      const events = states.map((each, id) => eventOf(JSON.stringify(each), id));
      let wanted = '{}';
      const walked = [...folder.walk!(folder.initial).go(events, () => ({}))];
      for (const [at, { text, problem }] of walked.entries()) {
        const given = Object.entries(states[at]!);
        const refusal = given.map(([, each]) => WORDS.get(String(each))).find((words) => words !== undefined);
        if (refusal === undefined) {
          expect(problem).toBeNull();
          const there = given.filter(([, each]) => each !== 'nothing');
          const plain = there.map(([key, each]) => [key, each === 'big' ? 5 : each === 'minus' ? 0 : each]);
          wanted = JSON.stringify(Object.fromEntries(plain));
        } else expect(problem).toMatch(refusal);
        expect(formatJson(parseJson(text))).toBe(formatJson(parseJson(wanted)));
      }
    }),
    { numRuns: 60 },
  );
});

it('a flat state cannot be changed by the next event', () => {
  const folder = scriptFolder({ name: 'changed', version: 1, language: 'javascript', source: CHANGED });
  const events = ['{"x":5}', '{"change":1}', '{"x":6}'].map(eventOf);
  const walked = [...folder.walk!(folder.initial).go(events, () => ({}))];
  expect(walked.map(({ text }) => text)).toEqual(['{"x":5}', '{"x":5}', '{"x":6}']);
  expect(walked[1]!.problem).toMatch(/read-only/);
});
