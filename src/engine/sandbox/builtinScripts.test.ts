/** A program that does what a declarative reducer says gives the same states, for every model that comes with us. */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { mergeReducer } from '../../core/fold.ts';
import { declarativeFolder } from '../../core/folder.ts';
import { canonicalJson, formatJson, parseJson } from '../../core/json.ts';
import type { Json, Reducer, StreamEvent } from '../../core/model.ts';
import { BUILT_IN_PROJECTIONS } from '../../core/projections/builtin.ts';
import { loadSandbox } from './quickjs.ts';
import { scriptFolder } from './scriptFolder.ts';

beforeAll(loadSandbox);

const INTERPRETER = `
const isObject = (v) => typeof v === 'object' && v !== null && !Array.isArray(v) && !(v instanceof Decimal);
const isNumber = (v) => typeof v === 'number' || typeof v === 'bigint' || v instanceof Decimal;
const isText = (v) => typeof v === 'string' && /^-?(?:0|[1-9]\\d*)(?:\\.\\d+)?$/.test(v);
const merge = (base, change) => {
  if (!isObject(base) || !isObject(change)) return change;
  const result = { ...base };
  for (const key of Object.keys(change))
    result[key] = merge(Object.hasOwn(base, key) ? base[key] : undefined, change[key]);
  return result;
};
const read = (from, event) => {
  if (from === '$type') return event.type;
  if (from.startsWith('$value.')) return at(event.value, from.slice(7));
  if (from.startsWith('$')) return event[from.slice(1)] ?? undefined;
  return from === 'data' ? event.data : at(event.data, from.slice(5));
};
const at = (value, path) =>
  path.split('.').reduce((v, key) => (isObject(v) && Object.hasOwn(v, key) ? v[key] : undefined), value);
const sum = (base, amount, op) => {
  if (!isNumber(amount) && !isText(amount)) return undefined;
  const other = isText(amount) ? Decimal(amount) : amount;
  const add = (a) => (op === 'add' ? a.plus(other) : a.minus(other));
  if (isText(base)) return String(add(Decimal(base)));
  return isNumber(base) ? add(base) : undefined;
};
export const initial = DEFINITION.initial ?? {};
export function reduce(state, event) {
  const steps = DEFINITION.on[event.type] ?? (event.type === '$tombstone' ? [] : DEFINITION.on['*']) ?? [];
  let next = state;
  for (const { op, path, from, value } of steps) {
    const operand = from === undefined ? value : read(from, event);
    if (op === 'remove') { next = {}; continue; }
    if (operand === undefined) continue;
    if (op === 'merge') { if (isObject(operand)) next = merge(next, operand); continue; }
    const now = Object.hasOwn(next, path) ? next[path] : undefined;
    if (op === 'set') next = { ...next, [path]: operand };
    else if (op === 'append') { if (now === undefined || Array.isArray(now)) next = { ...next, [path]: [...(now ?? []), operand] }; }
    else {
      const result = sum(now ?? 0, operand, op);
      if (result !== undefined) next = { ...next, [path]: result };
    }
  }
  return next;
}`;

const scriptOf = (reducer: Reducer) => {
  // Decimals of a definition are written as such: a float literal would be a float.
  const definition = formatJson(reducer as unknown as Json).replaceAll(
    /(?<=[:[,])-?\d+\.\d+(?=[,\]}])/g,
    (text) => `Decimal("${text}")`,
  );
  const source = `const DEFINITION = ${definition};\n${INTERPRETER}`;
  return scriptFolder({ name: reducer.name, version: 1, language: 'javascript', source });
};

const amount = fc.oneof(
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map(String),
  fc.integer({ min: -9_999_999, max: 9_999_999 }).map((cents) => (cents / 100).toFixed(2)),
  fc.constantFrom('9007199254740993', '1e3', '-0', '123456789012345678.901', '"12.50"', '"none"', 'null'),
);
const payload = fc.record(
  {
    amount,
    status: fc.constantFrom('"Open"', '"Closed"', '{"deep":[1,2.5]}'),
    balance: amount,
    note: fc.string({ maxLength: 6 }).map((text) => JSON.stringify(text)),
    customer_id: fc.constant('"c1"'),
  },
  { requiredKeys: [] },
);

function streamOf(reducer: Reducer) {
  const types = [...Object.keys(reducer.on).filter((type) => !/^[*$]/.test(type)), 'SomethingElse'];
  const one = fc.record({
    type: fc.constantFrom(...types),
    data: payload,
    kind: fc.constantFrom('event', 'event', 'event', 'event', 'tombstone', 'undecodable', 'control'),
    occurredAt: fc.option(fc.integer({ min: 0, max: 2_000_000_000_000 })),
  });
  return fc.array(one, { maxLength: 15 }).map((list) =>
    list.map(({ type, data, kind, occurredAt }, at): StreamEvent => {
      const text = `{${Object.entries(data)
        .map(([key, value]) => `"${key}":${value}`)
        .join(',')}}`;
      const value = parseJson(`{"provenance":{"confidence_score":7},"data":${text}}`);
      return {
        ...{ topic: 't', partition: 0, offset: at, id: at, verdict: 'committed' },
        ...{ recordedAt: 1000 + at, monotonicAt: 1000 + at, occurredAt, version: null, eventId: `e${at}` },
        ...{ kind: kind as StreamEvent['kind'], type: kind === 'event' ? type : '' },
        data: kind === 'event' ? parseJson(text) : null,
        value: kind === 'event' ? value : null,
      };
    }),
  );
}

const models = [...BUILT_IN_PROJECTIONS.map(({ reducer }) => reducer), mergeReducer];
it.each(models.map((reducer) => [reducer.name, reducer] as const))('%s', (_, reducer) => {
  const declared = declarativeFolder(reducer);
  const script = scriptOf(reducer);
  const context = { aggregateType: 'T', aggregateId: 'a1' };
  fc.assert(
    fc.property(streamOf(reducer), (events) => {
      const wanted = canonicalJson(declared.fold(events, context).state);
      expect(canonicalJson(script.fold(events, context).state)).toBe(wanted);
      let stepped = script.initial;
      for (const event of events) stepped = script.step(stepped, event, context).state;
      expect(canonicalJson(stepped)).toBe(wanted);
    }),
    { numRuns: 25 },
  );
});
