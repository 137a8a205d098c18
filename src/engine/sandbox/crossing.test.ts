/** Events arrive in the guest as they are, whichever way they cross: by a plan for their shape, or as JSON. */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { formatJson, parseJson } from '../../core/json.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import { EventPlans, type Plan } from './eventPlans.ts';
import { loadSandbox } from './quickjs.ts';
import { scriptFolder } from './scriptFolder.ts';

beforeAll(loadSandbox);

const seen = () =>
  scriptFolder({
    ...{ name: 'seen', version: 1, language: 'javascript' },
    source: `
export const initial = { seen: [] };
export function reduce(state, event) {
  const { type, data, value, eventId, version, occurredAt, recordedAt } = event;
  return { seen: [...state.seen, { type, data, value, eventId, version, occurredAt, recordedAt, keys: Object.keys(event) }] };
}`,
  });

const number = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom(
    '0',
    '-0',
    '1.50',
    '1e400',
    '999999999999999',
    '1000000000000000',
    '9007199254740993',
    '0.1',
  ),
);
// Separators, an end of text, half a character, a character of four bytes.
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('', 'a\u0001b', 'a\0b', '\ud800', '😀', 'é', '\u0001d5'),
);
const leaf = fc.oneof(
  number,
  text.map((each) => JSON.stringify(each)),
  fc.constantFrom('true', 'false', 'null'),
);
const key = fc.oneof(fc.constantFrom('a', 'b', 'amount', '__proto__', '0', 'toJSON', 'constructor'), text);
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('json'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    fc
      .uniqueArray(fc.tuple(key, tie('json')), { selector: ([name]) => name, maxLength: 4 })
      .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`),
  ),
}));

interface Told {
  type: string;
  data: string;
  whole: string | null;
  eventId: string | null;
  version: number | null;
  occurredAt: number | null;
}
const event: fc.Arbitrary<Told> = fc.record({
  type: fc.constantFrom('Opened', 'Closed', 'a"b\n'),
  data: json,
  whole: fc.option(json),
  eventId: fc.option(text),
  version: fc.option(fc.integer()),
  occurredAt: fc.option(fc.integer({ min: 0, max: 4_000_000_000_000 })),
});

function made({ type, data, whole, eventId, version, occurredAt }: Told, id: number): StreamEvent {
  return {
    ...{ topic: 't', partition: 0, offset: id, id, verdict: 'committed', kind: 'event' },
    ...{ type, eventId, version, occurredAt, recordedAt: 1_700_000_000_000 + id, monotonicAt: id },
    data: parseJson(data),
    ...(whole === null ? {} : { value: parseJson(whole) }),
  };
}

const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
function expected({ type, data, value, eventId, version, occurredAt, recordedAt }: StreamEvent): Json {
  const times = { occurredAt: time(occurredAt), recordedAt: time(recordedAt) };
  const keys = ['type', 'data', 'eventId', 'version', 'value'];
  return { type, data, value: value ?? data, eventId, version, ...times, keys };
}

it('random events arrive as they are, in any batch', () => {
  const folder = seen();
  fc.assert(
    fc.property(
      fc.array(event, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 9 }),
      (kinds, times) => {
        const events = Array.from({ length: kinds.length * times }, (_, at) =>
          made(kinds[at % kinds.length]!, at),
        );
        const { state, problems } = folder.fold(events, {});
        expect(problems).toEqual([]);
        expect(formatJson(state)).toBe(formatJson({ seen: events.map(expected) }));
      },
    ),
    { numRuns: 300 },
  );
});

it('puts shapes that come often together by plans, and those that are all different not', () => {
  const told: Plan[] = [];
  const parts = { eventId: true, version: true, value: false, stream: true };
  const plans = new EventPlans(parts, (plan) => told.push(plan) > 0);
  const add = (data: Json, id: number) =>
    plans.add(
      made(
        { type: 'A', data: formatJson(data), whole: null, eventId: 'e', version: null, occurredAt: null },
        id,
      ),
    );
  plans.begin('{}');
  expect([1, 2, 3, 4, 5].map((n) => add({ n, deep: { text: 'x' } }, n))).toEqual([
    false,
    false,
    false,
    true,
    true,
  ]);
  expect(told).toEqual([
    {
      source: '{__proto__:P,type:"A",data:{"n":N[n+3],"deep":{"text":T[t+1]}},eventId:T[t+0],version:null}',
      ...{ texts: 2, numbers: 4 },
    },
  ]);
  for (let n = 0; n < 2000; n += 1) {
    plans.begin('{}');
    expect(add({ [`key ${n}`]: n }, n)).toBe(false);
  }
  expect(told).toHaveLength(1);
});

it('a time of an event is told only while it is folded', () => {
  const keeping = scriptFolder({
    ...{ name: 'keeping', version: 1, language: 'javascript' },
    source: `let first; export function reduce(state, event) { first ??= event; return { at: first.recordedAt }; }`,
  });
  const events = [0, 1].map((id) =>
    made({ type: 'A', data: '{}', whole: null, eventId: null, version: null, occurredAt: null }, id),
  );
  const { state, problems } = keeping.fold(events, {});
  expect(state).toEqual({ at: '2023-11-14T22:13:20.000Z' });
  expect(problems).toHaveLength(1);
  expect(problems[0]!.message).toMatch(/^A: .*only be read while it is folded/);
});
