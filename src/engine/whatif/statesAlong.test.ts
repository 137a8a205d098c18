/** Conditions over the states of a program: with only the keys they look at told, their runs are those of single steps. */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { formatJson, parseJson } from '../../core/json.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import { type Run, Runs } from '../../core/runs.ts';
import { loadSandbox } from '../sandbox/quickjs.ts';
import { compileConditions, watchedBy } from './conditions.ts';
import { StatesAlong, type WatchedEvents } from './statesAlong.ts';

beforeAll(loadSandbox);

const SOURCE = `
export const handles = ['Put', 'Drop', 'Whole', 'Deep', 'Failed', 'Exact'];
export const initial = { a: 0, deep: { n: 1 }, list: [] };
export function reduce(state, { type, data: { key, value }, aggregateId, version }) {
  if (type === 'Failed') throw new Error(aggregateId);
  if (type === 'Whole') return value;
  if (typeof state !== 'object' || state === null || Array.isArray(state)) return { a: value };
  switch (type) {
    case 'Drop': { const next = { ...state }; delete next[key]; return next; }
    case 'Deep': return { ...state, deep: { n: version, of: aggregateId }, list: [...(state.list ?? []), version].slice(-3) };
    case 'Exact': return { ...state, a: Decimal('0.1').plus(version) };
    default: return { ...state, [key]: value };
  }
}`;
const upcasters = [
  { ...{ topic: '*', type: 'Old', from: '1', to: '2' }, steps: [{ step: 'type', name: 'Put' }] },
];
const program = { name: 'watched', version: 1, language: 'javascript', source: SOURCE };

const CONDITIONS = [
  ...['a >= 0', 'a < 2 and b = "x"', 'not b = "x"', 'deep.n > 3', 'deep.of = "o-1" or a = 1', 'list[*] > 2'],
  ...['b exists', 'a = 0.5', 'a > 9007199254740992', '["__proto__"] = 1', 'length = 2', 'constructor = 1'],
];
const key = fc.constantFrom('a', 'a', 'b', '__proto__', 'length', 'constructor');
const value = fc.constantFrom(
  ...['0', '1', '-1', '2', '0.50', '9007199254740993', '"x"', '"y"', 'null', 'true'],
  ...['[1,2]', '{"n":5}', '{"a":-1,"b":"x"}'],
);
const event = fc.record({
  type: fc.constantFrom(
    'Put',
    'Put',
    'Put',
    'Old',
    'Drop',
    'Whole',
    'Deep',
    'Exact',
    'Failed',
    'Ignored',
    'Broken',
  ),
  ...{ key, value },
});
const streams = fc.array(fc.array(event, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 });

let nextId = 1;
function eventOf(
  { type, key, value }: { type: string; key: string; value: string },
  at: number,
): StreamEvent {
  const id = nextId++;
  return {
    ...{ topic: 't', partition: 0, offset: id, id, verdict: 'committed', type, schemaVersion: '1' },
    ...{ kind: type === 'Broken' ? 'undecodable' : 'event', eventId: null, version: at },
    ...{ occurredAt: null, recordedAt: id, monotonicAt: id, data: { key, value: parseJson(value) } },
  };
}

type Conditions = ReturnType<typeof compileConditions>;
/** By stream and condition: its runs, each with the value it began with. */
class Gathered {
  readonly #conditions: Conditions;
  readonly #streams: { runs: Runs; values: (string | null)[] }[][];

  constructor(streams: number, conditions: Conditions) {
    this.#conditions = conditions;
    this.#streams = Array.from({ length: streams }, () =>
      conditions.map((condition) => ({ runs: new Runs(condition), values: [] })),
    );
  }

  look(no: number, index: number, state: Json, isTouched: boolean): void {
    for (const [at, { runs, values }] of this.#streams[no]!.entries()) {
      if (!runs.add(index, state, isTouched)) continue;
      const value = this.#conditions[at]!.value(state);
      values.push(value === undefined ? null : formatJson(value));
    }
  }

  get runs(): (Run & { value: string | null })[] {
    return this.#streams.flatMap((of) =>
      of.flatMap(({ runs, values }) => runs.runs.map((run, at) => ({ ...run, value: values[at]! }))),
    );
  }
}

const streamOf = (no: number) => ({ aggregateId: `o-${no}` });

it('random streams and conditions, whatever becomes of the state', () => {
  let broken = 0;
  fc.assert(
    fc.property(
      streams,
      fc.uniqueArray(fc.constantFrom(...CONDITIONS), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      (made, expressions, isUpcast) => {
        const conditions = compileConditions(
          expressions.map((expression) => ({ name: expression, expression })),
        );
        const definition = JSON.stringify(isUpcast ? { ...program, upcasters } : program);
        const { folder, keys, concerns } = watchedBy(definition, conditions);
        expect(keys).not.toBeNull();
        const logs = made.map((events) => events.map(eventOf));
        const along = (watched: ReadonlySet<string> | null) => {
          const gathered = new Gathered(logs.length, conditions);
          const states = new StatesAlong<WatchedEvents & { no: number }>(folder, watched);
          function* all() {
            for (const [no, log] of logs.entries())
              yield* states.add({
                ...{ no, count: log.length, event: (index) => log[index]!, streamOf: () => streamOf(no) },
                isTouched: (index) => concerns(log[index]!),
              });
            yield* states.end();
          }
          for (const { stream, index, state } of all())
            gathered.look(stream.no, index, state, stream.isTouched(index));
          return gathered.runs;
        };
        const stepped = new Gathered(logs.length, conditions);
        for (const [no, log] of logs.entries()) {
          let state = folder.initial;
          for (const [index, each] of log.entries()) {
            state = folder.step(state, each, streamOf(no)).state;
            stepped.look(no, index, state, true);
          }
        }
        broken += stepped.runs.filter(({ holds }) => holds === false).length;
        expect(along(keys)).toEqual(stepped.runs);
        expect(along(null)).toEqual(stepped.runs);
      },
    ),
    { numRuns: 200 },
  );
  expect(broken).toBeGreaterThan(100);
});
