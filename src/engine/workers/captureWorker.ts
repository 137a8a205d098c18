/** Thread entry: one capture from begin to end, then the thread is done. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { runCapture } from '../capture/runCapture.ts';
import type { CaptureOutcome, CaptureProgress, CaptureRequest } from '../capture/types.ts';
import { openForReading } from '../store/open.ts';
import { toWire, type WireError } from './messages.ts';

export interface CaptureData {
  file: string;
  request: CaptureRequest;
  port: MessagePort;
}

export type CaptureMessage =
  | { kind: 'progress'; progress: CaptureProgress }
  | { kind: 'done'; outcome: CaptureOutcome }
  | { kind: 'failed'; error: WireError };

const { file, request, port } = workerData as CaptureData;
const parent = parentPort!;
const post = (message: CaptureMessage) => parent.postMessage(message);
const abort = new AbortController();
parent.on('message', (message: { kind: 'cancel' }) => {
  if (message.kind === 'cancel') abort.abort();
});

try {
  const db = openForReading(file, { check: false });
  const onProgress = (progress: CaptureProgress) => post({ kind: 'progress', progress });
  const outcome = await runCapture({ request, port, db, signal: abort.signal, onProgress });
  db.close();
  post({ kind: 'done', outcome });
} catch (error) {
  post({ kind: 'failed', error: toWire(error) });
} finally {
  parent.close();
}
