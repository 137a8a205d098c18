import { describe, expect, it } from 'vitest';
import { asOfWords, cutLabel, cutWords } from './asOf.ts';
import { parseGoTo } from './goTo.ts';
import { eventMark, setterOf, typeTitle } from './names.ts';

describe('go to', () => {
  it('reads versions, places, times and event ids', () => {
    expect(parseGoTo(' v388 ')).toEqual({ ok: true, target: { to: 'version', version: 388 } });
    expect(parseGoTo('388')).toEqual({ ok: true, target: { to: 'version', version: 388 } });
    expect(parseGoTo('#12')).toEqual({ ok: true, target: { to: 'number', number: 12 } });
    expect(parseGoTo('1767225599999')).toEqual({ ok: true, target: { to: 'time', time: 1_767_225_599_999 } });
    expect(parseGoTo('2025-12-31T23:59:59.999Z')).toEqual({
      ok: true,
      target: { to: 'time', time: 1_767_225_599_999 },
    });
    expect(parseGoTo('2025-12-31 23:59:59.999 UTC')).toMatchObject({ target: { time: 1_767_225_599_999 } });
    expect(parseGoTo('evt_12345')).toEqual({ ok: true, target: { to: 'event', eventId: 'evt_12345' } });
    expect(parseGoTo('3f0c1f9e-0000-4000-8000-000000000000')).toMatchObject({ target: { to: 'event' } });
  });

  it('reads places in Kafka, as typed and as copied from the screen', () => {
    const place = { to: 'place', topic: 'bank.interest', partition: 3, offset: '88214' };
    expect(parseGoTo('bank.interest:3:88214')).toEqual({ ok: true, target: place });
    expect(parseGoTo('bank.interest [3] @ 88\u202f214')).toEqual({ ok: true, target: place });
    expect(parseGoTo('urn:uuid:3f0c1f9e')).toMatchObject({ target: { to: 'event' } });
    expect(parseGoTo('2025-12-31T23:59:59').ok).toBe(false);
  });

  it('refuses a time without zone with the hint', () => {
    const answer = parseGoTo('2025-12-31 23:59:59');
    expect(answer.ok).toBe(false);
    expect(!answer.ok && answer.problem).toMatch(/has no zone.*Add Z for UTC/);
    expect(parseGoTo('2025-12-31').ok).toBe(false);
    expect(parseGoTo('2025-13-01T00:00:00Z')).toMatchObject({ ok: false });
  });

  it('refuses nothing at all, #0 and a version beyond 2^53', () => {
    expect(parseGoTo('  ').ok).toBe(false);
    expect(parseGoTo('#0').ok).toBe(false);
    expect(parseGoTo('v9007199254740993').ok).toBe(false);
  });
});

const K = Date.parse('2025-12-31T23:59:59.999Z');
const log = { order: 'log' as const, moved: [], toleranceMs: 5000, versionFaults: [], leftOut: 0 };

describe('as of, in words', () => {
  it('says which event is the last, the order and what was moved', () => {
    expect(
      asOfWords(
        { knownOn: K, trueOn: null },
        { total: 412, within: 388, order: log },
        'Interest of 61.76 posted',
      ),
    ).toBe(
      'Known on 31 Dec 2025 23:59:59.999: 388 of 412 events, the last is Interest of 61.76 posted, log order, nothing moved.',
    );
    const occurred = {
      ...log,
      order: 'occurred' as const,
      moved: [{ id: 1, occurredAt: 1, recordedAt: 2 }],
      leftOut: 2,
    };
    expect(asOfWords({ knownOn: K, trueOn: K }, { total: 1, within: 0, order: occurred }, null)).toBe(
      'True on 31 Dec 2025 23:59:59.999, as known on 31 Dec 2025 23:59:59.999: 0 of 1 event, nothing had happened yet, occurred order, 1 event moved, 2 events of aborted or open transactions left out.',
    );
  });

  it('names the cut', () => {
    expect(cutWords({ knownOn: null, trueOn: null })).toBe('Now');
    expect(cutLabel({ knownOn: null, trueOn: K })).toBe('31 Dec 2025 23:59:59.999 · true on');
    expect(cutLabel({ knownOn: K, trueOn: null })).toBe('31 Dec 2025 23:59:59.999 · known on');
  });
});

describe('names', () => {
  it('writes a type as words', () => {
    expect(typeTitle('SavingsAccount')).toBe('Savings account');
    expect(typeTitle('SAVINGS_ACCOUNT')).toBe('Savings account');
    expect(typeTitle('cattle')).toBe('Cattle');
    expect(typeTitle('')).toBe('Aggregate');
  });

  it('calls an event by its version, or its place', () => {
    expect(eventMark({ version: 3, index: 7 })).toBe('v3');
    expect(eventMark({ version: null, index: 7 })).toBe('v8');
  });

  it('finds who set a leaf or a branch, never a neighbour with a longer name', () => {
    const blame = [
      { path: 'interest.rate', index: 2 },
      { path: 'interest.accrued', index: 9 },
      { path: 'interest_total', index: 30 },
      { path: 'holds[0].id', index: 4 },
    ];
    expect(setterOf(blame, 'interest.rate')).toBe(2);
    expect(setterOf(blame, 'interest')).toBe(9);
    expect(setterOf(blame, 'holds')).toBe(4);
    expect(setterOf(blame, 'missing')).toBeNull();
  });
});
