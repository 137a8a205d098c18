// Counts as of any moment are those of a look at every record, whatever comes later and in which order.
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { recordOf } from '../projection/testing/events.ts';
import { type Kit, openKit } from '../projection/testing/kit.ts';

const START = Date.parse('2025-06-01T00:00:00Z');
let kit: Kit;
beforeEach(async () => {
  kit = await openKit('counts');
});
afterEach(() => kit.close());

const made = fc.record({
  aggregate: fc.nat(40),
  topic: fc.constantFrom('shop.orders', 'shop.items'),
  partition: fc.nat(2),
  type: fc.constantFrom('Placed', 'Added', 'Paid'),
  at: fc.nat(10_000),
  late: fc.constantFrom(0, 0, 0, 5, 900, -30),
  verdict: fc.constantFrom('committed', 'committed', 'aborted'),
});

interface Row {
  id: string;
  type: string;
  verdict: string;
  happened: number;
  mono: number;
  recordedAt: number;
  topic: string;
}

/** Every record in the order of the log. */
async function allRows(): Promise<Row[]> {
  const page = async (from: number) =>
    (await kit.workspace.read('events.query', { filter: {}, from, count: 500 })).rows;
  const rows: Row[] = [];
  const last = new Map<string, number>();
  for (let from = 0; ; from += 500) {
    const found = await page(from);
    if (found.length === 0) return rows;
    for (const row of found) {
      const { topic } = row.place;
      const lane = `${topic} ${row.place.partition}`;
      const mono = Math.max(last.get(lane) ?? 0, row.recordedAt);
      last.set(lane, mono);
      const { type, verdict, recordedAt } = row;
      expect(row.logAt).toBe(mono);
      rows.push({
        ...{ id: row.aggregate!.id, type, verdict, topic, mono, recordedAt },
        happened: row.occurredAt ?? mono,
      });
    }
  }
}

it('are those of a look at every record', async () => {
  // More than a stretch of the log, and batches that come before, between and after what is there.
  for (const [nth, [base, size]] of (
    [
      [0, 6000],
      [9000, 3000],
      [4000, 1500],
      [20_000, 800],
    ] as const
  ).entries()) {
    const batch = fc.sample(made, { numRuns: size, seed: nth + 1 });
    await kit.append(
      batch.map(({ aggregate, topic, partition, type, at, late, verdict }) =>
        recordOf({
          ...{ aggregate: `order-${aggregate}`, topic, partition, type, data: '{}' },
          at: START + (base + at) * 1000,
          occurred: START + (base + at - late) * 1000,
          verdict: verdict as 'committed' | 'aborted',
        }),
      ),
    );
    const rows = await allRows();
    for (const second of [-1, 100, 5000, 9500, 14_000, 40_000])
      for (const cut of [
        { knownOn: START + second * 1000, trueOn: null },
        { knownOn: null, trueOn: START + second * 1000 },
        { knownOn: START + 9_000_000, trueOn: START + second * 1000 },
        { knownOn: null, trueOn: null },
      ]) {
        const within = rows.filter(
          ({ verdict, mono, happened }) =>
            verdict === 'committed' &&
            mono <= (cut.knownOn ?? Infinity) &&
            happened <= (cut.trueOn ?? Infinity),
        );
        const expected = [...Map.groupBy(within, ({ id }) => id)]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([id, own]) => ({
            ...{ id, events: own.length, firstAt: own[0]!.recordedAt, lastAt: own.at(-1)!.recordedAt },
            ...{ firstLogAt: own[0]!.mono, lastLogAt: own.at(-1)!.mono },
            ...{ lastType: own.at(-1)!.type, topics: new Set(own.map(({ topic }) => topic)).size },
          }));
        const ask = { type: null, search: '', sort: 'id', cut, from: 0, count: 100 } as const;
        const { rows: listed } = await kit.aggregates.list(ask, kit.context);
        expect(
          listed.map(({ ref, foundIn: _in, cells: _cells, ...rest }) => ({ id: ref.id, ...rest })),
          JSON.stringify({ nth, cut }),
        ).toEqual(expected);
      }
  }
});
