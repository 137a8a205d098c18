// A changed log of one aggregate, over the rows of a projection by another key.
import { expect, it } from 'vitest';
import type { Hypothesis } from '../../contract/whatif.ts';
import { recordOf } from '../projection/testing/events.ts';
import { openKit } from '../projection/testing/kit.ts';
import { definitionOf } from './testing/naiveRows.ts';
import { idOf, NOTHING, servicesOver } from './testing/services.ts';

const START = 1_700_000_000_000;

it('an edited key takes the event from one row to another, and only these are folded', async () => {
  const kit = await openKit('whatif-keyed-edit');
  const over = servicesOver(kit);
  await kit.append(
    Array.from({ length: 12 }, (_, n) =>
      recordOf({
        ...{ aggregate: `o-${n % 3}`, type: 'Refunded', at: START + n * 1000 },
        data: `{"customer":"c-${n % 4}","amount":${n}}`,
      }),
    ),
  );
  await kit.projections.save({ definition: JSON.stringify(definitionOf('data.customer')) }, kit.context);
  const ref = { type: 'Order', id: 'o-1' };
  const cut = { knownOn: null, trueOn: null };
  const asked = { ref, cut, reducer: null, hypothesis: NOTHING, from: 0, count: 10 };
  const { rows: log } = await over.whatif.events(asked, kit.context);
  // The last of c-3 becomes one of c-1, and a new row gets an event of its own.
  const { id } = log[2]!;
  const hypothesis: Hypothesis = {
    ...NOTHING,
    overlay: {
      ref,
      changes: [
        { change: 'edit', id, data: '{"customer":"c-1","amount":100}' },
        { change: 'insert', after: id, type: 'Refunded', data: '{"customer":"new","amount":5}' },
      ],
    },
  };
  const { result, rows } = await over.ask({ scope: { kind: 'projection', name: 'sums' }, cut, hypothesis });
  expect(result).toMatchObject({ of: 'row', aggregates: { done: 3, total: 3 } });
  expect(result.notes).toEqual([expect.stringMatching(/^Only the rows that the changed log touches/)]);
  expect(rows.map((row) => idOf(row.ref)).sort()).toEqual(['c-1', 'c-3', 'new']);
  const marks = async (key: string) => {
    const of = { ...asked, hypothesis, ref: { projection: 'sums', key } };
    const { rows: events } = await over.whatif.events(of, kit.context);
    return events.map((event) => event.mark);
  };
  expect(await marks('c-3')).toEqual(['same', 'row-from', 'same']);
  expect(await marks('c-1')).toEqual(['same', 'same', 'row-to', 'same']);
  expect(await marks('new')).toEqual(['inserted']);
  // A row that no run has found is looked for.
  expect(await marks('c-0')).toEqual(['same', 'same', 'same']);
  await over.jobs.close();
  await kit.close();
});
