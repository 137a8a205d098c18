// What a first look at the first events of rows says is marked as such until all events were folded, also for ever.
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { recordOf } from '../projection/testing/events.ts';
import { NO_CUT, openKit } from '../projection/testing/kit.ts';
import { Differing } from './differing.ts';
import { idOf, NOTHING, servicesOver } from './testing/services.ts';

const START = 1_700_000_000_000;
const EVENTS = 40_000;
const ROWS = 20;
const countBy = (value: number) => ({ on: { '*': [{ op: 'add', path: 'count', value }] } });

it('a run that is cancelled keeps rows of a first look as preliminary; one that ends has none', async () => {
  const kit = await openKit('whatif-preliminary');
  const over = servicesOver(kit);
  await kit.append(
    Array.from({ length: EVENTS }, (_, n) =>
      recordOf({
        ...{ aggregate: `o-${n % 500}`, type: 'Counted', at: START + n * 1000 },
        data: `{"day":"d${n % ROWS}"}`,
      }),
    ),
  );
  const definition = {
    ...{ name: 'days', title: 'Days', source: { aggregateTypes: ['Order'] }, key: 'data.day' },
    ...{ columns: [{ name: 'count', type: 'integer' }] },
    reducer: { name: 'days', version: 1, ...countBy(1) },
  };
  await kit.projections.save({ definition: JSON.stringify(definition) }, kit.context);
  const scope = { kind: 'projection', name: 'days' } as const;
  const hypothesis = { ...NOTHING, reducer: { language: 'json' as const, text: JSON.stringify(countBy(2)) } };
  const { jobId } = await over.whatif.run({ scope, cut: NO_CUT, reducer: null, hypothesis }, kit.context);
  let isOver = false;
  void over.jobs.ended(jobId).then(() => {
    isOver = true;
  });
  while (!isOver && (await over.whatif.result({}, kit.context))!.preliminary === 0) await setImmediate();
  over.jobs.cancel(jobId);
  expect((await over.jobs.ended(jobId)).status).toBe('cancelled');
  const result = (await over.whatif.result({}, kit.context))!;
  expect(result).toMatchObject({ state: 'cancelled', kept: result.preliminary, healed: 0 });
  expect(result.preliminary).toBeGreaterThan(0);
  expect(result.notes).toContainEqual(expect.stringMatching(/^\d+ rows? listed as preliminary/));
  const asked = { run: result.run, sort: 'id' as const, path: null, search: '', from: 0 };
  const { rows } = await over.whatif.rows({ ...asked, count: 100 }, kit.context);
  expect(rows).toHaveLength(result.preliminary);
  for (const row of rows) {
    expect(row.isPreliminary).toBe(true);
    expect(row.events).toBeLessThan(EVENTS / ROWS);
    expect(row.changes[0]).toMatchObject({ path: 'count', delta: String(row.events) });
  }
  const { text } = await over.whatif.export({ ...asked, format: 'csv' }, kit.context);
  const [header, first] = text.split('\r\n');
  expect(header!.split(',')[1]).toBe('preliminary');
  expect(first).toContain('yes: only its first events were folded');

  const whole = await over.ask({ scope, hypothesis });
  expect(whole.result).toMatchObject({ state: 'done', preliminary: 0, differing: ROWS, kept: ROWS });
  for (const row of whole.rows) expect(row).toMatchObject({ isPreliminary: false, events: EVENTS / ROWS });
  await over.jobs.close();
  await kit.close();
});

const rowOf = (key: string, isPreliminary: boolean, size: string) => ({
  paths: [],
  row: {
    ...{ ref: { projection: 'days', key }, events: 1, firstId: 1, firstType: 'Counted', firstAt: START },
    ...{ firstIndex: 0, healed: false, paths: 0, changes: [], size, isPreliminary },
  },
});

it('a row that was folded wholly is never taken back by a first look, and a full list still takes its place', () => {
  const differing = new Differing(2);
  differing.add([rowOf('a', false, '5')]);
  differing.add([rowOf('a', true, '1'), rowOf('b', true, '2'), rowOf('c', true, '3')]);
  const listed = () =>
    differing.rows({ sort: 'id', path: null, search: '' }).map(({ ref, size }) => [idOf(ref), size]);
  expect(listed()).toEqual([
    ['a', '5'],
    ['b', '2'],
  ]);
  expect(differing.preliminary).toBe(1);
  differing.add([rowOf('b', false, '7')]);
  expect(differing.preliminary).toBe(0);
  expect(differing.dropPreliminary()).toBe(0);
  expect(listed()).toEqual([
    ['a', '5'],
    ['b', '7'],
  ]);
});
