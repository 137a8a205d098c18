/** The jobs that make keyframes of long streams, each on a thread of its own: lists and states stay quick meanwhile. */

import type { AggregateRef } from '../../contract/common.ts';
import { HindcastError } from '../../contract/errors.ts';
import { plural } from '../../core/count.ts';
import type { JobEnd, JobProgress, JobRegistry } from '../jobs/jobRegistry.ts';
import type { ReducerText } from '../reads/timeline.ts';
import type { CutOf } from '../reads/timelineView.ts';
import type { Log, Workspace } from '../store/workspace.ts';
import { StoreThread } from '../workers/storeThread.ts';
import type { KeyframeProgress } from './keyframeReads.ts';

export interface KeyframeSubject {
  ref: AggregateRef;
  cut: CutOf;
  reducer: ReducerText;
}

interface Running {
  jobId: string;
  done: number;
  /** Called after every step, and at the end. */
  waiting: Set<() => void>;
  isOver: boolean;
}

export interface KeyframeJobsOptions {
  jobs: JobRegistry;
  /** Folder of the files made from workspaces. */
  derived: string;
  /** Called when a job has ended well. */
  onMade: () => void;
  log: Log;
}

export class KeyframeJobs {
  readonly #options: KeyframeJobsOptions;
  readonly #running = new WeakMap<Workspace, Map<string, Running>>();
  /** When the last job of a subject ended, by performance.now(). */
  readonly #ended = new WeakMap<Workspace, Map<string, number>>();

  constructor(options: KeyframeJobsOptions) {
    this.#options = options;
  }

  /** The job that is making a subject's keyframes; null: none is. */
  runningFor(workspace: Workspace, subject: KeyframeSubject): string | null {
    return this.#of(workspace).get(keyOf(subject))?.jobId ?? null;
  }

  /** True when no job for the subject is under way or has ended within so many milliseconds. */
  isDue(workspace: Workspace, subject: KeyframeSubject, millis: number): boolean {
    const key = keyOf(subject);
    if (this.#of(workspace).has(key)) return false;
    return performance.now() - (this.#ended.get(workspace)?.get(key) ?? Number.NEGATIVE_INFINITY) > millis;
  }

  /** Starts a job unless one is under way; its id. */
  start(workspace: Workspace, subject: KeyframeSubject): string {
    const all = this.#of(workspace);
    const key = keyOf(subject);
    const known = all.get(key);
    if (known !== undefined) return known.jobId;
    const running: Running = { jobId: '', done: 0, waiting: new Set(), isOver: false };
    all.set(key, running);
    const { type, id } = subject.ref;
    const spec = {
      kind: 'keyframes' as const,
      title: `Keyframes of ${type === '' ? id : `${type} ${id}`}`,
      unit: 'events',
    };
    const { jobId } = this.#options.jobs.start(spec, async (signal, report) => {
      try {
        return await this.#run(workspace, subject, running, signal, report);
      } finally {
        running.isOver = true;
        all.delete(key);
        this.#hasEnded(workspace, key);
        for (const wake of running.waiting) wake();
        if (!signal.aborted) this.#options.onMade();
      }
    });
    running.jobId = jobId;
    return jobId;
  }

  /** Resolves when the job has come to so many events, or has ended in whatever way. @throws HindcastError `cancelled` */
  async reached(
    workspace: Workspace,
    subject: KeyframeSubject,
    count: number,
    signal: AbortSignal,
  ): Promise<void> {
    const running = this.#of(workspace).get(keyOf(subject));
    if (running === undefined) return;
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!signal.aborted && !running.isOver && running.done < count) return;
        running.waiting.delete(look);
        signal.removeEventListener('abort', look);
        if (signal.aborted) reject(new HindcastError('cancelled', { what: 'aggregates.state' }));
        else resolve();
      };
      running.waiting.add(look);
      signal.addEventListener('abort', look);
      look();
    });
  }

  async #run(
    workspace: Workspace,
    subject: KeyframeSubject,
    running: Running,
    signal: AbortSignal,
    report: (progress: JobProgress) => void,
  ): Promise<JobEnd> {
    const { derived, log } = this.#options;
    const workerData = { file: workspace.file, check: false };
    const thread = new StoreThread({ entry: 'readerWorker', workerData, log });
    const call = (name: string, args: unknown) =>
      thread.call(name, args, { signal }) as Promise<KeyframeProgress>;
    try {
      let progress = await call('keyframes.begin', { ...subject, derived, at: Date.now() });
      while (!progress.isOver) {
        report({ done: progress.done, total: progress.total, note: 'Folding, so that every jump is short.' });
        progress = await call('keyframes.step', {});
        running.done = progress.done;
        for (const wake of [...running.waiting]) wake();
      }
      return {
        status: 'done',
        note: `Every state of ${plural(progress.total, 'event')} is within reach.`,
      };
    } finally {
      await thread.close();
    }
  }

  #hasEnded(workspace: Workspace, key: string): void {
    const ended = this.#ended.get(workspace) ?? new Map<string, number>();
    this.#ended.set(workspace, ended.set(key, performance.now()));
  }

  #of(workspace: Workspace): Map<string, Running> {
    let all = this.#running.get(workspace);
    if (all === undefined) {
      all = new Map();
      this.#running.set(workspace, all);
    }
    return all;
  }
}

const keyOf = ({ ref, cut, reducer }: KeyframeSubject): string =>
  JSON.stringify([ref.type, ref.id, cut.knownOn, cut.trueOn, reducer.hash]);
