import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { story } from '../../../test/fixtures/demo/stories.ts';
import type { Hypothesis } from '../../contract/whatif.ts';
import { formatJson } from '../../core/json.ts';
import type { Json, Reducer } from '../../core/model.ts';
import { reducerFor } from '../../core/projections/builtin.ts';
import { type Kit, NO_CUT } from '../projection/testing/kit.ts';
import { openDemo } from './testing/demo.ts';
import { idOf, NOTHING, type servicesOver } from './testing/services.ts';

let demo: Awaited<ReturnType<typeof openDemo>>;
let kit: Kit;
let over: ReturnType<typeof servicesOver>;
beforeAll(async () => {
  demo = await openDemo('whatif');
  ({ kit, over } = demo);
});
afterAll(() => demo.close());

const savings = reducerFor('SavingsAccount');
const changed = (on: Reducer['on']): Hypothesis => ({
  ...NOTHING,
  reducer: {
    language: 'json',
    text: formatJson({ ...savings, on: { ...savings.on, ...on } } as unknown as Json),
  },
});
const all = { kind: 'type', type: 'SavingsAccount' } as const;
const subject = (id: string) => ({ ref: { type: 'SavingsAccount', id }, cut: NO_CUT, reducer: null });

/** Record id of an event of the demo. */
async function recordOfEvent(ref: { type: string; id: string }, eventId: string): Promise<number> {
  const asked = { ref, cut: NO_CUT, reducer: null };
  const { index } = await kit.aggregates.locate({ ...asked, target: { eventId } }, kit.context);
  const { rows } = await kit.aggregates.events({ ...asked, from: index!, count: 1 }, kit.context);
  return rows[0]!.id;
}

