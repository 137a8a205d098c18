import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordOf } from '../projection/testing/events.ts';
import { type Kit, NO_CUT, openKit } from '../projection/testing/kit.ts';

const EVENTS = 9000;
const SUBJECT = { ref: { type: 'Order', id: 'long' }, cut: NO_CUT, reducer: 'merge' };
let kit: Kit;

beforeAll(async () => {
  kit = await openKit('keyframe-jobs');
  await kit.append(
    Array.from({ length: EVENTS }, (_, n) =>
      recordOf({
        aggregate: 'long',
        type: 'Paid',
        data: `{"n":${n},"part":{"k${n % 7}":"${n}.50"}}`,
        at: n * 1000,
      }),
    ),
  );
});
afterAll(() => kit.close());

const signal = () => new AbortController().signal;

describe('a long stream', () => {
  it('is listed at once, while a job makes its keyframes', async () => {
    const info = await kit.aggregates.timeline(SUBJECT, kit.context);
    expect(info.keyframes).toEqual({ ready: 0, of: EVENTS, jobId: expect.any(String) });
    const again = await kit.aggregates.timeline(SUBJECT, kit.context);
    if (again.keyframes.jobId !== null) expect(again.keyframes.jobId).toBe(info.keyframes.jobId);
  });

  it('gives up waiting for a far state when the caller does', async () => {
    const abort = new AbortController();
    const other = { ...SUBJECT, cut: { knownOn: null, trueOn: 8_900_000 } };
    const asked = kit.aggregates.state({ ...other, index: 8500 }, { ...kit.context, signal: abort.signal });
    abort.abort();
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('gives a far state when the job has come there, with the hash of the fold from the first event', async () => {
    const ask = (index: number, fromStart: boolean) =>
      kit.aggregates.state({ ...SUBJECT, index, fromStart }, { ...kit.context, signal: signal() });
    const far = await ask(EVENTS - 1, false);
    expect(JSON.parse(far.state)).toMatchObject({ n: EVENTS - 1, part: { k3: '8998.50', k4: '8999.50' } });
    const whole = await ask(EVENTS - 1, true);
    expect(whole.replayed).toBe(EVENTS);
    expect(whole.hash).toBe(far.hash);
    const info = await kit.aggregates.timeline(SUBJECT, kit.context);
    expect(info.keyframes).toEqual({ ready: EVENTS, of: EVENTS, jobId: null });
    const jump = await ask(5432, false);
    expect(jump.replayed).toBeLessThan(300);
    expect(JSON.parse(jump.state)).toMatchObject({ n: 5432 });
  });

  it('tells who set a value, at the newest moment and at an earlier one', async () => {
    const ask = (path: string, upTo?: number) =>
      kit.aggregates.history({ ...SUBJECT, path, ...(upTo === undefined ? {} : { upTo }) }, kit.context);
    const newest = await ask('part.k3');
    expect(newest.total).toBe(Math.ceil((EVENTS - 3) / 7));
    expect(newest.steps.at(-1)).toMatchObject({ index: 8998, value: '"8998.50"' });
    const earlier = await ask('part.k3', 5000);
    expect(earlier.steps.at(-1)).toMatchObject({ index: 4994, value: '"4994.50"' });
    expect(earlier.total).toBe(714);
    const whole = await ask('part', 5000);
    expect(whole.total).toBe(5001);
    expect(whole.omitted).toBe(1001);
  });

  it('keeps what it made in a file that may be deleted, and makes it again', async () => {
    const folder = join(kit.dataDir, 'derived');
    const kept = readdirSync(folder).filter((name) => name.includes('.keyframes'));
    expect(kept.length).toBeGreaterThan(0);
    for (const name of kept) rmSync(join(folder, name));
    const info = await kit.aggregates.timeline(SUBJECT, kit.context);
    expect(info.keyframes.ready).toBe(0);
    await kit.jobs.ended(info.keyframes.jobId!);
    for (let reader = 0; reader < 4; reader += 1) {
      const state = await kit.aggregates.state({ ...SUBJECT, index: 7000 + reader }, kit.context);
      expect(JSON.parse(state.state)).toMatchObject({ n: 7000 + reader });
      expect(state.replayed).toBeLessThan(300);
    }
  });
});
