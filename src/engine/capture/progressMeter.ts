/** Counts a capture's way and says so at most ten times a second. */
import type { CaptureProgress } from './types.ts';

const EVERY_MS = 100;
/** The rate is that of the last seconds, so that a slow start does not spoil the estimate. */
const WINDOW_MS = 3000;

/** How every capture begins. */
export const CONNECTING: CaptureProgress = {
  phase: 'connecting',
  waits: null,
  done: 0,
  total: null,
  stored: 0,
  bytes: 0,
  perSecond: null,
  remainingMs: null,
};

export class ProgressMeter {
  readonly #report: (progress: CaptureProgress) => void;
  readonly #state: CaptureProgress;
  readonly #marks: { at: number; rows: number; done: number }[] = [];
  #reportedAt = 0;

  constructor(total: number, report: (progress: CaptureProgress) => void) {
    this.#report = report;
    this.#state = {
      phase: 'reading',
      waits: null,
      done: 0,
      total,
      stored: 0,
      bytes: 0,
      perSecond: null,
      remainingMs: null,
    };
    this.#marks.push({ at: performance.now(), rows: 0, done: 0 });
    this.#send(true);
  }

  passed(offsets: number): void {
    this.#state.done += offsets;
    this.#send(false);
  }

  wrote(rows: number, bytes: number): void {
    this.#state.stored = rows;
    this.#state.bytes = bytes;
    this.#send(false);
  }

  elsewhere(): void {
    this.#state.phase = 'elsewhere';
    this.#send(true);
  }

  indexing(): void {
    this.#state.phase = 'indexing';
    this.#state.remainingMs = null;
    this.#send(true);
  }

  #send(now: boolean): void {
    const at = performance.now();
    if (!now && at - this.#reportedAt < EVERY_MS) return;
    this.#reportedAt = at;
    const state = this.#state;
    const marks = this.#marks;
    marks.push({ at, rows: state.stored, done: state.done });
    while (marks.length > 2 && at - marks[1]!.at > WINDOW_MS) marks.shift();
    const first = marks[0]!;
    const seconds = (at - first.at) / 1000;
    if (seconds > 0.2) {
      state.perSecond = (state.stored - first.rows) / seconds;
      const pace = (state.done - first.done) / seconds;
      const left = (state.total ?? 0) - state.done;
      state.remainingMs = state.phase !== 'indexing' && pace > 0 ? (left / pace) * 1000 : null;
    }
    this.#report({ ...state });
  }
}
