/** Streams that go into a program one after the other, in any pieces, give what each gives on its own. */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import type { Folder } from '../../core/folder.ts';
import { formatJson, parseJson } from '../../core/json.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import { loadSandbox } from './quickjs.ts';
import { withAndWithoutUpcaster } from './testing/programs.ts';

beforeAll(loadSandbox);

const SOURCE = `
export const handles = ['Counted', 'Failed', 'Endless', 'Reset'];
export const initial = { n: 0, of: null };
export function reduce(state, { type, data, aggregateId }) {
  if (type === 'Failed') throw new Error('no ' + data.n);
  if (type === 'Endless') for (;;);
  if (type === 'Reset') return state.n === 0 ? state : { n: 0, of: null };
  return { n: state.n + data.n, of: aggregateId };
}`;
const folders = () => withAndWithoutUpcaster('many', SOURCE, 'Counted');

let nextId = 1;
const eventOf = (type: string, n: number): StreamEvent => {
  const id = nextId++;
  return {
    ...{ topic: 't', partition: 0, offset: id, id, verdict: 'committed' },
    ...{ kind: type === 'Broken' ? 'undecodable' : 'event', type, schemaVersion: '1', eventId: null },
    ...{ version: null, occurredAt: null, recordedAt: id, monotonicAt: id, data: { n } },
  };
};
const type = fc.constantFrom('Counted', 'Counted', 'Reset', 'Old', 'Ignored', 'Failed', 'Broken');
/** Where a stream begins. */
const start = fc.constantFrom(
  '{"n":0,"of":null}',
  '{"n":5,"of":"\\u0001dx"}',
  '{"n":9007199254740993,"of":1.50}',
  null,
);
const streams = fc.array(
  fc.array(fc.tuple(type, fc.integer({ min: 0, max: 9 })), { minLength: 1, maxLength: 7 }),
  {
    minLength: 1,
    maxLength: 8,
  },
);

interface Stream {
  /** Null: the initial state. */
  start: string | null;
  events: StreamEvent[];
}
const stateOf = (folder: Folder, text: string | null): Json =>
  text === null ? folder.initial : parseJson(text);

/** By steps, each stream from its own state. */
function stepped(folder: Folder, all: readonly Stream[]) {
  return all.flatMap(({ start, events }, at) => {
    let state = stateOf(folder, start);
    return events.map((event) => {
      const { problem = null, ...after } = folder.step(state, event, { aggregateId: `a-${at}` });
      state = after.state;
      return { state: formatJson(state), problem };
    });
  });
}

function walked(folder: Folder, all: readonly Stream[], atOnce: number) {
  const walk = folder.walk!(folder.initial);
  const contexts = all.map((_, at) => ({ aggregateId: `a-${at}` }));
  const places = all.flatMap(({ start, events }, at) =>
    events.map((event, index) => {
      const before = index === 0 ? stateOf(folder, start) : undefined;
      return { event, stream: contexts[at]!, before };
    }),
  );
  const found: { state: string; problem: string | null }[] = [];
  for (let from = 0; from < places.length; from += atOnce) {
    const some = places.slice(from, from + atOnce);
    const told = walk.go(
      some.map(({ event }) => event),
      (index) => some[index]!.stream,
      (index) => some[index]!.before,
    );
    for (const { text, problem } of told) found.push({ state: formatJson(parseJson(text)), problem });
  }
  return found;
}

it('random streams with failures and types that are not handled', () => {
  fc.assert(
    fc.property(
      streams,
      fc.infiniteStream(start),
      fc.integer({ min: 1, max: 20 }),
      (kinds, starts, atOnce) => {
        for (const folder of folders()) {
          const all = kinds.map((events) => ({
            start: starts.next().value,
            events: events.map(([name, n]) => eventOf(name, n)),
          }));
          expect(walked(folder, all, atOnce)).toEqual(stepped(folder, all));
        }
      },
    ),
    { numRuns: 150 },
  );
});

it('a program that is stopped at the first event of a stream begins it at the initial state', () => {
  const [folder] = folders();
  const all = [
    { start: null, events: [eventOf('Counted', 5)] },
    { start: null, events: [eventOf('Endless', 1), eventOf('Counted', 2)] },
    { start: '{"n":7,"of":null}', events: [eventOf('Counted', 3)] },
  ];
  const found = walked(folder!, all, 10);
  expect(found.map(({ state }) => parseJson(state))).toEqual([
    { n: 5, of: 'a-0' },
    { n: 0, of: null },
    { n: 2, of: 'a-1' },
    { n: 10, of: 'a-2' },
  ]);
  expect(found[1]!.problem).toMatch(/Endless: .*endless loop/);
});
