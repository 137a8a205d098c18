import { expect, test } from 'vitest';
import { isFinal } from './patience.ts';
import { newState } from './readPlan.ts';
import { KafkaFault } from './types.ts';

const fresh = () => newState({ topic: 't', partition: 0, from: 0, to: 10 });
const fault = (code: ConstructorParameters<typeof KafkaFault>[0], retryable = false) =>
  new KafkaFault(code, 't/0', 'what', 'next', { retryable });

test('what may pass is given up when nothing came for long enough', () => {
  const state = fresh();
  const passing = fault('unreachable', true);
  expect([0, 59_999, 60_000].map((now) => isFinal(state, passing, 60_000, now))).toEqual([
    false,
    false,
    true,
  ]);
});

test('what is final ends at once', () => {
  expect(isFinal(fresh(), fault('topic-not-authorized'), 60_000, 0)).toBe(true);
});

test('what a broker also says for a moment is final after a while and several answers', () => {
  const unknown = fault('topic-unknown');
  const stalled = fresh();
  expect([0, 9_000, 9_400, 10_000].map((now) => isFinal(stalled, unknown, 60_000, now))).toEqual([
    false,
    false,
    false,
    true,
  ]);
  const quick = fresh();
  expect([0, 200, 600, 1400, 3000, 5000].map((now) => isFinal(quick, unknown, 60_000, now))).toEqual([
    ...[false, false, false, false, false],
    true,
  ]);
});

test('another fault in between begins the count anew', () => {
  const state = fresh();
  const unknown = fault('topic-unknown');
  for (const now of [0, 1000, 2000]) isFinal(state, unknown, 60_000, now);
  isFinal(state, fault('offset-out-of-range'), 60_000, 3000);
  expect(isFinal(state, unknown, 60_000, 6000)).toBe(false);
});
