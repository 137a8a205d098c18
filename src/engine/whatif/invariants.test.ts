// Invariants over the rows of projections by another key than the aggregate, against folding each row by hand.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Violation } from '../../contract/invariants.ts';
import { recordOf } from '../projection/testing/events.ts';
import { type Kit, openKit } from '../projection/testing/kit.ts';
import { idOf, servicesOver } from './testing/services.ts';

const START = 1_700_000_000_000;
const PROGRAM = `export const initial = {};
  export function reduce(state, { type, data, aggregateId }) {
    if (type === 'Opened') return { ...state, sum: 0, by: aggregateId };
    if (type === 'Closed') { const { sum, ...rest } = state; return rest; }
    if (type === 'Paid') return { ...state, sum: (state.sum ?? 0) + data.amount };
    return state;
  }`;
const DECLARED = {
  on: {
    Opened: [
      { op: 'set', path: 'sum', value: 0 },
      { op: 'set', path: 'by', from: '$aggregateId' },
    ],
    Closed: [{ op: 'remove', path: 'sum' }],
    Paid: [{ op: 'add', path: 'sum', from: 'data.amount' }],
  },
};

const save = (kit: Kit, name: string, key: string, reducer: object) =>
  kit.projections.save(
    {
      definition: JSON.stringify({
        ...{ name, title: name, source: { topics: ['shop.orders'] }, key },
        ...{ columns: [{ name: 'sum', type: 'decimal' }], reducer: { name, version: 1, ...reducer } },
      }),
    },
    kit.context,
  );

interface Event {
  aggregate: string;
  type: string;
  customer: string | null;
  amount: number;
}
const event: fc.Arbitrary<Event> = fc.record({
  aggregate: fc.constantFrom('o-1', 'o-2', 'o-3'),
  type: fc.constantFrom('Opened', 'Paid', 'Paid', 'Paid', 'Closed', 'Noted'),
  customer: fc.constantFrom('ann', 'bob', null),
  amount: fc.integer({ min: -2, max: 2 }),
});

/** Runs of sums below zero in each row, found by hand; `at` is the place in the log. */
function byHand(log: readonly Event[]) {
  const rows = Map.groupBy(
    log.map((each, at) => ({ ...each, at })).filter(({ customer }) => customer !== null),
    ({ customer }) => customer!,
  );
  return [...rows].flatMap(([key, events]) => {
    const found: { key: string; at: number; healed: number | null; events: number; value: string }[] = [];
    let sum: number | null = null;
    let isBroken = false;
    for (const { type, amount, at } of events) {
      if (type === 'Opened') sum = 0;
      else if (type === 'Closed') sum = null;
      else if (type === 'Paid') sum = (sum ?? 0) + amount;
      const last = found.at(-1)!;
      const isNow = sum !== null && sum < 0;
      if (isNow && !isBroken) found.push({ key, at, healed: null, events: 1, value: String(sum) });
      else if (isNow) last.events += 1;
      else if (isBroken) last.healed = at;
      isBroken = isNow;
    }
    return found;
  });
}

it('of rows by a field of the payload, and of programs, what folding each row by hand finds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 60 }), async (log) => {
      const kit = await openKit('invariants-keyed');
      try {
        await kit.append(
          log.map(({ aggregate, type, customer, amount }, at) => {
            const data = JSON.stringify({ ...(customer === null ? {} : { customer }), amount });
            return recordOf({ aggregate, type, data, at: START + at * 1000 });
          }),
        );
        await save(kit, 'program', 'data.customer', { language: 'javascript', source: PROGRAM });
        await save(kit, 'declared', 'data.customer', DECLARED);
        const over = servicesOver(kit);
        const condition = [{ name: 'not below zero', expression: 'sum >= 0' }];
        const found = (rows: readonly Violation[]) =>
          rows
            .map(({ ref, at, healedAt, events, value }) => ({
              key: idOf(ref),
              at: (at - START) / 1000,
              healed: healedAt === null ? null : (healedAt - START) / 1000,
              ...{ events, value },
            }))
            .sort((a, b) => a.at - b.at);
        const wanted = byHand(log).sort((a, b) => a.at - b.at);
        for (const name of ['program', 'declared']) {
          const { result, rows } = await over.watch(name, condition);
          expect(result).toMatchObject({ state: 'done', of: 'row', violations: wanted.length });
          expect(found(rows)).toEqual(wanted);
          for (const row of rows)
            expect(row.aggregate).toEqual({ type: 'Order', id: log[(row.at - START) / 1000]!.aggregate });
        }
        await over.jobs.close();
      } finally {
        await kit.close();
      }
    }),
    { numRuns: 8 },
  );
});

it('of an event that belongs to no aggregate: the row is told, and no timeline is named', async () => {
  const kit = await openKit('invariants-loose');
  const records = [1, -3, 4].map((amount, at) =>
    recordOf({
      ...{ aggregate: 'o-1', type: 'Paid', at: START + at * 1000 },
      data: `{"customer":"ann","amount":${amount}}`,
    }),
  );
  const named = new TextDecoder().decode(records[1]!.value!);
  const unnamed = named.replace('"aggregate_id":"o-1",', '');
  expect(unnamed).not.toBe(named);
  records[1] = { ...records[1]!, key: null, value: new TextEncoder().encode(unnamed) };
  await kit.append(records);
  await save(kit, 'declared', 'data.customer', DECLARED);
  const over = servicesOver(kit);
  const { result, rows } = await over.watch('declared', [{ name: 'sum', expression: 'sum >= 0' }]);
  expect(result).toMatchObject({ of: 'row', aggregates: { done: 1, total: 1 }, violations: 1 });
  expect(rows).toMatchObject([
    { ref: { projection: 'declared', key: 'ann' }, aggregate: null, value: '-2', events: 1 },
  ]);
  await over.jobs.close();
  await kit.close();
});

it('of a program, over one aggregate: the runs of single steps', async () => {
  const kit = await openKit('invariants-program');
  const amounts = Array.from({ length: 2500 }, (_, at) => (at % 10 < 5 ? -1 : 1));
  await kit.append(
    amounts.map((amount, at) =>
      recordOf({ aggregate: 'o-1', type: 'Paid', data: `{"amount":${amount}}`, at: START + at * 1000 }),
    ),
  );
  await save(kit, 'program', 'aggregateId', { language: 'javascript', source: PROGRAM });
  const over = servicesOver(kit);
  const { tracks } = await over.invariants.tracks(
    {
      ...{ ref: { type: 'Order', id: 'o-1' }, cut: { knownOn: null, trueOn: null }, reducer: 'program' },
      conditions: [{ name: 'not far below', expression: 'sum >= -2' }],
    },
    kit.context,
  );
  const wanted: { from: number; to: number; holds: 'true' | 'false' }[] = [];
  let sum = 0;
  for (const [at, amount] of amounts.entries()) {
    sum += amount;
    const holds = sum >= -2 ? 'true' : 'false';
    const last = wanted.at(-1);
    if (last?.holds === holds) last.to = at;
    else wanted.push({ from: at, to: at, holds });
  }
  expect(wanted.length).toBeGreaterThan(10);
  expect(tracks[0]!.runs.map(({ from, to, holds }) => ({ from, to, holds }))).toEqual(wanted);
  await over.jobs.close();
  await kit.close();
});
