/** What a program tells of watched keys is what single steps give there, whatever becomes of its state. */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import type { AsParts, AsText, Folder, Walk } from '../../core/folder.ts';
import { formatJson, parseJson } from '../../core/json.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import { getPath } from '../../core/path.ts';
import { loadSandbox } from './quickjs.ts';
import { withAndWithoutUpcaster } from './testing/programs.ts';

beforeAll(loadSandbox);

/** Does with the state what the event says. */
const SOURCE = `
export const initial = { a: 0, b: 'begin', '': null };
const part = (state) => typeof state === 'object' && state !== null && !Array.isArray(state) ? state : {};
export function reduce(state, { type, data }) {
  const { key, value } = data;
  const own = Object.hasOwn(part(state), key) ? state[key] : undefined;
  switch (type) {
    case 'Put': return { ...part(state), [key]: value };
    case 'Count': return { ...part(state), [key]: (typeof own === 'number' ? own : 0) + 1 };
    case 'Copy': return { ...part(state) };
    case 'Bare': return Object.assign(Object.create(null), part(state));
    case 'Drop': { const next = { ...part(state) }; delete next[key]; return next; }
    case 'Undefined': return { ...part(state), [key]: undefined };
    case 'Whole': return value;
    case 'Exact': return { ...part(state), [key]: Decimal('1.50').plus(part(state).a ?? 0) };
    case 'Large': return { ...part(state), [key]: 9007199254740993n };
    case 'Minus': return { ...part(state), [key]: -0 };
    case 'Deep': return { ...part(state), [key]: { inner: own ?? null } };
    case 'Changed': state.a = 1; return state;
    case 'Float': return { ...part(state), [key]: 0.5 };
    case 'Failed': throw new Error('no ' + key);
    case 'Endless': for (;;);
    default: return state;
  }
}`;
const folders = () => withAndWithoutUpcaster('watched', SOURCE, 'Put');

const TYPES = [
  ...['Put', 'Put', 'Count', 'Count', 'Copy', 'Bare', 'Drop', 'Undefined', 'Whole', 'Exact', 'Large'],
  ...['Minus', 'Deep', 'Changed', 'Float', 'Failed', 'Old', 'Broken', 'Other'],
];
const key = fc.constantFrom(
  'a',
  'a',
  'b',
  '',
  '__proto__',
  'constructor',
  'length',
  '0',
  'é\u0001',
  '\ud800"',
);
const value = fc.constantFrom(
  ...['0', '7', '-3', '999999999999999', '1000000000000000', '9007199254740991', '9007199254740993', '1.50'],
  ...['null', 'true', '""', '"x\\u0001y"', '"\\u0001d5"', '[1,{"a":2}]', '[]', '{"a":1,"__proto__":{"b":2}}'],
);
interface Told {
  type: string;
  key: string;
  value: string;
}
const event = fc.record<Told>({ type: fc.constantFrom(...TYPES), key, value });
const START = ['{"a":5}', '{"a":9007199254740993,"b":1.50,"__proto__":[1]}', '[1,2]', '"text"', '7', null];

let nextId = 1;
function eventOf(told: Told): StreamEvent {
  const id = nextId++;
  return {
    ...{
      topic: 't',
      partition: 0,
      offset: id,
      id,
      verdict: 'committed',
      type: told.type,
      schemaVersion: '1',
    },
    ...{ kind: told.type === 'Broken' ? 'undecodable' : 'event', eventId: null, version: null },
    ...{ occurredAt: null, recordedAt: id, monotonicAt: id },
    data: { key: told.key, value: parseJson(told.value) },
  };
}

interface Stream {
  /** Null: the initial state. */
  start: string | null;
  events: StreamEvent[];
}
interface Placed {
  event: StreamEvent;
  before: Json | undefined;
}
const placesOf = ({ initial }: Folder, streams: readonly Stream[]): Placed[] =>
  streams.flatMap(({ start, events }) => {
    const state = start === null ? initial : parseJson(start);
    return events.map((each, index) => ({ event: each, before: index === 0 ? state : undefined }));
  });

