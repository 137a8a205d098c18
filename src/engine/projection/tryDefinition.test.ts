/** A definition that is being written, tried on one row of a real workspace; and what it was before. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordOf } from './testing/events.ts';
import { type Kit, NO_CUT, openKit } from './testing/kit.ts';

const START = Date.parse('2025-06-01T00:00:00Z');
let kit: Kit;
beforeAll(async () => {
  kit = await openKit('try');
  await kit.append(
    Array.from({ length: 40 }, (_, n) =>
      recordOf({
        aggregate: `order-${n % 4}`,
        at: START + n * 60_000,
        type: 'ItemAdded',
        data:
          n === 21 ? '{"price":"free"}' : `{"price":19.90,"amount":100${n % 2 ? '' : ',"customer_id":"c1"'}}`,
      }),
    ),
  );
});
afterAll(() => kit.close());

const base = {
  name: 'totals',
  title: 'Totals',
  source: { aggregateTypes: ['Order'] },
  columns: [{ name: 'total', type: 'decimal' }],
};
const declared = (from: string, version = 1, extra: object = {}) => ({
  ...base,
  ...extra,
  reducer: { name: 'totals', version, on: { ItemAdded: [{ op: 'add', path: 'total', from }] } },
});
const program = (source: string, language = 'javascript') => ({
  ...base,
  reducer: { name: 'totals', version: 1, language, source },
});
const attempt = (
  definition: object | string,
  on: string | null = null,
  cut: { knownOn: number | null; trueOn: number | null } = NO_CUT,
) =>
  kit.projections.try(
    { definition: typeof definition === 'string' ? definition : JSON.stringify(definition), on, cut },
    kit.context,
  );

describe('trying a definition', () => {
  it('folds one row with every digit, lists what failed, and takes the time into account', async () => {
    const { row, problems } = await attempt(declared('data.price'), 'order-1');
    expect(problems).toEqual([]);
    expect(row).toMatchObject({
      key: 'order-1',
      aggregate: { type: 'Order', id: 'order-1' },
      folded: 10,
      partial: null,
      processed: 9,
      failed: 1,
      state: '{"total":179.10}',
      columns: [{ name: 'total', value: { decimal: '179.10' }, note: null }],
      saved: null,
    });
    expect(row!.failures[0]).toMatchObject({ index: 5, place: { offset: '21' }, type: 'ItemAdded' });
    const early = await attempt(declared('data.price'), 'order-1', {
      knownOn: START + 5 * 60_000,
      trueOn: null,
    });
    expect(early.row).toMatchObject({ folded: 2, failed: 0 });
  });

  it('names all mistakes with their places, and a row that is not there', async () => {
    const { problems } = await attempt(
      declared('data.price', 0, { columns: [{ name: 'key', type: 'text' }] }),
    );
    expect(problems.map(({ path }) => path)).toEqual(['columns[0].name', 'reducer.version']);
    expect((await attempt('{')).problems[0]!.message).toMatch(/not JSON/);
    expect(await attempt(declared('data.price'), 'nobody')).toMatchObject({ row: null, note: /nobody/ });
  });

  it('compares with the saved definition', async () => {
    await kit.projections.save({ definition: JSON.stringify(declared('data.price')) }, kit.context);
    expect((await attempt(declared('data.price'), 'order-0')).row!.saved).toBeNull();
    const { row } = await attempt(declared('data.amount', 2), 'order-0');
    expect(row!.saved).toMatchObject({
      version: 1,
      columns: [{ name: 'total', value: { decimal: '199.00' } }],
      changes: [{ path: 'total', kind: 'changed', before: '199.00', after: '1000', delta: '801.00' }],
      changed: 1,
    });
  });

  it('tells of events without the key', async () => {
    const { row } = await attempt(declared('data.amount', 1, { key: 'data.customer_id' }));
    expect(row).toMatchObject({ key: 'c1', aggregate: null, folded: 20, processed: 20 });
    expect(row!.partial).toMatch(/20 records of these have no key/);
    const missing = await attempt(declared('data.amount', 1, { key: 'data.nothing' }));
    expect(missing).toMatchObject({ row: null, note: /None of all 40 records/ });
  });

  it('places what is wrong in a program', async () => {
    const broken = await attempt(program('export function reduce(state, event) {\n  return state +;\n}'));
    expect(broken.problems).toMatchObject([{ path: 'reducer.source', line: 2 }]);
    const typed = await attempt(program('export const a = 1;\nlet x: = 3;', 'typescript'));
    expect(typed.problems).toMatchObject([{ path: 'reducer.source', line: 2, column: 8 }]);
    const thrown = await attempt(
      program(
        "export function reduce(state, event) {\n  if (event.data.price === 'free') throw new Error('no');\n  return { n: 1 };\n}",
      ),
      'order-1',
    );
    expect(thrown.row).toMatchObject({ failed: 1, failures: [{ index: 5, line: 2, message: /no/ }] });
  });

  it('gives a clear answer to loops, memory, cycles and functions', async () => {
    const answers: [string, RegExp][] = [
      ['for (;;) {}', /too many steps/],
      ['const all = []; for (;;) all.push(new Array(100000).fill("x"));', /memory|too many steps/],
      ['const a = {}; a.a = a; return a;', /cycle|itself|nested/i],
      ['return { f: () => 1 };', /function/],
    ];
    for (const [body, words] of answers) {
      const { problems, row } = await attempt(
        program(`export function reduce(state, event) { ${body} }`),
        'order-0',
      );
      const told = problems[0]?.message ?? row?.failures[0]?.message ?? '';
      if (body.includes('for (;;)')) expect(row?.partial).toMatch(/had to be stopped, 9 events left out/);
      expect(told).toMatch(words);
    }
    expect((await attempt(declared('data.price'), 'order-0')).row).toMatchObject({ failed: 0 });
  });
});

it('keeps what a definition was', async () => {
  const save = (version: number) =>
    kit.projections.save(
      { definition: JSON.stringify({ ...declared('data.price', version), name: 'kept' }) },
      kit.context,
    );
  await save(1);
  await save(1);
  await save(2);
  await save(3);
  const versions = await kit.projections.versions({ name: 'kept' }, kit.context);
  expect(versions.map(({ version }) => version)).toEqual([3, 2, 1]);
  expect(new Set(versions.map(({ hash }) => hash)).size).toBe(3);
  expect(JSON.parse(versions[2]!.definition).reducer.version).toBe(1);
  await kit.projections.remove({ name: 'kept' }, kit.context);
  await save(4);
  expect(await kit.projections.versions({ name: 'kept' }, kit.context)).toHaveLength(1);
});
