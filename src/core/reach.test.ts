import fc from 'fast-check';
import { expect, it } from 'vitest';
import { applyEvent, compileReducer, mergeReducer } from './fold.ts';
import type { Json, JsonObject, Reducer, StreamEvent } from './model.ts';
import { getPath, setPath } from './path.ts';
import { BUILT_IN_PROJECTIONS } from './projections/builtin.ts';
import { payloadPaths, touchedKeys } from './reach.ts';

const reducers: Reducer[] = [mergeReducer, ...BUILT_IN_PROJECTIONS.map(({ reducer }) => reducer)];
const types = reducers.flatMap((reducer) =>
  [...Object.keys(reducer.on), 'Unheard'].map((type) => ({ reducer, type })),
);
const leaf = fc.constantFrom<Json>(null, 1, 2.5, '10.25', '-3', 'text', true, [1], { inner: 'x' });
const names = [
  'amount',
  'status',
  'currency',
  'reason',
  'items',
  'total',
  'quantity',
  'customer_id',
  'name',
  'other',
];
const payload = fc.dictionary(fc.constantFrom(...names), leaf, { maxKeys: 6 }) as fc.Arbitrary<JsonObject>;
const context = { aggregateType: 'Thing', aggregateId: 't-1' };

const eventOf = (type: string, data: Json): StreamEvent => ({
  ...{ topic: 't', partition: 0, offset: 0, id: 1, recordedAt: 5, monotonicAt: 5, occurredAt: 4, version: 3 },
  ...{ type, eventId: null, kind: 'event', verdict: 'committed', data },
});

/** Nothing of the payload but what lies on the paths. */
function part(data: Json, type: string, reducer: Reducer): Json | null {
  const paths = payloadPaths(reducer, type);
  if (paths === null) return null;
  let taken: Json = {};
  for (const path of paths) {
    const value = getPath(data, path);
    if (value !== undefined) taken = path.length === 0 ? value : setPath(taken, path, value);
  }
  return taken;
}

it('a step does the same with the paths it reads as with the whole payload, and changes no other keys', () => {
  fc.assert(
    fc.property(fc.constantFrom(...types), payload, payload, ({ reducer, type }, before, data) => {
      const some = part(data, type, reducer);
      if (some === null) return;
      const compiled = compileReducer(reducer);
      const state = { ...(compiled.initial as JsonObject), ...before };
      const whole = applyEvent(compiled, state, eventOf(type, data), context);
      expect(applyEvent(compiled, state, eventOf(type, some), context)).toEqual(whole);
      const touched = touchedKeys(reducer, type);
      if (touched === null) return;
      const after = whole.state as JsonObject;
      for (const key of new Set([...Object.keys(state), ...Object.keys(after)]))
        if (!touched.has(key)) expect(after[key]).toBe((state as JsonObject)[key]);
    }),
    { numRuns: 3000 },
  );
});

it('what lies beside the payload is read of the whole event', () => {
  const reading = (from: string): Reducer => ({
    name: 'r',
    version: 1,
    on: { T: [{ op: 'set', path: 'a', from }], '*': [{ op: 'add', path: 'n', value: 1 }] },
  });
  for (const from of ['$eventId', '$value', '$value.metadata.user', '$value[0]'])
    expect(payloadPaths(reading(from), 'T')).toBeNull();
  expect(payloadPaths(reading('$recordedAt'), 'T')).toEqual([]);
  expect(payloadPaths(reading('data.lines[0].price'), 'T')).toEqual([['lines', 0, 'price']]);
  expect(payloadPaths(reading('data'), 'T')).toEqual([[]]);
  expect(payloadPaths(reading('data'), 'Other')).toEqual([]);
  expect(touchedKeys(reading('data'), 'T')).toEqual(new Set(['a']));
  expect(touchedKeys(mergeReducer, 'T')).toBeNull();
});