describe('what-if', () => {
  it('with nothing changed finds no difference, also when the same is written in another way', async () => {
    const same = await over.ask({ scope: all });
    expect(same.job.status).toBe('done');
    expect(same.result).toMatchObject({ differing: 0, healed: 0, hypothetical: true, state: 'done' });
    expect(same.result.aggregates.total).toBeGreaterThan(20);
    expect(same.result.aggregates.done).toBe(same.result.aggregates.total);
    const rewritten = await over.ask({
      scope: { kind: 'projection', name: 'savings_account' },
      hypothesis: changed({ Unheard: [] }),
    });
    expect(rewritten.result).toMatchObject({ differing: 0, problems: same.result.problems });
  });

  it('a changed reducer: the set that differs, from which event, by how much', async () => {
    const free = changed({ FeeCharged: [{ op: 'add', path: 'events', value: 1 }] });
    const { result, rows } = await over.ask({ scope: all, hypothesis: free });
    expect(result.differing).toBe(rows.length);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every((row) => row.firstType === 'FeeCharged')).toBe(true);
    const balance = result.paths.find(({ path }) => path === 'balance')!;
    expect(balance.aggregates).toBe(
      rows.filter(({ changes }) => changes.some(({ path }) => path === 'balance')).length,
    );
    const sizes = rows.map(({ size }) => Number(size));
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    for (const row of rows.slice(0, 5)) {
      const state = await kit.aggregates.state({ ...subject(idOf(row.ref)), index: 1_000_000 }, kit.context);
      const real = JSON.parse(state.state) as { balance: number };
      const fees = row.changes.find(({ path }) => path === 'fees_charged_total')!;
      const money = row.changes.find(({ path }) => path === 'balance')!;
      expect(Number(money.real)).toBe(real.balance);
      expect(money.delta).toBe(fees.delta!.replace('-', ''));
    }
  });

  it('opened, it says the same of each aggregate, and the real side is the timeline’s own fold', async () => {
    const hypothesis = changed({ InterestPosted: [{ op: 'add', path: 'events', value: 1 }] });
    const { rows } = await over.ask({ scope: all, hypothesis });
    for (const row of [...rows.slice(0, 4), ...rows.slice(-4)]) {
      const about = { ...subject(idOf(row.ref)), hypothesis };
      const { firstIndex, total } = await over.whatif.events({ ...about, from: 0, count: 1 }, kit.context);
      expect([firstIndex, total]).toEqual([row.firstIndex, row.events]);
      const at = { ...about, show: 'differences' as const, from: 0, count: 100 };
      const before = await over.whatif.states({ ...at, index: firstIndex! - 1 }, kit.context);
      expect(before.different).toBe(0);
      expect(before.real.hash).toBe(before.hypothetical.hash);
      const last = await over.whatif.states({ ...at, index: total - 1 }, kit.context);
      expect(last.rows.filter(({ kind }) => kind === 'changed').length).toBe(row.paths);
      const state = await kit.aggregates.state({ ...subject(idOf(row.ref)), index: total - 1 }, kit.context);
      expect(last.real.hash).toBe(state.hash);
    }
  });

  it('an event skipped: the interest that was posted twice, to the cent', async () => {
    const { aggregateId, eventIds, facts } = story('interest-posted-twice');
    const ref = { type: 'SavingsAccount', id: aggregateId };
    const id = await recordOfEvent(ref, eventIds[1]!);
    const hypothesis: Hypothesis = { ...NOTHING, overlay: { ref, changes: [{ change: 'skip', id }] } };
    for (const scope of [{ kind: 'aggregate', ref } as const, all]) {
      const { rows, result } = await over.ask({ scope, hypothesis });
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({ ref, firstId: id, firstType: 'InterestPosted', healed: false });
      const balance = rows[0]!.changes.find(({ path }) => path === 'balance')!;
      expect(balance.delta).toBe(`-${facts.amount}`);
      expect(result.title).toContain('1 change');
    }
    const { rows } = await over.whatif.events(
      { ...subject(aggregateId), hypothesis, from: 0, count: 500 },
      kit.context,
    );
    expect(rows.filter(({ mark }) => mark !== 'same')).toMatchObject([
      { mark: 'skipped', id, differs: true },
    ]);
  });

  it('edited, moved and inserted events, and changes that cannot be made', async () => {
    const { aggregateId, eventIds } = story('interest-posted-twice');
    const ref = { type: 'SavingsAccount', id: aggregateId };
    const id = await recordOfEvent(ref, eventIds[1]!);
    const { data } = await over.whatif.payload({ id }, kit.context);
    const payload = JSON.parse(data) as Record<string, unknown>;
    const { rows, result } = await over.ask({
      scope: { kind: 'aggregate', ref },
      hypothesis: {
        ...NOTHING,
        overlay: {
          ref,
          changes: [
            { change: 'edit', id, data: JSON.stringify({ ...payload, amount: '0.01' }) },
            { change: 'insert', after: id, type: 'DepositMade', data: '{"amount":"9007199254740993.00"}' },
            { change: 'move', id, after: -2 },
            { change: 'skip', id: 1 },
          ],
        },
      },
    });
    expect(rows[0]!.changes.find(({ path }) => path === 'balance')!.delta).toMatch(
      /^90071992547409\d\d\.\d\d$/,
    );
    expect(result.notes).toEqual([expect.stringMatching(/^Change 4 could not be made/)]);
    await expect(
      over.whatif.run(
        {
          ...{ scope: { kind: 'aggregate', ref }, cut: NO_CUT, reducer: null },
          hypothesis: { ...NOTHING, overlay: { ref, changes: [{ change: 'edit', id, data: '{' }] } },
        },
        kit.context,
      ),
    ).rejects.toMatchObject({ code: 'input.invalid' });
  });

  it('events left out by an expression, everywhere; the same by a reducer that ignores them', async () => {
    const without: Hypothesis = { ...NOTHING, without: 'type = "FeeCharged" and data.amount exists' };
    const left = await over.ask({ scope: all, hypothesis: without });
    const ignored = await over.ask({ scope: all, hypothesis: changed({ FeeCharged: [] }) });
    const told = ({ rows }: typeof left) =>
      rows.map(({ ref, firstId, changes }) => ({ ref, firstId, changes }));
    expect(told(left)).toEqual(told(ignored));
    expect(left.rows.length).toBeGreaterThan(0);
    await expect(
      over.ask({ scope: all, hypothesis: { ...NOTHING, without: 'key = "x"' } }),
    ).resolves.toMatchObject({
      job: { status: 'failed', error: { code: 'filter.invalid' } },
    });
  });

  it('a script is compared like a declarative reducer', async () => {
    const text = `export const initial = ${formatJson((savings.initial ?? {}) as Json)};
      export function reduce(state, { type, data }) { return type === 'FeeCharged' ? { ...state, fees: 1 } : state; }`;
    const { job, rows, result } = await over.ask({
      scope: {
        kind: 'aggregate',
        ref: { type: 'SavingsAccount', id: story('below-zero-healed').aggregateId },
      },
      hypothesis: { ...NOTHING, reducer: { language: 'javascript', text } },
    });
    expect(job.status).toBe('done');
    expect(rows[0]!.paths).toBeGreaterThan(3);
    expect(result.notes).toEqual([]);
    const broken = await over.ask({
      scope: all,
      hypothesis: { ...NOTHING, reducer: { language: 'javascript', text: 'export function reduce( {' } },
    });
    expect(broken.job).toMatchObject({ status: 'failed', error: { code: 'reducer.invalid' } });
    expect(broken.result.state).toBe('failed');
  });

  it('every line of an export says that it is hypothetical', async () => {
    const { result } = await over.ask({ scope: all, hypothesis: changed({ FeeCharged: [] }) });
    const question = { run: result.run, sort: 'size', path: 'balance', search: '', from: 0 } as const;
    const csv = await over.whatif.export({ ...question, format: 'csv' }, kit.context);
    expect(csv.name).toMatch(/hypothetical/);
    const [header, ...lines] = csv.text.trimEnd().split('\r\n');
    expect(header).toMatch(/^hypothetical,/);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.every((line) => line.startsWith('HYPOTHETICAL:') || line.startsWith('"HYPOTHETICAL:'))).toBe(
      true,
    );
    const ndjson = await over.whatif.export({ ...question, format: 'ndjson' }, kit.context);
    for (const line of ndjson.text.trimEnd().split('\n'))
      expect((JSON.parse(line) as { hypothetical: string }).hypothetical).toMatch(/^HYPOTHETICAL: /);
  });

  it('a hypothetical event is no subject of a compensation', async () => {
    const ref = { type: 'SavingsAccount', id: story('interest-posted-twice').aggregateId };
    const names = { ref, actor: 'somebody', eventId: 'x', now: 0 };
    const draft = (correctedId: number) =>
      kit.workspace.read('compensation.draft', { ...names, correctedId });
    await expect(draft(-1)).rejects.toMatchObject({ code: 'whatif.hypothetical' });
    const { draft: real } = await draft(
      await recordOfEvent(ref, story('interest-posted-twice').eventIds[1]!),
    );
    const plan = kit.workspace.read('compensation.plan', {
      draft: { ...real, connectionId: 'c', correctedId: -1 },
      ...{ now: 0, maxBytes: null },
    });
    await expect(plan).rejects.toMatchObject({ code: 'whatif.hypothetical' });
  });

  it('a run that is cancelled says so, and a run before the last is gone', async () => {
    const first = await over.ask({ scope: all });
    const { jobId } = await over.whatif.run(
      { scope: all, cut: NO_CUT, reducer: null, hypothesis: changed({ FeeCharged: [] }) },
      kit.context,
    );
    over.jobs.cancel(jobId);
    expect((await over.jobs.ended(jobId)).status).toBe('cancelled');
    expect((await over.whatif.result({}, kit.context))!.state).toBe('cancelled');
    await expect(
      over.whatif.rows(
        { run: first.result.run, sort: 'size', path: null, search: '', from: 0, count: 1 },
        kit.context,
      ),
    ).rejects.toMatchObject({ code: 'whatif.gone' });
  });

  it('names what is wrong with a changed reducer', async () => {
    const run = (text: string) =>
      over.whatif.run(
        {
          ...{ scope: all, cut: NO_CUT, reducer: null },
          hypothesis: { ...NOTHING, reducer: { language: 'json', text } },
        },
        kit.context,
      );
    await expect(run('{')).rejects.toMatchObject({ code: 'reducer.invalid' });
    await expect(run('{"on":{"A":[{"op":"set","path":"a","from":"amount"}]}}')).rejects.toMatchObject({
      code: 'reducer.invalid',
      details: { problem: expect.stringMatching(/on\.A\[0\]\.from/) },
    });
  });
});
