/** The engine's end of the capture thread: starts it, joins it with the writer, and waits for its word. */
import { MessageChannel, Worker, type WorkerOptions } from 'node:worker_threads';
import { HindcastError } from '../../contract/errors.ts';
import type { CaptureJobs, CaptureKind, CaptureMessage } from '../workers/captureWorker.ts';
import { THREAD_LIMITS, workerUrl } from '../workers/locate.ts';
import { fromWire } from '../workers/messages.ts';
import type { StoreThread } from '../workers/storeThread.ts';
import type { RecheckOutcome, RecheckRequest } from './recheckTypes.ts';

type Options<K extends CaptureKind> = {
  signal: AbortSignal;
  onProgress: (progress: CaptureJobs[K]['progress']) => void;
};

const STOP_AFTER_MS = 5_000;

/** @throws HindcastError what the thread failed with, or that it or the writer stopped */
export async function runCaptureThread<K extends Exclude<CaptureKind, 'recheck'>>(
  file: string,
  writer: StoreThread,
  job: { kind: K; request: CaptureJobs[K]['request'] },
  options: Options<K>,
): Promise<CaptureJobs[K]['outcome']> {
  if (options.signal.aborted) throw new HindcastError('cancelled', { what: 'The capture' });
  const { port1, port2 } = new MessageChannel();
  await writer.send({ kind: 'capture', port: port1 }, [port1]);
  return runThread({ workerData: { file, ...job, port: port2 }, transferList: [port2] }, options);
}

/** Compares what the file holds with the cluster; needs no writer. @throws HindcastError */
export async function runRecheckThread(
  file: string,
  request: RecheckRequest,
  options: Options<'recheck'>,
): Promise<RecheckOutcome> {
  if (options.signal.aborted) throw new HindcastError('cancelled', { what: 'The recheck' });
  return runThread<'recheck'>({ workerData: { file, kind: 'recheck', request } }, options);
}

async function runThread<K extends CaptureKind>(
  start: WorkerOptions,
  { signal, onProgress }: Options<K>,
): Promise<CaptureJobs[K]['outcome']> {
  const worker = new Worker(workerUrl('captureWorker'), {
    ...start,
    resourceLimits: THREAD_LIMITS.captureWorker,
  });
  const cancel = () => worker.postMessage({ kind: 'cancel' });
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    return await new Promise<CaptureJobs[K]['outcome']>((resolve, reject) => {
      worker.on('message', (message: CaptureMessage<K>) => {
        if (message.kind === 'progress') onProgress(message.progress);
        else if (message.kind === 'done') resolve(message.outcome);
        else reject(fromWire(message.error));
      });
      worker.on('error', (error) => reject(stopped(error)));
      worker.on('exit', () => reject(stopped(null)));
    });
  } finally {
    signal.removeEventListener('abort', cancel);
    await ended(worker);
  }
}

/**
 * Waits for a thread that has said its last word: it has closed its file and goes by itself. Stopping it at once would
 * hit it in the middle of that. One that does not go is stopped.
 */
async function ended(worker: Worker): Promise<void> {
  // No id: it is gone.
  if (worker.threadId === -1) return;
  const gone = new Promise((done) => worker.once('exit', done));
  const stop = setTimeout(() => void worker.terminate(), STOP_AFTER_MS);
  await gone;
  clearTimeout(stop);
}

const stopped = (cause: unknown) =>
  new HindcastError(
    'capture.incomplete',
    {
      problem: `the capture thread stopped${cause instanceof Error ? ` (${cause.message})` : ''}`,
      next: 'Capture again: it goes on where it stopped.',
    },
    { cause },
  );
