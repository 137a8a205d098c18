// The run over all aggregates against opening each, on random streams.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hypothesis } from '../../contract/whatif.ts';
import type { Reducer } from '../../core/model.ts';
import { recordOf } from '../projection/testing/events.ts';
import { openKit } from '../projection/testing/kit.ts';
import { idOf, NOTHING, servicesOver } from './testing/services.ts';

describe('random streams', () => {
  it('the run over all says of each aggregate what opening it says, as of any cut', async () => {
    const event = fc.record({
      aggregate: fc.integer({ min: 1, max: 4 }).map((n) => `o-${n}`),
      topic: fc.constantFrom('shop.orders', 'shop.payments'),
      partition: fc.integer({ min: 0, max: 1 }),
      type: fc.constantFrom('Paid', 'Refunded', 'Noted'),
      amount: fc.integer({ min: -3, max: 3 }),
      at: fc.integer({ min: 0, max: 40 }).map((n) => 1_700_000_000_000 + n * 4_000),
      lag: fc.constantFrom(0, 0, 60_000),
      verdict: fc.constantFrom('committed', 'committed', 'committed', 'aborted'),
    });
    const real: Reducer = {
      name: 'sums',
      version: 1,
      initial: { sum: 0 },
      on: {
        Paid: [{ op: 'add', path: 'sum', from: 'data.amount' }],
        Refunded: [{ op: 'set', path: 'sum', from: 'data.amount' }],
      },
    };
    const other = {
      ...real,
      on: { ...real.on, Refunded: [{ op: 'subtract', path: 'sum', from: 'data.amount' }] },
    };
    const cut = fc.record({
      knownOn: fc.option(fc.integer({ min: 0, max: 40 }), { nil: null }),
      trueOn: fc.option(fc.integer({ min: 0, max: 40 }), { nil: null }),
    });
    const moment = (n: number | null) => (n === null ? null : 1_700_000_000_000 + n * 4_000);
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 1, maxLength: 40 }),
        cut,
        fc.boolean(),
        async (made, k, isSame) => {
          const random = await openKit('whatif-random');
          const asked = servicesOver(random);
          try {
            await random.append(
              made.map(({ amount, lag, at, ...rest }) =>
                recordOf({ ...rest, at, occurred: at - lag, data: `{"amount":${amount}}` } as never),
              ),
            );
            await random.projections.save(
              {
                definition: JSON.stringify({
                  ...{ name: 'sums', source: { aggregateTypes: ['Order'] } },
                  columns: [{ name: 'sum', type: 'decimal' }],
                  reducer: real,
                }),
              },
              random.context,
            );
            const hypothesis: Hypothesis = {
              ...NOTHING,
              reducer: { language: 'json', text: JSON.stringify(isSame ? real : other) },
            };
            const at = { knownOn: moment(k.knownOn), trueOn: moment(k.trueOn) };
            const { rows, result } = await asked.ask({
              ...{ scope: { kind: 'projection', name: 'sums' }, cut: at, hypothesis },
            });
            if (isSame) expect(result.differing).toBe(0);
            for (const id of new Set(made.map(({ aggregate }) => aggregate))) {
              const about = { ref: { type: 'Order', id }, cut: at, reducer: 'sums', hypothesis };
              const opened = await asked.whatif.events({ ...about, from: 0, count: 100 }, random.context);
              const row = rows.find(({ ref }) => idOf(ref) === id);
              expect(row?.firstIndex ?? null).toBe(opened.firstIndex);
              if (row === undefined) continue;
              expect([row.events, row.firstId]).toEqual([opened.total, opened.rows[row.firstIndex]!.id]);
              const last = await asked.whatif.states(
                { ...about, index: opened.total - 1, show: 'differences', from: 0, count: 10 },
                random.context,
              );
              expect(row.healed).toBe(last.different === 0);
              const info = await random.aggregates.timeline(
                { ref: about.ref, cut: at, reducer: 'sums' },
                random.context,
              );
              expect(opened.total).toBe(info.within);
              const { hash } = await random.aggregates.state(
                { ref: about.ref, cut: at, reducer: 'sums', index: info.within - 1 },
                random.context,
              );
              expect(last.real.hash).toBe(hash);
            }
          } finally {
            await asked.jobs.close();
            await random.close();
          }
        },
      ),
      { numRuns: 12 },
    );
  });
});
