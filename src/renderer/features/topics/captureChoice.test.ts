import { expect, test } from 'vitest';
import { askedOf, canFollow, FIRST_CHOICE, problemsOf } from './captureChoice.ts';

const choice = (changes: Partial<typeof FIRST_CHOICE>) => ({ ...FIRST_CHOICE, ...changes });

test('only what is shown is checked', () => {
  expect(problemsOf(choice({ fromTime: 'yesterday', fromOffset: 'x', latest: '' }))).toEqual({});
  expect(Object.keys(problemsOf(choice({ range: 'time', fromTime: 'yesterday' })))).toEqual(['fromTime']);
  expect(problemsOf(choice({ range: 'latest', latest: '0' }))).toEqual({ latest: 'A whole number from 1.' });
  expect(problemsOf(choice({ range: 'offset', fromOffset: '9', toOffset: '3' }))).toEqual({
    toOffset: 'It lies before the beginning.',
  });
  const times = { fromTime: '2025-01-02T00:00:00Z', toTime: '2025-01-01T00:00:00Z' };
  expect(problemsOf(choice({ range: 'time', ...times }))).toEqual({
    toTime: 'It lies before the beginning.',
  });
});

test('a choice becomes what the engine takes', () => {
  expect(askedOf(choice({ range: 'go-on' }))).toEqual({ from: 'go-on' });
  expect(askedOf(choice({ range: 'latest', latest: '50', key: 'acc-1' }))).toEqual({
    from: { latest: 50 },
    key: 'acc-1',
  });
  expect(askedOf(choice({ range: 'latest', latest: '50', latestOf: 'topic' }))).toEqual({
    from: { newest: 50 },
  });
  expect(askedOf(choice({ range: 'offset', fromOffset: '5', toOffset: '9' }))).toEqual({
    from: { offset: '5' },
    to: { offset: '9' },
  });
  const time = { fromTime: '1970-01-01T00:00:01Z', toTime: '1970-01-01T00:00:02Z' };
  expect(askedOf(choice({ range: 'time', ...time }))).toEqual({ from: { time: 1000 }, to: { time: 2000 } });
});

test('what has an end, or is one key, is not followed', () => {
  expect(canFollow(choice({}))).toBe(true);
  expect(canFollow(choice({ toOffset: '3' }))).toBe(true);
  expect(canFollow(choice({ range: 'offset', toOffset: '3' }))).toBe(false);
  expect(canFollow(choice({ key: 'k' }))).toBe(false);
});
