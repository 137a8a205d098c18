import { expect, test } from 'vitest';
import { formatHash, parseHash } from './address.ts';
import { focusOf } from './focus.ts';

test('ids survive the address, whatever they hold', () => {
  for (const id of ['SA-1', 'a/b', '50%', '%41', 'x?y#z', 'Zoë ☃', ' ']) {
    const hash = formatHash(['aggregates', 'Savings Account', id], new URLSearchParams({ at: '12' }));
    const { segments, params } = parseHash(hash);
    expect(segments).toEqual(['aggregates', 'Savings Account', id]);
    expect(params.get('at')).toBe('12');
  }
});

test('an aggregate type may be empty', () => {
  const hash = formatHash(['aggregates', '', 'SA-1'], new URLSearchParams());
  expect(parseHash(hash).segments).toEqual(['aggregates', '', 'SA-1']);
  expect(parseHash('').segments).toEqual([]);
});

test('the focus is read from the address and stays readable in it', () => {
  const params = new URLSearchParams({ known: '2025-12-31T23:59:59.999Z', true: '2025-12-31T00:00:00.000Z' });
  const hash = formatHash(['events'], params);
  expect(hash).toBe('#/events?known=2025-12-31T23:59:59.999Z&true=2025-12-31T00:00:00.000Z');
  const focus = focusOf(parseHash(hash));
  expect(focus.cut).toEqual({
    knownOn: Date.UTC(2025, 11, 31, 23, 59, 59, 999),
    trueOn: Date.UTC(2025, 11, 31),
  });
  expect(focus.problem).toBeNull();
});

test('a time without zone in the address is told, not guessed', () => {
  const focus = focusOf(parseHash('#/events?known=2025-12-31T10:00:00'));
  expect(focus.knownOn).toBeNull();
  expect(focus.problem).toContain('2025-12-31T10:00:00');
});

test('a broken escape in a pasted address is kept as text', () => {
  expect(parseHash('#/aggregates/A/100%').segments).toEqual(['aggregates', 'A', '100%']);
});
