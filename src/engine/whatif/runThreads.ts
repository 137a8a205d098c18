/** A long run over streams on threads of its own, so that lists and timelines stay quick meanwhile. */
import { availableParallelism } from 'node:os';
import { HindcastError } from '../../contract/errors.ts';
import type { Log, Workspace } from '../store/workspace.ts';
import { StoreThread } from '../workers/storeThread.ts';
import type { KeyMail, KeyShare, StepArgs } from './keyExchange.ts';
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
  /** What a step has for the other threads; null: nothing. Absent: they never tell each other anything. */
  mailOf?(step: Step): KeyMail | null;
}

/** @throws HindcastError `cancelled`, and what the first thread fails with; the others are stopped then */
export async function runThreads<Step>(workspace: Workspace, options: Threads<Step>): Promise<void> {
  const { parts, log, begin, step, argsOf, onStep, mailOf } = options;
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const post = new Post(parts, signal);
  const workerData = { file: workspace.file, check: false };
  const results = await Promise.allSettled(
    Array.from({ length: parts }, async (_, part) => {
      const thread = new StoreThread({ entry: 'runWorker', workerData, log });
      try {
        await thread.call(begin, argsOf(part), { signal });
        for (let shares: StepArgs['shares'] = []; ; ) {
          const found = (await thread.call(step, { shares } satisfies StepArgs, { signal })) as Step;
          const mail = mailOf?.(found) ?? null;
          if (mail !== null) post.send(part, mail.shares);
          if (onStep(part, found)) break;
          shares = await post.fetch(part, mail?.isWaiting === true);
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

/** Takes what a thread has for the others to each of them. */
class Post {
  readonly #boxes: KeyShare[][];
  /** Those who wait are called when something comes. */
  readonly #bells: (PromiseWithResolvers<void> | undefined)[] = [];
  readonly #signal: AbortSignal;

  constructor(parts: number, signal: AbortSignal) {
    this.#boxes = Array.from({ length: parts }, () => []);
    this.#signal = signal;
    const stop = () => {
      for (const bell of this.#bells) bell?.reject(new HindcastError('cancelled', { what: 'run' }));
    };
    signal.addEventListener('abort', stop, { once: true });
  }

  send(from: number, shares: readonly KeyShare[]): void {
    if (shares.length === 0) return;
    for (const [part, box] of this.#boxes.entries()) {
      if (part === from) continue;
      box.push(...shares);
      this.#bells[part]?.resolve();
    }
  }

  /** What has come for a thread. @throws HindcastError `cancelled` */
  async fetch(part: number, isWaiting: boolean): Promise<KeyShare[]> {
    if (isWaiting && this.#boxes[part]!.length === 0) {
      if (this.#signal.aborted) throw new HindcastError('cancelled', { what: 'run' });
      this.#bells[part] = Promise.withResolvers();
      await this.#bells[part].promise;
      this.#bells[part] = undefined;
    }
    return this.#boxes[part]!.splice(0);
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
