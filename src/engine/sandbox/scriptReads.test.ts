/** What a program reads of a payload is told only where it is certain; with nothing else of it, it does the same. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatJson } from '../../core/json.ts';
import type { JsonObject, StreamEvent } from '../../core/model.ts';
import { loadSandbox } from './quickjs.ts';
import { scriptFolder } from './scriptFolder.ts';
import { readsOf } from './scriptReads.ts';

beforeAll(loadSandbox);

const keysOf = (code: string) => {
  const reads = readsOf(code);
  return reads === null ? null : [...reads.payload].sort();
};
const reduce = (parameters: string, body: string) =>
  `export function reduce(${parameters}) {\n${body}\nreturn state;\n}`;

it.each([
  [reduce('state, { data }', 'data.n;'), []],
  [reduce('state, { type, version: v = 1, data }', 'data.n + v;'), ['type', 'version']],
  [
    reduce('state, event', 'const { aggregateId } = event; state = [event.type, aggregateId];'),
    ['aggregateId', 'type'],
  ],
])('what a program reads beside the payload: %s', (code, beside) => {
  expect([...readsOf(code)!.beside].sort()).toEqual(beside);
});

describe('keys of the payload that a program reads', () => {
  it.each([
    [
      'by name',
      reduce('state, { type, data }', 'if (type === "A") return { n: data.n, m: data.m };'),
      ['m', 'n'],
    ],
    ['of the event', reduce('state, event', 'return { at: event.recordedAt, n: event.data.n };'), ['n']],
    [
      'in quotes, where something may be missing',
      reduce('state, event', "state = event?.data?.['a-b'];"),
      ['a-b'],
    ],
    ['in patterns', reduce('state, { data: { a, b: { c }, "d-e": f = 1 } }', ''), ['a', 'b', 'd-e']],
    [
      'taken out before',
      reduce('state, event', 'const { data } = event; const { a } = data; state = a;'),
      ['a'],
    ],
    [
      'by a method of a value',
      reduce('state, { data }', 'return { n: data.n.plus(1), all: data.list.map(String) };'),
      ['list', 'n'],
    ],
    ['in what is called later', reduce('state, { data }', 'return [1].map((x) => x + data.n);'), ['n']],
    ['as a constant', 'export const reduce = (state, { data }) => ({ n: data.n });', ['n']],
    ['by default', 'export default (state, { data }) => ({ n: data.n });', ['n']],
    [
      'by name before the default',
      `${reduce('state, { data }', 'data.a;')} export default (s, e) => e.data;`,
      ['a'],
    ],
    ['none', reduce('state', 'return { n: (state.n ?? 0) + 1 };'), []],
    [
      'by functions of its own',
      `function deposit(state, event) { return { n: event.data.n }; }
const fee = (event) => event.data.fee;
${reduce('state, event', 'return event.type === "D" ? deposit(state, event) : fee(event);')}`,
      ['fee', 'n'],
    ],
    [
      'by handlers of a table',
      `const on = { A(s, event) { return event.data.a; }, 'b-c': (s, { data }) => data.b, D: deposit };
function deposit(state, { data: { n } }) { return n; }
export const reduce = (state, event) => on[event.type]?.(state, event) ?? state;`,
      ['a', 'b', 'n'],
    ],
    [
      'by handlers that are given the payload alone, one of them where there is none',
      `const none = (state) => state;
const on = Object.freeze({ [names.A]: (s, data) => data.a, B: (s, { b }) => b });
${reduce('state, event', 'const handler = on[event.type] ?? none; return handler(state, event.data);')}`,
      ['a', 'b'],
    ],
    [
      'by handlers of a table that is asked before',
      `const on = { A: (s, event) => event.data.a };
${reduce('state, event', 'if (!(event.type in on) || !Object.hasOwn(on, event.type)) return state; const { [event.type]: x } = {}; return on[event.type](state, event);')}`,
      ['a'],
    ],
    [
      'where the word is only a key of others',
      reduce('state, { data }', 'return { data: state.data, n: data.n };'),
      ['n'],
    ],
  ])('%s', (_, code, keys) => {
    expect(keysOf(code)).toEqual(keys);
  });

  it.each([
    ['kept as a whole', reduce('state, { data }', 'return { last: data };')],
    ['kept in short', reduce('state, { data }', 'return { data };')],
    ['spread', reduce('state, { data }', 'return { ...state, ...data };')],
    ['listed', reduce('state, { data }', 'return { keys: Object.keys(data) };')],
    ['asked for', reduce('state, { data }', 'return { has: "a" in data };')],
    ['by a key of the state', reduce('state, { data }', 'return { n: data[state.key] };')],
    ['by what all objects have', reduce('state, { data }', 'return { n: data.hasOwnProperty("a") };')],
    ['under another name', reduce('state, { data }', 'const other = data; return other;')],
    ['the rest of a pattern', reduce('state, { data: { a, ...rest } }', 'return rest;')],
    ['an empty pattern', reduce('state, { data }', 'const {} = data;')],
    ['by another in its place', reduce('state, { data = {} }', 'return { n: data.n };')],
    ['written to', reduce('state, { data }', 'data.n = 1;')],
    ['written to by a pattern', reduce('state, { data }', '[data.n] = [1];')],
    ['counted up', reduce('state, { data }', 'data.n++;')],
    ['deleted', reduce('state, { data }', 'delete data?.n;')],
    ['assigned', reduce('state, { data }', 'data = { n: 1 };')],
    ['the event handed on', reduce('state, event', 'return help(event);')],
    ['the event spread', reduce('state, event', 'return { ...event };')],
    ['the rest of the event', reduce('state, { type, ...rest }', 'return rest;')],
    ['the whole value', reduce('state, event', 'return { n: event.value.n };')],
    ['the id of the event', reduce('state, event', 'return { id: event.eventId };')],
    ['arguments', reduce('state', 'return { n: arguments[1].data.n };')],
    ['the rest of the arguments', 'export const reduce = (...all) => all[1].data;'],
    ['by a handler', 'const on = { A: (s, e) => e.data }; export const reduce = (s, e) => on[e.type](s, e);'],
    [
      'the name used twice',
      `const sum = (data) => data; ${reduce('state, { data }', 'return { n: data.n };')}`,
    ],
    ['another function in its place', `${reduce('state, { data }', 'data.n;')} reduce = (s, e) => e.data;`],
    [
      'by a handler that hands it on',
      'const on = { A: (s, e) => help(e) }; export const reduce = (s, e) => on[e.type](s, e);',
    ],
    [
      'by a handler of several arguments at once',
      'const on = { A: (...all) => all[1].data }; export const reduce = (s, e) => on[e.type](s, e);',
    ],
    [
      'given to handlers behind a list',
      'const on = { A: (s, e) => e.data.a }; export const reduce = (s, e) => on[e.type](...s, e);',
    ],
    [
      'given to handlers first, among which is what all objects have',
      'const on = { A: (e) => e.data.a }; export const reduce = (s, e) => on[e.type](e);',
    ],
    [
      'by handlers that are put into the table later',
      'const on = { A: (s, e) => e.data.a }; on.B = (s, x) => x.data; export const reduce = (s, e) => on[e.type](s, e);',
    ],
    [
      'by a table that others have in their hands',
      'const on = { A: (s, e) => e.data.a }; fill(on); export const reduce = (s, e) => on[e.type](s, e);',
    ],
    [
      'by a handler that writes to its table',
      'const on = { A(s, e) { this.B = (s, x) => x.data; return e.data.a; } }; export const reduce = (s, e) => on[e.type](s, e);',
    ],
    [
      'by a table made of others',
      'const on = { ...more, A: (s, e) => e.data.a }; export const reduce = (s, e) => on[e.type](s, e);',
    ],
    [
      'by a table whose parts are made when they are read',
      'const on = { get A() { return (s, x) => x.data; } }; export const reduce = (s, e) => on[e.type](s, e);',
    ],
    [
      'by what the program gives all objects',
      'Object.prototype.toString = (s, x) => x.data; const on = {}; export const reduce = (s, e) => on[e.type](s, e);',
    ],
    [
      'by one of the methods of a function',
      'const f = (s, e) => e.data.a; export const reduce = (s, e) => f.call(null, s, e);',
    ],
    [
      'by a function that is exchanged',
      'let f = (s, e) => e.data.a; f = (s, x) => x.data; export const reduce = (s, e) => f(s, e);',
    ],
    [
      'by a class',
      'class A { on(s, e) { return e.data; } } const a = new A(); export const reduce = (s, e) => a.on(s, e);',
    ],
    ['exported from elsewhere', 'const f = (s, e) => e.data; export { f as reduce };'],
    [
      'made by another function',
      'const make = (f) => f; export const reduce = make((s, { data }) => data.n);',
    ],
    ['no JavaScript', 'export function reduce(state, {'],
    ['nothing exported', 'const reduce = (s, { data }) => data.n;'],
  ])('are any: %s', (_, code) => {
    expect(keysOf(code)).toBeNull();
  });
});

const FRAGMENTS = [
  'next.a = data.a;',
  'next.type = event.type;',
  'const { b = 7, "c-d": c } = event.data; next.b = b; next.c = c;',
  'next.list = data?.list?.length ?? "none";',
  'if (data["c-d"] > 3) next.more = (next.more ?? 0) + 1;',
  'next.deep = data.deep.inner;',
  'next.all = { ...data };',
  'next.keys = Object.keys(event.data);',
  'next.text = String(data.a) + event.version;',
  'next.of = event.aggregateId;',
  'next.kind = [event.aggregateType, event.recordedAt];',
  'next.seen = on[event.version % 2 ? "odd" : "even"](next, event);',
  'next.part = (part[data.a] ?? none)(next, event.data);',
  'next.own = own(event);',
];
const STREAM = { aggregateType: 'Order', aggregateId: 'o-1' };
/** What a fragment calls; others do not see it, for the same names stand for other things there. */
const HELPERS: Record<string, string> = {
  'on[': `const on = { odd: (s, event) => event.data?.list ?? 0, even(s, { data: { b } }) { return b ?? s.a; } };`,
  'part[':
    'const part = { a: (s, data) => data.a, b: () => null }; const none = (s, data) => data.b ?? null;',
  'own(': 'function own({ data }) { return data.deep; }',
};
const value = fc.oneof(
  fc.integer(),
  fc.string(),
  fc.constant(null),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.record({ inner: fc.integer() }),
);
const payload = fc.dictionary(fc.constantFrom('a', 'b', 'c-d', 'list', 'deep', 'other'), value);

