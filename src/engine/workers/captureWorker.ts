/** Thread entry: one capture from begin to end, following until it is cancelled, or a recheck; then the thread is done. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import type { FollowOutcome, FollowProgress, FollowRequest } from '../capture/followTypes.ts';
import { runRecheck } from '../capture/recheck.ts';
import type { RecheckOutcome, RecheckProgress, RecheckRequest } from '../capture/recheckTypes.ts';
import { runCapture } from '../capture/runCapture.ts';
import { runFollow } from '../capture/runFollow.ts';
import type { CaptureOutcome, CaptureProgress, CaptureRequest } from '../capture/types.ts';
import { openForReading } from '../store/open.ts';
import { toWire, type WireError } from './messages.ts';

/** What this thread can be started for: what is asked, reported and answered. */
export interface CaptureJobs {
  capture: { request: CaptureRequest; progress: CaptureProgress; outcome: CaptureOutcome };
  follow: { request: FollowRequest; progress: FollowProgress; outcome: FollowOutcome };
  /** Has no port to the writer: it writes nothing. */
  recheck: { request: RecheckRequest; progress: RecheckProgress; outcome: RecheckOutcome };
}
export type CaptureKind = keyof CaptureJobs;

export type CaptureMessage<K extends CaptureKind = CaptureKind> =
  | { kind: 'progress'; progress: CaptureJobs[K]['progress'] }
  | { kind: 'done'; outcome: CaptureJobs[K]['outcome'] }
  | { kind: 'failed'; error: WireError };

type Job<K extends CaptureKind> = { file: string; kind: K; request: CaptureJobs[K]['request'] };
type CaptureData = ((Job<'capture'> | Job<'follow'>) & { port: MessagePort }) | Job<'recheck'>;

const data = workerData as CaptureData;
const parent = parentPort!;
const post = (message: CaptureMessage) => parent.postMessage(message);
const abort = new AbortController();
parent.on('message', (message: { kind: 'cancel' }) => {
  if (message.kind === 'cancel') abort.abort();
});

async function work(): Promise<CaptureMessage> {
  let db: Database | null = null;
  try {
    db = openForReading(data.file, { check: false });
    const onProgress = (progress: CaptureJobs[CaptureKind]['progress']) =>
      post({ kind: 'progress', progress });
    const task = { db, signal: abort.signal, onProgress };
    const outcome =
      data.kind === 'follow'
        ? await runFollow({ ...task, port: data.port, request: data.request })
        : data.kind === 'recheck'
          ? await runRecheck({ ...task, request: data.request })
          : await runCapture({ ...task, port: data.port, request: data.request });
    return { kind: 'done', outcome };
  } catch (error) {
    return { kind: 'failed', error: toWire(error) };
  } finally {
    db?.close();
  }
}

post(await work());
parent.close();
