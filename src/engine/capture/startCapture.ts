/** The engine's end of a capture: starts its thread, joins it with the writer, and waits for its word. */
import { MessageChannel, Worker } from 'node:worker_threads';
import { HindcastError } from '../../contract/errors.ts';
import type { CaptureMessage } from '../workers/captureWorker.ts';
import { workerUrl } from '../workers/locate.ts';
import { fromWire } from '../workers/messages.ts';
import type { StoreThread } from '../workers/storeThread.ts';
import type { CaptureOutcome, CaptureProgress, CaptureRequest } from './types.ts';

const CONNECTING: CaptureProgress = {
  phase: 'connecting',
  done: 0,
  total: null,
  stored: 0,
  bytes: 0,
  perSecond: null,
  remainingMs: null,
};

/** @throws HindcastError when the capture cannot begin, or its thread or the writer stopped */
export async function startCapture(
  file: string,
  writer: StoreThread,
  request: CaptureRequest,
  options: { signal: AbortSignal; onProgress: (progress: CaptureProgress) => void },
): Promise<CaptureOutcome> {
  const { signal, onProgress } = options;
  if (signal.aborted) throw new HindcastError('cancelled', { what: 'The capture' });
  onProgress(CONNECTING);
  const { port1, port2 } = new MessageChannel();
  await writer.send({ kind: 'capture', port: port1 }, [port1]);
  const worker = new Worker(workerUrl('captureWorker'), {
    workerData: { file, request, port: port2 },
    transferList: [port2],
  });
  const cancel = () => worker.postMessage({ kind: 'cancel' });
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await new Promise<CaptureOutcome>((resolve, reject) => {
      worker.on('message', (message: CaptureMessage) => {
        if (message.kind === 'progress') onProgress(message.progress);
        else if (message.kind === 'done') resolve(message.outcome);
        else reject(fromWire(message.error));
      });
      worker.on('error', (error) => reject(stopped(error)));
      worker.on('exit', () => reject(stopped(null)));
    });
  } finally {
    signal.removeEventListener('abort', cancel);
    await worker.terminate();
  }
}

const stopped = (cause: unknown) =>
  new HindcastError(
    'capture.incomplete',
    { problem: `the capture thread stopped${cause instanceof Error ? ` (${cause.message})` : ''}` },
    { cause },
  );