interface Found {
  state: Json;
  problem: string | null;
}
function stepped(folder: Folder, places: readonly Placed[]): Found[] {
  let state = folder.initial;
  return places.map(({ event: each, before }) => {
    const { problem = null, ...after } = folder.step(before ?? state, each, {});
    state = after.state;
    return { state, problem };
  });
}

/** Several walks in turns, each by so many events at once, so that none finds the guest as it has left it. */
function walked(
  walks: readonly Walk<AsText | AsParts>[],
  places: readonly Placed[],
  atOnce: number,
): Found[][] {
  const found = walks.map((): Found[] => []);
  for (let from = 0; from < places.length; from += atOnce) {
    const some = places.slice(from, from + atOnce);
    for (const [no, walk] of walks.entries()) {
      const told = walk.go(
        some.map((each) => each.event),
        () => ({}),
        (index) => some[index]!.before,
      );
      for (const each of told) {
        const state = 'text' in each ? parseJson(each.text) : each.state;
        found[no]!.push({ state, problem: each.problem });
      }
    }
  }
  return found;
}

/** What a condition can see of the states. */
const seen = (found: readonly Found[], keys: ReadonlySet<string>) =>
  found.map(({ state, problem }) => ({
    problem,
    parts: [...keys].map((each) => {
      const part = getPath(state, [each]);
      return part === undefined ? null : formatJson(part);
    }),
  }));

function check(streams: readonly Stream[], watched: readonly ReadonlySet<string>[], atOnce: number): void {
  for (const folder of folders()) {
    const places = placesOf(folder, streams);
    const wanted = stepped(folder, places);
    const watching = watched.map((keys) => folder.watch!(folder.initial, keys));
    const [whole, ...parts] = walked([folder.walk!(folder.initial), ...watching], places, atOnce);
    expect(whole!.map(({ state, problem }) => [formatJson(state), problem])).toEqual(
      wanted.map(({ state, problem }) => [formatJson(state), problem]),
    );
    for (const [no, keys] of watched.entries()) expect(seen(parts[no]!, keys)).toEqual(seen(wanted, keys));
  }
}

const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 4 }).map((each) => new Set(each));
const stream = fc.record({
  start: fc.constantFrom(...START),
  events: fc.array(event, { minLength: 1, maxLength: 9 }),
});

it('random states of any kind, by several walks in turns', () => {
  fc.assert(
    fc.property(
      fc.array(stream, { minLength: 1, maxLength: 6 }),
      fc.array(keys, { minLength: 1, maxLength: 2 }),
      fc.integer({ min: 1, max: 20 }),
      (streams, watched, atOnce) => {
        const made = streams.map(({ start, events }) => ({ start, events: events.map(eventOf) }));
        check(made, watched, atOnce);
      },
    ),
    { numRuns: 150 },
  );
});

it('more events than cross at once, with one at which the program is stopped', () => {
  const [told] = fc.sample(fc.array(event, { minLength: 2_600, maxLength: 2_600 }), { numRuns: 1, seed: 5 });
  told![1_300] = { type: 'Endless', key: 'a', value: '0' };
  const events = told!.map(eventOf);
  const streams = [
    { start: null, events: events.slice(0, 1_250) },
    { start: '{"a":1,"b":2}', events: events.slice(1_250) },
  ];
  check(streams, [new Set(['a']), new Set(['b', '__proto__'])], 2_600);
});

it('an event that changes nothing that is watched is told by the very same state', () => {
  const [folder] = folders();
  const told = [
    ...[
      { type: 'Put', key: 'b', value: '1' },
      { type: 'Deep', key: 'c', value: '0' },
    ],
    ...[
      { type: 'Copy', key: '', value: '0' },
      { type: 'Count', key: 'a', value: '0' },
    ],
  ];
  const watching = folder!.watch!(folder!.initial, new Set(['a', '']));
  const found = [...watching.go(told.map(eventOf), () => ({}))].map(({ state }) => state);
  expect(found.map((each) => formatJson(each))).toEqual([
    '{"a":0,"":null}',
    '{"a":0,"":null}',
    '{"a":0,"":null}',
    '{"a":1,"":null}',
  ]);
  expect(found[1]).toBe(found[0]);
  expect(found[2]).toBe(found[0]);
});