it('a program that is given no other keys does the same, whatever else there was', () => {
  let known = 0;
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...FRAGMENTS), { minLength: 1, maxLength: 4 }),
      fc.array(payload, { minLength: 1, maxLength: 6 }),
      (fragments, payloads) => {
        const text = fragments.join('\n');
        const helpers = Object.keys(HELPERS).map((call) => (text.includes(call) ? HELPERS[call] : ''));
        const source = `${helpers.join('\n')}
export function reduce(state, event) { String('all..'); const { data } = event; const next = { ...state }; ${text} return next; }`;
        const folder = scriptFolder({ name: 'reading', version: 1, language: 'javascript', source });
        const paths = folder.reads?.('Any') ?? null;
        if (paths === null) return;
        known += 1;
        const eventOf = (data: JsonObject, id: number): StreamEvent => ({
          ...{ topic: 't', partition: 0, offset: id, id, verdict: 'committed', kind: 'event', type: 'Any' },
          ...{ eventId: null, version: id, occurredAt: null, recordedAt: id, monotonicAt: id, data },
        });
        const keys = paths.map(([key]) => key);
        const part = (data: JsonObject) =>
          Object.fromEntries(Object.entries(data).filter(([key]) => keys.includes(key)));
        const whole = folder.fold(payloads.map(eventOf), STREAM);
        // The event is handed on, so that everything is brought over; places in the source stay.
        const all = scriptFolder({
          ...{ name: 'reading all', version: 1, language: 'javascript' },
          source: source.replace("String('all..')", 'String( event )'),
        });
        expect(all.reads?.('Any')).toBeNull();
        expect(all.fold(payloads.map(eventOf), STREAM)).toEqual(whole);
        const partly = folder.fold(
          payloads.map((data, id) => eventOf(part(data), id)),
          STREAM,
        );
        expect(formatJson(partly.state)).toBe(formatJson(whole.state));
        expect(partly.problems).toEqual(whole.problems);
      },
    ),
    { numRuns: 150 },
  );
  expect(known).toBeGreaterThan(20);
});

it('no program gives all objects a key that would read the rest of a payload', () => {
  const sly = () =>
    scriptFolder({
      ...{ name: 'sly', version: 1, language: 'javascript' },
      source: `Object.defineProperty(Object.prototype, 'all', { get() { return Object.keys(this); } });
export function reduce(state, { data }) { return { all: data.all }; }`,
    });
  expect(sly).toThrow(/not extensible/);
});
