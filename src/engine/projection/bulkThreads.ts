/** Runs the parts of a first replay in threads of their own, so that reads go on and every core helps. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { HindcastError } from '../../contract/errors.ts';
import { THREAD_LIMITS, workerUrl } from '../workers/locate.ts';
import { fromWire, newCancelFlag, raiseFlag } from '../workers/messages.ts';
import type { ReplayData, ReplayMessage } from '../workers/replayWorker.ts';
import { hangs, newPulse, watchScripts } from '../workers/watchScripts.ts';

/** More threads would only wait for each other's memory. */
const MOST_THREADS = 4;

export const replayThreads = (): number => Math.min(MOST_THREADS, availableParallelism());

export interface BulkRun {
  file: string;
  derived: string;
  definition: string;
  /** Of the projection. */
  name: string;
  build: number;
  /** As the plan names them: `2/4` is the third of four. */
  parts: readonly string[];
  signal: AbortSignal;
  /** Events done and to do, as far as it is known. */
  onProgress: (done: number, total: number | null) => void;
  /** See {@link watchScripts}. */
  stuckAfterMs?: number;
}

/** @throws HindcastError `cancelled`, `disk.full`, `reducer.invalid`, … */
export async function runBulk(run: BulkRun): Promise<void> {
  const { signal, parts, onProgress } = run;
  const cancel = newCancelFlag();
  const stop = () => raiseFlag(cancel);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const progress = parts.map(() => ({ done: 0, total: 0 }));
  const report = () => {
    const done = progress.reduce((sum, each) => sum + each.done, 0);
    const known = progress.filter(({ total }) => total > 0);
    const total = known.reduce((sum, each) => sum + each.total, 0);
    // Parts are about equal, so those that have not begun are as large as those that have.
    onProgress(done, known.length === 0 ? null : Math.round((total / known.length) * parts.length));
  };
  const waiting = [...parts.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, name] = next;
      await runPart(run, { ...dataOf(run, name), cancel, pulse: newPulse() }, (done, total) => {
        progress[at] = { done, total };
        report();
      });
    }
  };
  try {
    const threads = Array.from({ length: Math.min(replayThreads(), parts.length) }, work);
    const ended = await Promise.allSettled(
      threads.map((thread) =>
        thread.catch((error: unknown) => {
          // One that failed leaves the others nothing to do it for.
          stop();
          throw error;
        }),
      ),
    );
    const failures = ended.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
    const first = failures.find((error) => !(error instanceof HindcastError && error.code === 'cancelled'));
    if (failures.length > 0) throw first ?? failures[0]!;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function dataOf(
  { file, derived, definition, build }: BulkRun,
  name: string,
): Omit<ReplayData, 'cancel' | 'pulse'> {
  const [part, of] = name.split('/').map(Number);
  return { file, derived, definition, build, name, part: part!, of: of! };
}

function runPart(
  { name, stuckAfterMs }: BulkRun,
  workerData: ReplayData,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerUrl('replayWorker'), {
      workerData,
      resourceLimits: THREAD_LIMITS.replayWorker,
    });
    let result: ReplayMessage | null = null;
    let crash: Error | null = null;
    const endWatch = watchScripts(
      workerData.pulse,
      () => {
        crash = hangs(name);
        void worker.terminate();
      },
      stuckAfterMs,
    );
    worker.on('message', (message: ReplayMessage) => {
      if (message.kind === 'progress') onProgress(message.done, message.total);
      else result = message;
    });
    worker.on('error', (error) => {
      crash = error instanceof Error ? error : new Error(String(error));
    });
    worker.on('exit', (code) => {
      endWatch();
      if (result?.kind === 'done') resolve();
      else if (result?.kind === 'failed') reject(fromWire(result.error));
      else if (crash instanceof HindcastError) reject(crash);
      else {
        const problem = crash?.message ?? `the replay thread ended with status ${code}`;
        reject(new HindcastError('internal', { problem }, { cause: crash ?? undefined }));
      }
    });
  });
}
