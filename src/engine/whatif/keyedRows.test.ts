// The order of a row over many aggregates: the short way by partitions against the long one by aggregates.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mergeStreams } from '../projection/placed.ts';
import { recordOf } from '../projection/testing/events.ts';
import { NO_CUT, openKit } from '../projection/testing/kit.ts';
import { Lanes } from './keyedRows.ts';
import { rowsOfRecords } from './streamRows.ts';
import { contextOf } from './testing/context.ts';

const START = 1_700_000_000_000;
const TOPICS = ['shop.payments', 'shop.orders'];

it('by partitions as by aggregates, with equal times, clocks that run backwards and aggregates in several partitions', async () => {
  const event = fc.record({
    aggregate: fc.integer({ min: 0, max: 11 }),
    at: fc.integer({ min: 0, max: 5 }).map((n) => START + n * 1000),
    // Mostly an aggregate is in one partition; where it is not, the long way is gone.
    strays: fc.constantFrom(false, false, false, false, false, false, true),
  });
  const log = fc.record({ events: fc.array(event, { minLength: 1, maxLength: 40 }), mayStray: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(log, async ({ events, mayStray }) => {
      const kit = await openKit('whatif-order');
      try {
        await kit.append(
          events.map(({ aggregate, at, strays }) =>
            recordOf({
              ...{ aggregate: `o-${aggregate}`, type: 'Paid', at, data: '{}' },
              topic: TOPICS[aggregate % 2]!,
              partition: mayStray && strays ? 3 : Math.floor(aggregate / 2) % 3,
            }),
          ),
        );
        const context = contextOf(kit);
        const ids = context.db.prepare('SELECT id FROM record ORDER BY id').pluck().all() as number[];
        const rows = rowsOfRecords(context, ids);
        const own = Uint32Array.from({ length: rows.count }, (_, row) => row);
        const lanes = new Lanes(() => context, rows, NO_CUT);
        const wanted = mergeStreams([...lanes.of(own).values()]);
        const { heads, streamOf } = lanes.merged(own);
        expect(heads.map(({ id }) => id)).toEqual(wanted.map(({ event: { id } }) => id));
        expect(heads.map((_, index) => streamOf(index))).toEqual(wanted.map(({ stream }) => stream));
        context.close();
      } finally {
        await kit.close();
      }
    }),
    { numRuns: 20 },
  );
});
