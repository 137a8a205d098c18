/** A long run over streams on threads of its own, so that lists and timelines stay quick meanwhile. */
import { availableParallelism } from 'node:os';
import { HindcastError } from '../../contract/errors.ts';
import type { Log, Workspace } from '../store/workspace.ts';
import { THREAD_LIMITS } from '../workers/locate.ts';
import { StoreThread } from '../workers/storeThread.ts';
import type { KeyShare, StepArgs } from './keyExchange.ts';
import type { ScanProgress } from './streamScan.ts';

/** From so many records on a second thread is worth its start. */
const WORTH_TWO = 100_000;

export const threadsFor = (records: number): number =>
  records >= WORTH_TWO && availableParallelism() > 1 ? 2 : 1;

export interface Threads<Step> {
  parts: number;
  log: Log;
  signal: AbortSignal;
  /** Names of the reads that begin it and go on. */
  begin: string;
  step: string;
  argsOf(part: number): unknown;
  /** Called after every step of every thread; true: this thread is done. */
  onStep(part: number, step: Step): boolean;
  /** What a step has for the other threads, which wait for it; null: nothing. Absent: they never tell each other anything. */
  shareOf?(step: Step): KeyShare | null;
}

/** @throws HindcastError `cancelled`, and what the first thread fails with; the others are stopped then */
export async function runThreads<Step>(workspace: Workspace, options: Threads<Step>): Promise<void> {
  const { parts, log, begin, step, argsOf, onStep, shareOf } = options;
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const table = new Table(parts, signal);
  const workerData = { file: workspace.file, check: false };
  const limits = THREAD_LIMITS.run;
  const results = await Promise.allSettled(
    Array.from({ length: parts }, async (_, part) => {
      const thread = new StoreThread({ entry: 'readerWorker', workerData, limits, log });
      try {
        await thread.call(begin, argsOf(part), { signal });
        for (let shares: StepArgs['shares'] = null; ; ) {
          const found = (await thread.call(step, { shares } satisfies StepArgs, { signal })) as Step;
          if (onStep(part, found)) break;
          const share = shareOf?.(found) ?? null;
          shares = share === null ? null : await table.put(part, share);
        }
      } catch (error) {
        failed.abort();
        throw error;
      } finally {
        await thread.close();
      }
    }),
  );
  const errors = results.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  // Those that were stopped because of another one say no more than that they were stopped.
  const told = errors.find((error) => (error as { code?: unknown }).code !== 'cancelled') ?? errors[0];
  if (told !== undefined) throw told;
}

/** Where each thread puts what it has for the others, and waits until all have. */
class Table {
  readonly #parts: number;
  readonly #put = new Map<number, KeyShare>();
  readonly #all = Promise.withResolvers<void>();

  constructor(parts: number, signal: AbortSignal) {
    this.#parts = parts;
    signal.addEventListener(
      'abort',
      () => this.#all.reject(new HindcastError('cancelled', { what: 'run' })),
      {
        once: true,
      },
    );
    // Threads that do not wait any more have nobody to tell.
    this.#all.promise.catch(() => {});
  }

  /** What the others have put. @throws HindcastError `cancelled` */
  async put(part: number, share: KeyShare): Promise<KeyShare[]> {
    this.#put.set(part, share);
    if (this.#put.size === this.#parts) this.#all.resolve();
    await this.#all.promise;
    return [...this.#put].filter(([other]) => other !== part).map(([, each]) => each);
  }
}

/** The progress of several threads as one. */
export function sumOf(progress: readonly ScanProgress[]): Pick<ScanProgress, 'aggregates' | 'events'> {
  const sum = { aggregates: { done: 0, total: 0 }, events: { done: 0, total: 0 } };
  for (const each of progress)
    for (const name of ['aggregates', 'events'] as const) {
      sum[name].done += each[name].done;
      sum[name].total += each[name].total;
    }
  return sum;
}
