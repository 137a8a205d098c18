import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamEvent } from './model.ts';
import { cutStream, orderStream } from './order.ts';

let nextId = 0;
function event(partial: Partial<StreamEvent>): StreamEvent {
  nextId += 1;
  const recordedAt = partial.recordedAt ?? 0;
  return {
    id: nextId,
    topic: 't',
    partition: 0,
    offset: nextId,
    recordedAt,
    monotonicAt: recordedAt,
    occurredAt: null,
    version: null,
    type: 'Happened',
    eventId: null,
    kind: 'event',
    verdict: 'committed',
    data: null,
    ...partial,
  };
}

/** Streams over some partitions; times and versions as wild as they come. */
const wildStream = fc
  .array(
    fc.record({
      lane: fc.integer({ min: 0, max: 4 }),
      time: fc.integer({ min: 0, max: 40 }),
      occurred: fc.option(fc.integer({ min: 0, max: 40 })),
      version: fc.option(fc.integer({ min: 1, max: 12 })),
      verdict: fc.constantFrom(
        'committed' as const,
        'committed' as const,
        'aborted' as const,
        'open' as const,
      ),
    }),
    { maxLength: 40 },
  )
  .map((rows) => {
    const highest = new Map<number, number>();
    return rows.map((row, index) => {
      const monotonicAt = Math.max(highest.get(row.lane) ?? 0, row.time);
      highest.set(row.lane, monotonicAt);
      return event({
        id: index,
        topic: row.lane < 2 ? 'a' : 'b',
        partition: row.lane,
        offset: index,
        recordedAt: row.time,
        monotonicAt,
        occurredAt: row.occurred,
        version: row.version,
        verdict: row.verdict,
      });
    });
  });

const ids = (events: readonly StreamEvent[]) => events.map((each) => each.id);

describe('log order', () => {
  it('does not depend on the order of capture', () => {
    const shuffled = wildStream.chain((events) =>
      fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
    );
    fc.assert(
      fc.property(shuffled, ([events, other]) => {
        const first = orderStream(events);
        const second = orderStream(other);
        expect(ids(second.events)).toEqual(ids(first.events));
        expect(second.effectiveAt).toEqual(first.effectiveAt);
        expect(ids(second.excluded)).toEqual(ids(first.excluded));
      }),
    );
  });

  it('loses nothing, and inside a partition the offset stands', () => {
    fc.assert(
      fc.property(wildStream, (events) => {
        const ordered = orderStream(events, { include: ['committed', 'open', 'aborted'] });
        expect(ids(ordered.events).toSorted((a, b) => a - b)).toEqual(ids(events));
        for (const lane of Map.groupBy(ordered.events, (each) => each.partition).values()) {
          expect(ids(lane)).toEqual(ids(lane).toSorted((a, b) => a - b));
        }
        const some = orderStream(events);
        expect(some.events.length + some.excluded.length).toBe(events.length);
      }),
    );
  });

  it('is a prefix at every known-on cut, and effective time never falls', () => {
    fc.assert(
      fc.property(wildStream, fc.integer({ min: -1, max: 41 }), (events, knownOn) => {
        const ordered = orderStream(events);
        const cut = cutStream(ordered, { knownOn, trueOn: null });
        expect(ids(cut.events)).toEqual(ids(ordered.events.slice(0, cut.events.length)));
        expect(cut.after).toBe(ordered.events.length - cut.events.length);
        expect(ordered.effectiveAt).toEqual(ordered.effectiveAt.toSorted((a, b) => a - b));
        expect(cut.last).toBe(cut.events.at(-1) ?? null);
        for (const each of cut.events) expect(each.recordedAt).toBeLessThanOrEqual(knownOn);
        // Of one partition a cut takes a prefix, too.
        for (const lane of Map.groupBy(ordered.events, (each) => each.partition).values()) {
          const taken = lane.filter((each) => cut.events.includes(each));
          expect(ids(taken)).toEqual(ids(lane.slice(0, taken.length)));
        }
      }),
    );
  });

  it('lets versions decide between partitions whose clocks disagree by milliseconds', () => {
    const opened = event({ topic: 'lifecycle', recordedAt: 100, version: 1 });
    const third = event({ topic: 'money', recordedAt: 101, version: 3 });
    const second = event({ topic: 'lifecycle', recordedAt: 105, version: 2 });
    const ordered = orderStream([third, second, opened]);
    expect(ordered.events).toEqual([opened, second, third]);
    expect(ordered.effectiveAt).toEqual([100, 105, 105]);
    expect(cutStream(ordered, { knownOn: 104, trueOn: null }).events).toEqual([opened]);
  });

  it('orders events without versions by time, topic and partition', () => {
    const b = event({ topic: 'b', recordedAt: 5 });
    const a = event({ topic: 'a', recordedAt: 5 });
    const early = event({ topic: 'z', recordedAt: 4 });
    expect(orderStream([b, a, early]).events).toEqual([early, a, b]);
  });

  it('reports a version that contradicts its offset and never reorders for it', () => {
    const events = [4, 5, 5, 3, 6].map((version, offset) => event({ offset, version, recordedAt: offset }));
    const ordered = orderStream(events);
    expect(ordered.events).toEqual(events);
    expect(ordered.versionFaults).toEqual([{ id: events[3]!.id, version: 3, previousVersion: 5 }]);
  });

  it('leaves out aborted events, counts them, and never takes markers', () => {
    const events = [
      event({ verdict: 'aborted' }),
      event({ verdict: 'open' }),
      event({}),
      event({ verdict: 'control', kind: 'control' }),
    ];
    const ordered = orderStream(events);
    expect(ordered.events).toEqual([events[2]]);
    expect(cutStream(ordered, { knownOn: null, trueOn: null }).note.leftOut).toBe(2);
    expect(orderStream(events, { include: ['committed', 'aborted', 'open'] }).events).toHaveLength(3);
  });
});

