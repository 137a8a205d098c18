import { describe, expect, it } from 'vitest';
import { HindcastError } from '../../contract/errors.ts';
import { JobState } from '../../contract/system.ts';
import { createJobRegistry, type JobProgress } from './jobRegistry.ts';
import { RateWindow } from './rateWindow.ts';

const SPEC = { kind: 'capture', title: 'Capture of orders', unit: 'offsets' } as const;
const quiet = { log: () => {} };
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, fail) =>
    signal.addEventListener('abort', () => fail(signal.reason), { once: true }),
  );

describe('jobs', () => {
  it('ends with what the work says, and its state fits the contract', async () => {
    const jobs = createJobRegistry(quiet);
    const { jobId } = jobs.start(SPEC, async (_signal, report) => {
      report({ done: 3, total: 10, note: 'Reading.' });
      return { status: 'done', note: '10 records.' };
    });
    const state = await jobs.ended(jobId);
    expect(JobState.parse(state)).toMatchObject({
      status: 'done',
      note: '10 records.',
      done: 10,
      total: 10,
      error: null,
    });
    expect(state.endedAt).toBeGreaterThanOrEqual(state.startedAt);
    expect(jobs.list()).toEqual([state]);
  });

  it('keeps an error as a value with its sentence and next step', async () => {
    const jobs = createJobRegistry(quiet);
    const known = jobs.start(SPEC, async () => {
      throw new HindcastError('disk.full', { problem: 'nothing more can be written' });
    });
    expect(await jobs.ended(known.jobId)).toMatchObject({
      status: 'failed',
      error: {
        code: 'disk.full',
        nextStep: 'Free some space and capture again: it goes on where it stopped.',
      },
    });
    const unknown = jobs.start(SPEC, async () => {
      throw new TypeError('x is not a function');
    });
    expect((await jobs.ended(unknown.jobId)).error?.code).toBe('internal');
  });

  it('keeps an incomplete end apart from a failure', async () => {
    const jobs = createJobRegistry(quiet);
    const error = new HindcastError('capture.incomplete', { problem: 'broker 2 is gone', next: 'Wait.' });
    const { jobId } = jobs.start(SPEC, async () => ({ status: 'incomplete', note: error.message, error }));
    expect(await jobs.ended(jobId)).toMatchObject({
      status: 'incomplete',
      error: { code: 'capture.incomplete', retryable: true },
    });
  });

  it('is cancelled to the bottom, and only then called cancelled', async () => {
    const jobs = createJobRegistry(quiet);
    const { jobId } = jobs.start(SPEC, (signal) => untilAborted(signal));
    await Promise.resolve();
    jobs.cancel(jobId);
    expect(await jobs.ended(jobId)).toMatchObject({ status: 'cancelled', error: null });
    expect(() => jobs.cancel('nobody')).toThrow(/no job nobody/);
  });

  it('computes rate and remaining time from the last seconds', async () => {
    let clock = 0;
    const jobs = createJobRegistry({ ...quiet, now: () => clock });
    let report: (progress: JobProgress) => void = () => {};
    const { jobId } = jobs.start(SPEC, (signal, tell) => {
      report = tell;
      return untilAborted(signal);
    });
    await Promise.resolve();
    report({ done: 0, total: 10_000 });
    expect(jobs.get(jobId)?.perSecond).toBeNull();
    for (clock = 1000; clock <= 4000; clock += 1000) report({ done: clock, total: 10_000 });
    expect(jobs.get(jobId)).toMatchObject({ perSecond: 1000, remainingMs: 6000 });
    await jobs.close();
    expect(jobs.get(jobId)?.status).toBe('cancelled');
  });

  it('pushes at most ten times a second, and the last state always', async () => {
    const jobs = createJobRegistry(quiet);
    const abort = new AbortController();
    const seen: JobState[][] = [];
    const watching = (async () => {
      for await (const states of jobs.watch(abort.signal)) seen.push(states);
    })();
    const { jobId } = jobs.start(SPEC, async (_signal, report) => {
      for (let done = 0; done <= 500; done++) {
        report({ done, total: 500 });
        await new Promise((next) => setTimeout(next, 1));
      }
      return { status: 'done', note: '' };
    });
    const { startedAt, endedAt } = await jobs.ended(jobId);
    await new Promise((next) => setTimeout(next, 250));
    abort.abort();
    await watching;
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.length).toBeLessThanOrEqual((endedAt! - startedAt) / 100 + 4);
    expect(seen.at(-1)?.[0]).toMatchObject({ status: 'done', done: 500 });
  });
});

describe('the rate window', () => {
  it('forgets what is older than the window', () => {
    const window = new RateWindow();
    for (let at = 0; at <= 10_000; at += 1000) window.add(at, at * 10);
    expect(window.add(11_000, 100_000 + 100)).toBeLessThan(10_000);
    let last: number | null = null;
    for (let at = 12_000; at <= 20_000; at += 1000) last = window.add(at, 100_100 + (at - 11_000) / 10);
    expect(last).toBeCloseTo(100, 5);
  });

  it('begins anew when the count falls', () => {
    const window = new RateWindow();
    window.add(0, 1000);
    window.add(1000, 2000);
    expect(window.add(1100, 0)).toBeNull();
    expect(window.add(2100, 50)).toBe(50);
  });
});
