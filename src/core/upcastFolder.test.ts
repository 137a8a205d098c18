import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { declarativeFolder } from './folder.ts';
import { parseJson } from './json.ts';
import type { Reducer, StreamEvent, Upcaster } from './model.ts';
import { compileUpcasters } from './upcast.ts';
import { upcastingFolder } from './upcastFolder.ts';

const CONTEXT = { aggregateType: 'Account', aggregateId: 'a' };
const upcasters: Upcaster[] = [
  {
    ...{ topic: '*', type: 'Paid', from: '1', to: '2' },
    steps: [
      { step: 'rename', from: 'data.amount', to: 'data.money.value' },
      { step: 'type', name: 'PaymentMade' },
    ],
  },
  {
    ...{ topic: '*', type: 'PaymentMade', from: '2', to: '3' },
    steps: [{ step: 'default', path: 'data.money.currency', value: 'AUD' }],
  },
];
const reducer: Reducer = {
  ...{ name: 'paid', version: 1, upcasters },
  on: {
    PaymentMade: [
      { op: 'add', path: 'total', from: 'data.money.value' },
      { op: 'set', path: 'currency', from: 'data.money.currency' },
    ],
  },
};
const plain = declarativeFolder(reducer);
const folder = upcastingFolder(plain, compileUpcasters(upcasters));

const event = (id: number, type: string, schemaVersion: string | null, data: string): StreamEvent => ({
  ...{ id, topic: 't', partition: 0, offset: id, recordedAt: id, monotonicAt: id, occurredAt: null },
  ...{ version: null, type, eventId: null, schemaVersion, kind: 'event', verdict: 'committed' },
  data: parseJson(data),
});

describe('a folder with upcasters', () => {
  it('folds every schema version as the newest and leaves the events as they are', () => {
    const events = [
      event(1, 'Paid', '1', '{"amount":1.50}'),
      event(2, 'PaymentMade', '2', '{"money":{"value":2.25}}'),
      event(3, 'PaymentMade', '3', '{"money":{"value":9007199254740993,"currency":"NZD"}}'),
    ];
    const { state, problems } = folder.fold(events, CONTEXT);
    expect(state).toEqual(parseJson('{"total":9007199254740996.75,"currency":"NZD"}'));
    expect(problems).toEqual([]);
    expect(events[0]!.data).toEqual(parseJson('{"amount":1.50}'));
    expect(folder.handles('Paid')).toBe(true);
    expect(folder.handles('Refunded')).toBe(false);
    expect(folder.hash).toBe(plain.hash);
    expect(declarativeFolder({ ...reducer, upcasters: [] }).hash).not.toBe(folder.hash);
  });

  it('names what an upcaster did not find, beside what the reducer did not find', () => {
    const { problems } = folder.fold([event(1, 'Paid', '1', '{"amuont":1}')], CONTEXT);
    expect(problems).toHaveLength(1);
    expect(problems[0]!.id).toBe(1);
    expect(problems[0]!.message).toMatch(/Paid 1 → 2: there is no data.amount to rename; .*money\.value/);
  });

  it('gives step by step what it gives at once', () => {
    const some = fc.array(
      fc.record({
        type: fc.constantFrom('Paid', 'PaymentMade', 'Other'),
        version: fc.constantFrom('1', '2', '3', null),
        data: fc.constantFrom('{"amount":1}', '{"money":{"value":2}}', '{}', '{"money":3}'),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(some, (list) => {
        const events = list.map(({ type, version, data }, id) => event(id, type, version, data));
        let state = folder.initial;
        const problems: { id: number; message: string }[] = [];
        for (const one of events) {
          if (!folder.handles(one.type)) continue;
          const applied = folder.step(state, one, CONTEXT);
          state = applied.state;
          if (applied.problem !== undefined) problems.push({ id: one.id, message: applied.problem });
        }
        expect(folder.fold(events, CONTEXT)).toEqual({ state, problems });
      }),
    );
  });
});