describe('occurred order', () => {
  const day = (n: number) => n * 86_400_000;

  it('moves a backdated event to where it belongs, and lists it', () => {
    const first = event({ recordedAt: day(1), occurredAt: day(1) });
    const later = event({ recordedAt: day(5), occurredAt: day(5) });
    const late = event({ recordedAt: day(10), occurredAt: day(2) });
    const ordered = orderStream([first, later, late]);
    const all = cutStream(ordered, { knownOn: null, trueOn: day(20) });
    expect(all.events).toEqual([first, late, later]);
    expect(all.note).toMatchObject({
      order: 'occurred',
      moved: [{ id: late.id, occurredAt: day(2), recordedAt: day(10) }],
    });
    expect(cutStream(ordered, { knownOn: null, trueOn: day(3) }).events).toEqual([first, late]);
    expect(cutStream(ordered, { knownOn: day(9), trueOn: day(3) }).events).toEqual([first]);
    expect(cutStream(ordered, { knownOn: day(20), trueOn: null }).events).toEqual([first, later, late]);
  });

  it('keeps the log place of an event within the tolerance', () => {
    const first = event({ recordedAt: 100_000, occurredAt: 100_000 });
    const jitter = event({ recordedAt: 100_010, occurredAt: 95_000 });
    const beyond = event({ recordedAt: 100_020, occurredAt: 94_999 });
    const cut = cutStream(orderStream([first, jitter, beyond]), { knownOn: null, trueOn: 200_000 });
    expect(cut.events).toEqual([beyond, first, jitter]);
    expect(cut.note.moved).toHaveLength(1);
    const strict = cutStream(orderStream([first, jitter], { toleranceMs: 0 }), {
      knownOn: null,
      trueOn: 200_000,
    });
    expect(strict.events).toEqual([jitter, first]);
  });

  it('takes exactly what occurred by V of what was known on K, whatever the stream', () => {
    fc.assert(
      fc.property(wildStream, fc.nat(41), fc.nat(41), fc.nat(20), (events, knownOn, trueOn, toleranceMs) => {
        const ordered = orderStream(events, { toleranceMs });
        const known = cutStream(ordered, { knownOn, trueOn: null }).events;
        const cut = cutStream(ordered, { knownOn, trueOn });
        const expected = known.filter((each) => (each.occurredAt ?? each.recordedAt) <= trueOn);
        expect(ids(cut.events).toSorted((a, b) => a - b)).toEqual(ids(expected).toSorted((a, b) => a - b));
        const moved = new Set(cut.note.moved.map((each) => each.id));
        // What was not moved keeps its place relative to each other.
        const kept = (list: StreamEvent[]) => ids(list.filter((each) => !moved.has(each.id)));
        expect(kept(cut.events)).toEqual(kept(expected));
        // No event comes after one that occurred more than the tolerance later.
        let latest = Number.NEGATIVE_INFINITY;
        for (const each of cut.events) {
          if (each.occurredAt === null) continue;
          expect(each.occurredAt).toBeGreaterThanOrEqual(latest - toleranceMs);
          latest = Math.max(latest, each.occurredAt);
        }
      }),
    );
  });

  it('leaves events without an occurred time in place and takes them by their recorded time', () => {
    const first = event({ recordedAt: 10_000, occurredAt: 10_000 });
    const silent = event({ recordedAt: 20_000 });
    const last = event({ recordedAt: 30_000, occurredAt: 30_000 });
    const ordered = orderStream([first, silent, last]);
    expect(cutStream(ordered, { knownOn: null, trueOn: 25_000 }).events).toEqual([first, silent]);
    expect(cutStream(ordered, { knownOn: null, trueOn: 15_000 }).events).toEqual([first]);
  });
});
