/** Starts a capture up to the ends of the topics in a thread of its own. */
import type { StoreThread } from '../workers/storeThread.ts';
import { runCaptureThread } from './captureThread.ts';
import { CONNECTING } from './progressMeter.ts';
import type { CaptureOutcome, CaptureProgress, CaptureRequest } from './types.ts';

/** @throws HindcastError when the capture cannot begin, or its thread or the writer stopped */
export function startCapture(
  file: string,
  writer: StoreThread,
  request: CaptureRequest,
  options: { signal: AbortSignal; onProgress: (progress: CaptureProgress) => void },
): Promise<CaptureOutcome> {
  if (!options.signal.aborted) options.onProgress(CONNECTING);
  return runCaptureThread(file, writer, { kind: 'capture', request }, options);
}
