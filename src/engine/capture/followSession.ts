/**
 * A follow as a workspace holds it: first a capture up to the ends of now, then following them. It steps aside while
 * another capture runs, and goes on afterwards where the workspace stands then.
 */
import type { StoreThread } from '../workers/storeThread.ts';
import { runCaptureThread } from './captureThread.ts';
import type { FollowOutcome, FollowProgress } from './followTypes.ts';
import { pause } from './openTail.ts';
import { startCapture } from './startCapture.ts';
import type { CaptureRequest } from './types.ts';

export interface FollowSessionOptions {
  file: string;
  writer: StoreThread;
  /** As for a capture; `from` says where new partitions begin that are there at the start. */
  request: CaptureRequest;
  signal: AbortSignal;
  onProgress: (progress: FollowProgress) => void;
}

const FOREVER_MS = 2 ** 31 - 1;

export class FollowSession {
  readonly #options: FollowSessionOptions;
  #phase: AbortController | null = null;
  #phaseEnded: Promise<unknown> = Promise.resolve();
  #asides = 0;
  #resumed = new AbortController();
  /** Of the phases before this one. */
  #stored = 0;
  #bytes = 0;

  constructor(options: FollowSessionOptions) {
    this.#options = options;
  }

  /** Ends when the signal fires. @throws HindcastError when the capture cannot begin or following cannot go on */
  async run(): Promise<FollowOutcome> {
    const { signal, onProgress } = this.#options;
    let isCaptured = false;
    let waits: string | null = null;
    while (!signal.aborted) {
      if (this.#asides > 0) {
        waits = 'Another capture runs in this workspace';
        onProgress({ stored: this.#stored, bytes: this.#bytes, partitions: 0, behind: 0, waits });
        await pause(FOREVER_MS, AbortSignal.any([signal, this.#resumed.signal]));
        continue;
      }
      const phase = new AbortController();
      this.#phase = phase;
      const until = AbortSignal.any([signal, phase.signal]);
      const running = isCaptured ? this.#follow(until) : this.#capture(until);
      this.#phaseEnded = running.catch(() => {});
      try {
        waits = await running;
        isCaptured ||= !until.aborted;
      } catch (error) {
        if (!until.aborted) throw error;
      }
    }
    return { stored: this.#stored, bytes: this.#bytes, waits };
  }

  /** Lets another capture have the writer. @returns the way to go on */
  async stepAside(): Promise<() => void> {
    if (this.#asides === 0) this.#resumed = new AbortController();
    this.#asides += 1;
    this.#phase?.abort();
    await this.#phaseEnded;
    return () => {
      this.#asides -= 1;
      if (this.#asides === 0) this.#resumed.abort();
    };
  }

  async #capture(signal: AbortSignal): Promise<string | null> {
    const { file, writer, request, onProgress } = this.#options;
    const outcome = await startCapture(file, writer, request, {
      signal,
      onProgress: ({ stored, bytes, done, total }) =>
        onProgress({
          stored: this.#stored + stored,
          bytes: this.#bytes + bytes,
          partitions: 0,
          behind: total === null ? 0 : total - done,
          waits: null,
        }),
    });
    this.#stored += outcome.stored;
    this.#bytes += outcome.bytes;
    return outcome.problem;
  }

  async #follow(signal: AbortSignal): Promise<string | null> {
    const { file, writer, request, onProgress } = this.#options;
    const { connection, topics } = request;
    const job = { kind: 'follow', request: { connection, topics } } as const;
    const outcome = await runCaptureThread(file, writer, job, {
      signal,
      onProgress: ({ stored, bytes, ...progress }) =>
        onProgress({ ...progress, stored: this.#stored + stored, bytes: this.#bytes + bytes }),
    });
    this.#stored += outcome.stored;
    this.#bytes += outcome.bytes;
    return outcome.waits;
  }
}
