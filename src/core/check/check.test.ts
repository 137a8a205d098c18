import { describe, expect, it } from 'vitest';
import { orderStream } from '../order.ts';
import { RULES } from './findings.ts';
import { LifeLearner, SchemaLearner } from './learned.ts';
import { LinkChecker } from './links.ts';
import { readsLikeCommand } from './names.ts';
import { type CheckedEvent, checkStream, NOTHING_USUAL } from './streamRules.ts';

const HOUR = 3_600_000;

const event = (offset: number, more: Partial<CheckedEvent> = {}): CheckedEvent => ({
  id: offset,
  topic: 't',
  partition: 0,
  offset,
  recordedAt: offset * HOUR,
  monotonicAt: offset * HOUR,
  occurredAt: offset * HOUR,
  version: null,
  type: 'Deposited',
  kind: 'event',
  verdict: 'committed',
  eventHash: offset,
  ...more,
});

/** Contents by a letter per record id. */
const contentsOf = (letters: Record<number, string> = {}) => ({
  signature: ({ id }: CheckedEvent) => letters[id]?.charCodeAt(0) ?? id + 1000,
  hasSameData: (a: CheckedEvent, b: CheckedEvent) =>
    letters[a.id] !== undefined && letters[a.id] === letters[b.id],
  hasSameId: () => true,
});

const check = (
  events: CheckedEvent[],
  letters?: Record<number, string>,
  usual = NOTHING_USUAL,
  backdated: number[] = [],
) =>
  checkStream(orderStream(events), new Set(backdated), contentsOf(letters), usual).map(
    ({ rule, events: ids }) => [rule, ...ids],
  );

describe('faults inside a stream', () => {
  it('finds nothing in a stream without faults', () => {
    expect(check([event(1, { version: 1 }), event(2, { version: 2 }), event(3, { version: 3 })])).toEqual([]);
  });

  it('finds gaps, duplicates and contradictions of versions', () => {
    const versions = [2, 3, 3, 6, 4].map((version, at) => event(at + 1, { version }));
    expect(check(versions)).toEqual([
      ['version-gap', 1],
      ['version-duplicate', 3, 2],
      ['version-gap', 4],
      ['version-order', 5],
    ]);
  });

  it('tells an event written twice from two events under one id, and from a retry under a new id', () => {
    expect(check([event(1, { eventHash: 7 }), event(2, { eventHash: 7 })], { 1: 'a', 2: 'a' })).toEqual([
      ['id-duplicate', 2, 1],
    ]);
    expect(check([event(1, { eventHash: 7 }), event(2, { eventHash: 7 })], { 1: 'a', 2: 'b' })).toEqual([
      ['id-conflict', 2, 1],
    ]);
    const soon = { recordedAt: HOUR + 4000, monotonicAt: HOUR + 4000, occurredAt: HOUR };
    expect(check([event(1), event(2, soon)], { 1: 'a', 2: 'a' })).toEqual([['content-repeated', 2, 1]]);
    expect(check([event(1), event(2)], { 1: 'a', 2: 'a' })).toEqual([]);
  });

  it('finds clocks that are wrong and events that came late', () => {
    const faulty = [
      event(30, { recordedAt: 29 * HOUR }),
      event(31, { occurredAt: 33 * HOUR }),
      event(32, { occurredAt: 5 * HOUR }),
      event(60, { occurredAt: 12 * HOUR }),
    ];
    expect(check(faulty, {}, NOTHING_USUAL, [32])).toEqual([
      ['time-backwards', 30],
      ['recorded-before', 30],
      ['recorded-before', 31],
      ['backdated', 32],
      ['late', 60],
    ]);
  });

  it('finds tombstones, undecodable and aborted records', () => {
    const records = [
      event(1, { kind: 'tombstone' }),
      event(2, { kind: 'undecodable', type: '' }),
      event(3, { verdict: 'aborted' }),
    ];
    expect(check(records)).toEqual([
      ['tombstone', 1],
      ['undecodable', 2],
      ['aborted', 3],
    ]);
  });

  it('finds a life without a beginning and one that goes on after its end', () => {
    const usual = {
      creationTypes: new Set(['Opened']),
      closingTypes: new Set(['Closed']),
      afterTypes: new Set(['Audited']),
    };
    const types = (...names: string[]) => names.map((type, at) => event(at + 1, { type }));
    expect(check(types('Deposited', 'Closed', 'Deposited'), {}, usual)).toEqual([
      ['creation-missing', 1],
      ['after-closure', 3, 2],
    ]);
    expect(check(types('Opened', 'Closed', 'Reopened', 'Deposited'), {}, usual)).toEqual([]);
    expect(check(types('Opened', 'Closed', 'Audited'), {}, usual)).toEqual([]);
  });
});

