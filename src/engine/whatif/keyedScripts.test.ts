// A what-if by a program over the rows of a projection by another key than the aggregate.
import { expect, it } from 'vitest';
import { recordOf } from '../projection/testing/events.ts';
import { openKit } from '../projection/testing/kit.ts';
import { idOf, NOTHING, servicesOver } from './testing/services.ts';

const START = 1_700_000_000_000;

it('a program is compared after every event of its rows, and says what the declarative one says', async () => {
  const kit = await openKit('whatif-keyed-script');
  const over = servicesOver(kit);
  await kit.append(
    Array.from({ length: 600 }, (_, n) =>
      recordOf({
        ...{ aggregate: `o-${n % 40}`, type: n % 50 === 7 ? 'Held' : 'Counted', at: START + n * 1000 },
        data: `{"day":"d${n % 7}","n":${n}}`,
      }),
    ),
  );
  const definition = (name: string, reducer: object) => ({
    ...{ name, title: name, source: { aggregateTypes: ['Order'] }, key: 'data.day' },
    ...{ columns: [{ name: 'count', type: 'integer' }], reducer: { name, version: 1, ...reducer } },
  });
  const body = (more: string) =>
    `export const reduce = (state, { type, aggregateId }) => ({ count: (state.count ?? 0) + 1, last: aggregateId${more} });`;
  const program = { language: 'javascript', source: body('') };
  const count = { op: 'add', path: 'count', value: 1 };
  const last = { op: 'set', path: 'last', from: '$aggregateId' };
  const declared = { on: { '*': [count, last] } };
  for (const each of [definition('program', program), definition('declared', declared)])
    await kit.projections.save({ definition: JSON.stringify(each) }, kit.context);
  const held = { op: 'set', path: 'held', value: true };
  const texts = {
    program: { language: 'javascript', text: body(", ...(type === 'Held' ? { held: true } : {})") } as const,
    declared: {
      language: 'json',
      text: JSON.stringify({
        on: { '*': [count, last, { op: 'remove', path: 'held' }], Held: [count, last, held] },
      }),
    } as const,
  };
  const asked = async (name: 'program' | 'declared') => {
    const scope = { kind: 'projection', name } as const;
    const { result, rows } = await over.ask({ scope, hypothesis: { ...NOTHING, reducer: texts[name] } });
    expect(result).toMatchObject({ state: 'done', of: 'row', aggregates: { done: 7, total: 7 } });
    return rows
      .map(({ ref, ...row }) => ({ ...row, key: idOf(ref) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  };
  const rows = await asked('program');
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.some(({ healed }) => healed)).toBe(true);
  expect(rows).toEqual(await asked('declared'));
  await over.jobs.close();
  await kit.close();
});
