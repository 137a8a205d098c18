import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileReducer, foldStream } from './fold.ts';
import type { JsonObject, Operation, Reducer, StreamEvent } from './model.ts';
import { getPath } from './path.ts';
import { doesSomething, sliceReducer } from './slice.ts';

const path = fc.constantFrom('a', 'b', 'c.x', 'c.y', 'd[0]');
const from = fc.constantFrom('data.n', 'data.o', 'data.none', '$type');
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ op: fc.constant('set' as const), path, from }),
  fc.record({ op: fc.constantFrom('add' as const, 'subtract' as const), path, from }),
  fc.record({ op: fc.constant('append' as const), path, from }),
  fc.record({ op: fc.constant('remove' as const), path: fc.oneof(path, fc.constant('')) }),
  fc.record({ op: fc.constant('merge' as const), from: fc.constant('data') }),
  fc.record({ op: fc.constant('merge' as const), path, from: fc.constant('data.o') }),
);
const operations = fc.array(operation, { maxLength: 4 });
const event = fc
  .record({
    type: fc.constantFrom('A', 'B', 'C'),
    kind: fc.constantFrom('event' as const, 'event' as const, 'tombstone' as const),
    n: fc.integer({ min: -3, max: 3 }),
  })
  .map(
    ({ type, kind, n }): StreamEvent => ({
      ...{ id: 1, topic: 't', partition: 0, offset: 1, recordedAt: 0, monotonicAt: 0, occurredAt: 0 },
      ...{ version: null, type, eventId: null, kind, verdict: 'committed' },
      data: kind === 'tombstone' ? null : { n, a: n, o: { x: n, k: 'text' } },
    }),
  );

describe('a slice of a reducer', () => {
  it('makes of its keys what the whole reducer makes of them, also without the events that do nothing', () => {
    const on = fc.record({ A: operations, B: operations, '*': operations, $tombstone: operations });
    const keys = fc.subarray(['a', 'b', 'c', 'd', 'n', 'o'], { minLength: 1 });
    fc.assert(
      fc.property(on, keys, fc.array(event, { maxLength: 20 }), (rules, wanted, events) => {
        const whole: Reducer = { name: 'r', version: 1, initial: { a: 0, c: { x: 1 } }, on: rules };
        const part = sliceReducer(whole, new Set(wanted));
        const taken = events.filter(({ kind, type }) => kind === 'tombstone' || doesSomething(part, type));
        const all = foldStream(compileReducer(whole), events).state as JsonObject;
        const some = foldStream(compileReducer(part), taken).state as JsonObject;
        for (const key of wanted) expect(getPath(some, [key])).toEqual(getPath(all, [key]));
      }),
    );
  });
});
