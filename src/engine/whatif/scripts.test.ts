/** What-if between two programs: what differs for a while only is found, and equal states written in another way are equal. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordOf } from '../projection/testing/events.ts';
import { type Kit, openKit } from '../projection/testing/kit.ts';
import { idOf, NOTHING, servicesOver } from './testing/services.ts';

const START = Date.parse('2025-06-01T00:00:00Z');
const EACH = 12;
const AGGREGATES = 9;
const program = (body: string) => `
export const initial = { count: 0, parcels: 0 };
export function reduce(state, { type }) {
  ${body}
}`;
const REAL = program('return { ...state, count: state.count + 1 };');

let kit: Kit;
let over: ReturnType<typeof servicesOver>;
beforeAll(async () => {
  kit = await openKit('whatif-scripts');
  await kit.append(
    Array.from({ length: EACH * AGGREGATES }, (_, n) => {
      const aggregate = n % AGGREGATES;
      const place = Math.floor(n / AGGREGATES);
      // Every third aggregate has the event; of one it is the last.
      const isHeld = aggregate % 3 === 0 && place === (aggregate === 6 ? EACH - 1 : 5);
      const type = isHeld ? 'Held' : 'Counted';
      return recordOf({ aggregate: `order-${aggregate}`, type, data: '{}', at: START + n * 1000 });
    }),
  );
  const reducer = { name: 'counts', version: 1, language: 'javascript', source: REAL };
  const columns = [{ name: 'count', type: 'integer' }];
  const source = { aggregateTypes: ['Order'] };
  const definition = { name: 'counts', title: 'Counts', source, key: 'aggregateId', columns, reducer };
  await kit.projections.save({ definition: JSON.stringify(definition) }, kit.context);
  over = servicesOver(kit);
});
afterAll(async () => {
  await over.jobs.close();
  await kit.close();
});

const ask = (text: string) =>
  over.ask({
    scope: { kind: 'projection', name: 'counts' },
    hypothesis: { ...NOTHING, reducer: { language: 'javascript', text } },
  });

it('finds what differed for one event only', async () => {
  const held = program(`
    const { held, ...rest } = state;
    return { ...rest, count: state.count + 1, ...(type === 'Held' ? { held: true } : {}) };`);
  const { job, result, rows } = await ask(held);
  expect(job.status).toBe('done');
  expect(result).toMatchObject({ differing: 3, healed: 2 });
  expect(
    rows
      .map(({ ref, healed, firstType, firstIndex, paths }) => [
        idOf(ref),
        healed,
        firstType,
        firstIndex,
        paths,
      ])
      .sort(),
  ).toEqual([
    ['order-0', true, 'Held', 5, 0],
    ['order-3', true, 'Held', 5, 0],
    ['order-6', false, 'Held', EACH - 1, 1],
  ]);
  expect(result.notes).toEqual([]);
});

it('finds no difference between states of which only the text differs', async () => {
  const turned = program('return { parcels: 0, count: state.count + 1 };');
  expect((await ask(turned)).result).toMatchObject({ differing: 0, healed: 0 });
});

it('leaves events out of some of the streams that go into a program together', async () => {
  const { result, rows } = await over.ask({
    scope: { kind: 'projection', name: 'counts' },
    hypothesis: { ...NOTHING, without: 'type = "Held"' },
  });
  expect(result).toMatchObject({ differing: 3, healed: 0 });
  expect(
    rows
      .map(({ ref, firstIndex, changes }) => [idOf(ref), firstIndex, changes.map(({ delta }) => delta)])
      .sort(),
  ).toEqual([
    ['order-0', 5, ['-1']],
    ['order-3', 5, ['-1']],
    ['order-6', EACH - 1, ['-1']],
  ]);
});
