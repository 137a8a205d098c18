import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cut } from '../../core/model.ts';
import { cutStream, DEFAULT_TOLERANCE_MS, orderStream } from '../../core/order.ts';
import type { Dictionary } from '../store/dictionary.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { headAt, type StreamColumns } from '../store/streamColumns.ts';
import { KIND } from '../store/values.ts';
import { cutColumns, orderColumns } from './columnOrder.ts';

const TOPICS = ['b.events', 'a.events', 'c'];
/** The names behind the numbers: partition 2·n and 2·n + 1 are those of topic n. */
const names = {
  placeOf: (id: number) => {
    const no = Math.floor(id / OFFSET_SPAN);
    return { topic: TOPICS[no >> 1]!, partition: no & 1 };
  },
  typeName: String,
  toleranceOf: () => DEFAULT_TOLERANCE_MS,
} as unknown as Dictionary;

const eventOf = fc.record({
  partition: fc.nat(5),
  time: fc.nat(40_000),
  occurred: fc.option(fc.nat(40_000)),
  version: fc.option(fc.nat(12)),
  verdict: fc.constantFrom(0, 0, 0, 0, 1, 2, 3),
  kind: fc.constantFrom(KIND.event, KIND.event, KIND.plain, KIND.tombstone, KIND.control),
});
type Made = typeof eventOf extends fc.Arbitrary<infer T> ? T : never;

function columnsOf(made: readonly Made[]): StreamColumns {
  const next = new Map<number, number>();
  const highest = new Map<number, number>();
  const rows = made.map((event) => {
    const offset = next.get(event.partition) ?? 0;
    next.set(event.partition, offset + 1);
    const mono = Math.max(highest.get(event.partition) ?? 0, event.time);
    highest.set(event.partition, mono);
    return { ...event, id: event.partition * OFFSET_SPAN + offset, mono };
  });
  rows.sort((a, b) => a.id - b.id);
  return {
    count: rows.length,
    id: Float64Array.from(rows, ({ id }) => id),
    recordedAt: Float64Array.from(rows, ({ time }) => time),
    monotonicAt: Float64Array.from(rows, ({ mono }) => mono),
    occurredAt: Float64Array.from(rows, ({ occurred }) => occurred ?? Number.NaN),
    version: Float64Array.from(rows, ({ version }) => version ?? Number.NaN),
    eventHash: new Float64Array(rows.length).fill(Number.NaN),
    type: new Uint32Array(rows.length),
    kind: Uint8Array.from(rows, ({ kind }) => kind),
    verdict: Uint8Array.from(rows, ({ verdict }) => verdict),
  };
}

const limit = fc.option(fc.nat(42_000));

describe('columns', () => {
  it('are ordered and cut as core says, whatever the partitions and the order of capture', () => {
    fc.assert(
      fc.property(fc.array(eventOf, { maxLength: 60 }), fc.array(fc.tuple(limit, limit)), (made, cuts) => {
        const columns = columnsOf(made);
        const idsOf = (rows: Uint32Array) => Array.from(rows, (row) => columns.id[row]);
        const heads = Array.from({ length: columns.count }, (_, row) => headAt(columns, row, names));
        const expected = orderStream(heads);
        const ordered = orderColumns(columns, names);
        expect(idsOf(ordered.rows)).toEqual(expected.events.map(({ id }) => id));
        expect([...ordered.effectiveAt]).toEqual(expected.effectiveAt);
        expect(idsOf(ordered.excluded)).toEqual(expected.excluded.map(({ id }) => id));
        expect(ordered.versionFaults).toEqual(expected.versionFaults);
        for (const [knownOn, trueOn] of [...cuts, [null, 8.64e15] as const]) {
          const cut: Cut = { knownOn, trueOn };
          const want = cutStream(expected, cut);
          const got = cutColumns(ordered, cut);
          expect(idsOf(got.rows)).toEqual(want.events.map(({ id }) => id));
          const moved = want.note.moved.map(({ id }) => id);
          expect(idsOf(got.moved)).toEqual(moved);
        }
      }),
      { numRuns: 300 },
    );
  });
});
