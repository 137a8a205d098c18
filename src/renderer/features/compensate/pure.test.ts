import { describe, expect, it } from 'vitest';
import { stateRows } from './stateRows.ts';
import { guardRemedies, remediesOf, stepStates } from './steps.ts';

describe('the three states side by side', () => {
  const now = '{"status":"Active","balance":841.07,"items":[],"events":2}';
  const after = '{"status":"Active","balance":779.31,"items":[],"events":3}';

  it('puts what differs first and keeps the rest', () => {
    const rows = stateRows(now, '{"status":"Active","balance":779.310,"items":[],"events":2}', after);
    expect(rows.map(({ path, wrong, changes }) => [path, wrong, changes])).toEqual([
      ['balance', true, true],
      ['events', false, true],
      ['status', false, false],
      ['items', false, false],
    ]);
  });

  it('takes numbers by value, and shows what appears and vanishes', () => {
    expect(stateRows('{"a":1.0}', '{"a":1}', '{"a":1.00}')[0]).toMatchObject({
      wrong: false,
      changes: false,
    });
    const rows = stateRows('{"a":1}', null, '{"b":2}');
    expect(rows).toEqual([
      { path: 'a', now: 1, shouldBe: undefined, after: undefined, wrong: false, changes: true },
      { path: 'b', now: undefined, shouldBe: undefined, after: 2, wrong: false, changes: true },
    ]);
  });
});

describe('the steps', () => {
  const nothing = { unlocked: false, composed: true, checked: true, published: false, readBack: false };
  const words = (progress: Parameters<typeof stepStates>[0]) =>
    stepStates(progress).map(({ state }) => state);

  it('stand at the first that is not done', () => {
    expect(words(nothing)).toEqual(['now', 'done', 'todo', 'todo', 'todo']);
    expect(words({ ...nothing, unlocked: true })).toEqual(['done', 'done', 'done', 'now', 'todo']);
    expect(words({ ...nothing, unlocked: true, checked: false })).toEqual([
      'done',
      'done',
      'now',
      'todo',
      'todo',
    ]);
  });

  it('say that a published event was not read back', () => {
    expect(words({ ...nothing, published: true })).toEqual(['done', 'done', 'done', 'done', 'problem']);
    expect(words({ ...nothing, published: true, readBack: true })).toEqual(Array(5).fill('done'));
  });
});

describe('what can be done about a refusal', () => {
  it('never offers to send again when the outcome is not known', () => {
    expect(remediesOf('compensate.unsure')).not.toContain('check');
    expect(remediesOf('compensate.duplicate')).toEqual(['receipts']);
    expect(remediesOf('connection.read-only')).toEqual(['unlock']);
  });

  it('follows what the guard says', () => {
    expect(guardRemedies('head', 'X is not captured. Capture it.')).toEqual(['capture']);
    expect(guardRemedies('head', 'Begin a new draft.')).toEqual(['restart']);
    expect(guardRemedies('read-only', 'This is a recording: it can keep no receipt.')).toEqual([]);
  });
});