describe('what is usual', () => {
  it('learns beginnings and ends only from enough streams that agree', () => {
    const names = ['Opened', 'Deposited', 'Closed', 'Refunded'];
    const learner = new LifeLearner((no) => names[no]!);
    const add = (...types: string[]) => learner.add(types.map((type) => names.indexOf(type)));
    for (let at = 0; at < 19; at += 1) add('Opened', 'Deposited', 'Closed');
    expect(learner.creationTypes().size).toBe(0);
    add('Deposited', 'Deposited');
    expect([...learner.creationTypes()]).toEqual(['Opened']);
    expect([...learner.closingTypes()]).toEqual(['Closed']);
    for (let at = 0; at < 2; at += 1) add('Opened', 'Closed', 'Refunded');
    expect([...learner.closingTypes()]).toEqual(['Closed']);
    expect([...learner.afterTypes()]).toEqual(['Refunded']);
    for (let at = 0; at < 9; at += 1) add('Opened', 'Closed', 'Deposited');
    expect(learner.closingTypes().size).toBe(0);
  });

  it('names a schema version that hardly any event of its type has', () => {
    const learner = new SchemaLearner();
    for (let at = 0; at < 300; at += 1) learner.add('A', '1', at);
    learner.add('A', '9', 400);
    learner.add('B', '9', 401);
    expect(learner.unusual()).toEqual([
      { type: 'A', version: '9', count: 1, of: 301, first: 400, usual: '1' },
    ]);
  });
});

describe('links between events', () => {
  interface Linked {
    id: number;
    eventHash: number;
    correlationHash: number;
    causationHash: number;
  }
  const linked = (id: number, more: Partial<Linked> = {}): Linked => ({
    id,
    eventHash: id,
    correlationHash: Number.NaN,
    causationHash: Number.NaN,
    ...more,
  });
  const run = (events: Linked[]) => {
    const column = (pick: (each: Linked) => number) => Float64Array.from(events, pick);
    const checker = new LinkChecker({
      count: events.length,
      id: column(({ id }) => id),
      group: column(() => 1),
      recordedAt: column(({ id }) => id * HOUR),
      event: column(({ eventHash }) => eventHash),
      correlation: column(({ correlationHash }) => correlationHash),
      causation: column(({ causationHash }) => causationHash),
    });
    checker.add(0, events.length);
    for (const row of events.keys()) checker.look(row);
    return {
      found: checker.findings().map(({ rule, events: ids }) => [rule, ...ids]),
      shared: checker.sharedIds(),
    };
  };

  it('finds ids used twice, causes that come later and traces that break', () => {
    const { found, shared } = run([
      linked(1, { correlationHash: 5 }),
      linked(2, { causationHash: 1, correlationHash: 6 }),
      linked(3, { causationHash: 9 }),
      linked(9),
      linked(10, { eventHash: 1 }),
    ]);
    expect(found).toEqual([
      ['correlation-broken', 2, 1],
      ['cause-later', 3, 9],
    ]);
    expect(shared).toEqual([{ id: 10, twin: 1 }]);
  });

  it('misses a cause only where nearly all events of the kind have theirs', () => {
    const chain = Array.from({ length: 100 }, (_, at) => linked(at + 2, { causationHash: at + 1 }));
    const broken = linked(500, { causationHash: 77_777 });
    expect(run([linked(1), ...chain, broken]).found).toEqual([['cause-missing', 500]]);
    const commands = Array.from({ length: 100 }, (_, at) => linked(at + 2, { causationHash: 90_000 + at }));
    expect(run(commands).found).toEqual([]);
  });
});

describe('names', () => {
  it('hints at commands and leaves what it cannot know alone', () => {
    expect(
      ['CreateOrder', 'order.update', 'PAYMENT_REFUND', 'AccountClose'].filter(readsLikeCommand),
    ).toHaveLength(4);
    for (const name of [
      'OrderCreated',
      'INTEREST_POSTED',
      'ItemSold',
      'BalanceSnapshot',
      'io.acme.order.created.v2',
      'Zahlung',
      'Ping',
    ])
      expect(readsLikeCommand(name), name).toBe(false);
  });
});

it('every rule says what it is and why it matters', () => {
  for (const { title, why } of Object.values(RULES))
    expect([title.length > 5, why.endsWith('.')]).toEqual([true, true]);
});
