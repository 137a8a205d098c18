// Invariants over the demo: a balance that was below zero for a while.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { story } from '../../../test/fixtures/demo/stories.ts';
import { type Kit, NO_CUT } from '../projection/testing/kit.ts';
import { openDemo } from './testing/demo.ts';
import { idOf, type servicesOver } from './testing/services.ts';

let demo: Awaited<ReturnType<typeof openDemo>>;
let kit: Kit;
let over: ReturnType<typeof servicesOver>;
beforeAll(async () => {
  demo = await openDemo('invariant-story');
  ({ kit, over } = demo);
});
afterAll(() => demo.close());

describe('invariants', () => {
  const told = story('below-zero-healed');

  it('find a violation that healed, over all aggregates, with its times', async () => {
    const { result, rows } = await over.watch('savings_account');
    expect(result.state).toBe('done');
    const found = rows.filter(
      ({ ref, invariant }) => idOf(ref) === told.aggregateId && invariant.startsWith('Balance'),
    );
    expect(found).toHaveLength(1);
    expect(new Date(found[0]!.at).toISOString()).toBe(told.facts.from);
    expect(new Date(found[0]!.healedAt!).toISOString()).toBe(told.facts.until);
    expect(found[0]!.value).toBe(told.facts.balanceAfterWithdrawal);
    expect(result.invariants[0]!.healed).toBeGreaterThan(0);
  });

  it('over one aggregate: runs without gaps, the same violation', async () => {
    const about = { ref: { type: 'SavingsAccount', id: told.aggregateId }, cut: NO_CUT, reducer: null };
    const { tracks } = await over.invariants.tracks(
      {
        ...about,
        conditions: [
          { name: 'typed', expression: 'balance >= 0' },
          { name: 'half', expression: 'balance >=' },
        ],
      },
      kit.context,
    );
    const [track, half] = tracks;
    expect(track).toMatchObject({ violations: 1, healed: 1, problem: null });
    expect(half).toMatchObject({ problem: { position: expect.any(Number) }, runs: [] });
    const { rows, total } = await kit.aggregates.events({ ...about, from: 0, count: 500 }, kit.context);
    expect(track!.runs[0]!.from).toBe(0);
    expect(track!.runs.at(-1)!.to).toBe(total - 1);
    const broken = track!.runs.find(({ holds }) => holds === 'false')!;
    expect(new Date(rows[broken.from]!.recordedAt).toISOString()).toBe(told.facts.from);
    const own = await over.invariants.tracks({ ...about, conditions: null }, kit.context);
    expect(own.tracks.map(({ name }) => name)).toContain('Balance is never below zero');
  });

  it('refuse a condition that cannot be used, and a projection without any', async () => {
    const conditions = [{ name: 'x', expression: 'balance >= ' }];
    await expect(over.watch('savings_account', conditions)).rejects.toMatchObject({ code: 'filter.invalid' });
    await expect(over.watch('golden_record')).rejects.toMatchObject({ code: 'whatif.unsupported' });
  });
});
