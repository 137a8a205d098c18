import { beforeAll, describe, expect, it } from 'vitest';
import type { Folder } from '../../core/folder.ts';
import { formatJson, parseJson } from '../../core/json.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import { loadSandbox } from './quickjs.ts';
import { scriptFolder } from './scriptFolder.ts';

beforeAll(loadSandbox);

let nextId = 1;
function event(type: string, data: string | Json = {}): StreamEvent {
  const id = nextId++;
  return {
    ...{ topic: 't', partition: 0, offset: id, id, type, kind: 'event', verdict: 'committed' },
    ...{ recordedAt: 1_700_000_000_000 + id, monotonicAt: 1_700_000_000_000 + id, occurredAt: null },
    ...{ version: null, eventId: `e${id}` },
    data: typeof data === 'string' ? parseJson(data) : data,
  };
}

const script = (source: string, language: 'javascript' | 'typescript' = 'javascript'): Folder =>
  scriptFolder({ name: 'mine', version: 1, language, source });
const reduce = (body: string, before = '') =>
  script(`${before}\nexport function reduce(state, event) {\n${body}\n}`);
const messages = (folder: Folder, ...events: StreamEvent[]) =>
  folder.fold(events, {}).problems.map(({ message }) => message);

describe('a script reducer', () => {
  it('folds, and single steps give the same', () => {
    const folder = script(`
export const initial = { count: 0, names: [] };
export function reduce(state, { type, data, aggregateId, recordedAt }) {
  if (type !== 'Named') return state;
  return { ...state, id: aggregateId, at: recordedAt, count: state.count + 1, names: [...state.names, data.name] };
}`);
    const events = [event('Named', { name: 'a' }), event('Other'), event('Named', { name: 'b' })];
    const context = { aggregateType: 'T', aggregateId: '7' };
    const { state, problems } = folder.fold(events, context);
    expect(problems).toEqual([]);
    expect(state).toEqual({
      count: 2,
      names: ['a', 'b'],
      id: '7',
      at: new Date(events[2]!.recordedAt).toISOString(),
    });
    let stepped = folder.initial;
    for (const each of events) stepped = folder.step(stepped, each, context).state;
    expect(stepped).toEqual(state);
    const kept = folder.step(stepped, event('Named', { name: 'c' }), context).state as { names: Json };
    expect(folder.step(kept, event('Other'), context).state).toBe(kept);
  });

  it('reads TypeScript and names places in it', () => {
    const folder = script(
      `type State = { n: number };
export function reduce(state: State, event: { data: { n: number } }): State {
  return { n: (state as State).missing.deep + event.data.n };
}`,
      'typescript',
    );
    expect(messages(folder, event('A', { n: 1 }))[0]).toMatch(/^A: TypeError: .+ \(line 3, column \d+\)$/);
    expect(() => script('enum A { B }\nexport const reduce = 1', 'typescript')).toThrow(/TypeScript: .*enum/);
  });

  it('keeps every digit of integers and decimals', () => {
    const folder = script(`
export const initial = { balance: Decimal('0.00'), count: 0, big: 0 };
export function reduce(state, { data }) {
  return { balance: state.balance.plus(data.amount), count: state.count.plus(1), big: state.big.plus(data.id), seen: data };
}`);
    const events = [
      event('A', '{"amount":61.76,"id":9007199254740993,"odd":[1e400,-0,1.50,12345678901234567890.1]}'),
      event('A', '{"amount":"0.10","id":1,"odd":"\\u0001d5"}'),
    ];
    expect(formatJson(folder.fold(events.slice(0, 1), {}).state)).toBe(
      '{"balance":61.76,"count":1,"big":9007199254740993,"seen":{"amount":61.76,"id":9007199254740993,"odd":[1e400,-0,1.50,12345678901234567890.1]}}',
    );
    expect(formatJson(folder.fold(events, {}).state)).toBe(
      '{"balance":61.86,"count":2,"big":9007199254740994,"seen":{"amount":"0.10","id":1,"odd":"\\u0001d5"}}',
    );
    expect(
      messages(reduce('return { sum: 1 + event.data.amount };'), event('A', '{"amount":0.5}'))[0],
    ).toMatch(/a Decimal cannot be used with \+.*use \.plus.*\(line 3, column \d+\)/);
    const divided = reduce('return { q: Decimal(event.data.a).div(3, 2), r: Decimal("2.345").round(2) };');
    expect(formatJson(divided.fold([event('A', '{"a":10}')], {}).state)).toBe('{"q":3.33,"r":2.35}');
  });

  it.each([
    ['a clock', 'return { at: Date.now() };', /has no clock.*\(line 3, column/],
    ['a new date', 'return { at: new Date().getTime() };', /has no clock/],
    ['a time without zone', 'return { at: new Date("2025-01-01T10:00").getTime() };', /without a zone/],
    ['random', 'return { n: Math.random() };', /no random/],
    ['eval', 'return eval("({})");', /cannot run code from text/],
    ['the constructor of functions', 'return (() => {}).constructor("return {}")();', /cannot run code/],
    ['the outside', 'return { p: process.env };', /process.? is not defined/],
    ['nothing', 'return;', /returned nothing; return the state/],
    ['a function', 'return { deep: { f: () => 1 } };', /has at deep\.f a function/],
    ['a function at the top', 'return () => 1;', /the state is a function/],
    ['a symbol', 'return { list: [1, Symbol("x")] };', /has at list\[1\] a symbol/],
    ['a circle', 'const a = {}; a.self = { a }; return a;', /has at self\.a a circle/],
    ['NaN', 'return { n: Number("x") };', /has at n NaN/],
    ['a float', 'return { n: 1 / 3 };', /0\.333.*a float made by JavaScript; make exact numbers/],
    ['a promise', 'return Promise.resolve({});', /class Promise/],
    ['a map', 'return { m: new Map() };', /class Map/],
    ['undefined in a list', 'return { list: [undefined] };', /has at list\[0\] undefined/],
    ['a changed state', 'state.n = 1; return state;', /TypeError.*\(line 3, column/],
    [
      'deep nesting',
      'let s = {}; for (let i = 0; i < 600; i++) s = { s }; return s;',
      /deeper than \d+ levels/,
    ],
    ['endless recursion', 'const f = () => f() + 1; return { n: f() };', /stack overflow.*\(line 3/i],
    ['thrown text', 'throw "no";', /it threw no/],
    ['too large a state', 'return { t: "x".repeat(17 * 1024 * 1024) };', /grown beyond 16 MB/],
    ['memory', 'const l = []; for (;;) l.push(new Uint8Array(1e6));', /more than 96 MB of memory/],
    ['an endless loop', 'for (;;);', /too many steps/],
  ])('names the event for %s, keeps the state and goes on', (_, body, expected) => {
    const folder = reduce(`if (event.type === 'Bad') {${body}}\nreturn { n: (state.n ?? 0) + 1 };`);
    const [first, bad, last] = [event('Good'), event('Bad'), event('Good')];
    const { state, problems } = folder.fold([first, bad, last], {});
    expect(problems).toHaveLength(1);
    expect(problems[0]!.id).toBe(bad.id);
    expect(problems[0]!.message).toMatch(expected);
    expect(state).toEqual({ n: 2 });
    const one = folder.step({ n: 5 }, bad, {});
    expect(one.state).toEqual({ n: 5 });
    expect(one.problem).toMatch(expected);
  });

  it('refuses one that overruns the stack of the sandbox itself, and another one runs', async () => {
    const nesting = reduce(
      'let s = []; for (let i = 0; i < 1e5; i++) s = [s]; return { t: JSON.stringify(s) };',
    );
    expect(() => nesting.fold([event('A')], {})).toThrow(/nested too deeply/);
    await loadSandbox();
    expect(reduce('return { ok: 1 };').fold([event('A')], {}).state).toEqual({ ok: 1 });
  });

  it('gives up a script that has to be stopped again and again, and another one runs', () => {
    const endless = reduce('for (;;);');
    expect(() =>
      endless.fold(
        Array.from({ length: 30 }, () => event('A')),
        {},
      ),
    ).toThrow(/stopped at 6 events/);
    expect(reduce('return { ok: true };').fold([event('A')], {}).state).toEqual({ ok: true });
  });

  it('refuses scripts that keep something beside the state or depend on the order of keys', () => {
    const many = [event('A', { b: 1, a: 2 }), event('A', { a: 1 }), event('A', { c: 1 })];
    expect(() => reduce('n += 1; return { n };', 'let n = 0;').fold(many, {})).not.toThrow();
    expect(() => reduce('n += 1; return { n };', 'let n = 0;').fold([...many, event('A')], {})).not.toThrow();
    expect(() =>
      reduce('return { ...state, ...event.data, first: Object.keys(state)[0] ?? null };').fold(many, {}),
    ).toThrow(/order of keys/);
  });

  it.each([
    ['no function', 'export const x = 1;', /exports no function “reduce/],
    ['a mistake of writing', 'export function reduce(state) {\n  return {;\n}', /SyntaxError.*line 2/],
    ['an import', 'import fs from "node:fs";\nexport const reduce = (s) => s;', /fs/],
    ['a loop at the top', 'for (;;);', /too many steps/],
    [
      'an initial state that is no object',
      'export const initial = 5; export const reduce = (s) => s;',
      /“initial”/,
    ],
  ])('is refused for %s', (_, source, expected) => {
    expect(() => script(source)).toThrow(expected);
  });

  it('takes a state of 100,000 keys and one of 10 MB', () => {
    const folder = reduce(`
      if (event.type === 'Many') return Object.fromEntries(Array.from({ length: 100000 }, (_, i) => ['k' + i, i]));
      return { ...state, text: 'x'.repeat(10 * 1024 * 1024) };`);
    const { state, problems } = folder.fold([event('Many'), event('Text')], {});
    expect(problems).toEqual([]);
    expect(Object.keys(state as object)).toHaveLength(100_001);
  });
});
