import type { TimeoutProvider } from '@tanstack/react-query';

/** Timers that cost nothing while one scrubs: setting and clearing the browser's own thousands of times is felt. */

/** Calls back when nothing has been touched for so long. Touching it again leaves the timer that runs as it is. */
export interface Rest {
  touch(): void;
  /** Touched, and not called back since. */
  isTouched(): boolean;
  /** Forgets what was touched. */
  cancel(): void;
}

/**
 * @param afterMs so long after the last touch
 * @param atLastMs but no longer than this after the first one
 */
export function restTimer(afterMs: number, onRest: () => void, atLastMs = Number.POSITIVE_INFINITY): Rest {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let first: number | null = null;
  let last = 0;
  const look = (): void => {
    timer = null;
    if (first === null) return;
    const left = Math.min(last + afterMs, first + atLastMs) - performance.now();
    if (left > 0) {
      timer = setTimeout(look, left);
      return;
    }
    first = null;
    onRest();
  };
  return {
    touch() {
      last = performance.now();
      first ??= last;
      timer ??= setTimeout(look, Math.min(afterMs, atLastMs));
    },
    isTouched: () => first !== null,
    cancel() {
      first = null;
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}

/** How late a long timer may be, ms; shorter ones are the browser's own. */
const TURN_MS = 1000;

/** Long timers that are looked through once a second: what is kept for a while is let go of then. Ids below 0 are theirs. */
export function coarseTimers(): TimeoutProvider<number> {
  const waiting = new Map<number, { at: number; callback: () => void }>();
  let turning: ReturnType<typeof setInterval> | null = null;
  let newest = 0;
  const turn = (): void => {
    const now = performance.now();
    for (const [id, { at, callback }] of waiting) {
      if (at > now || !waiting.delete(id)) continue;
      callback();
    }
    if (waiting.size > 0 || turning === null) return;
    clearInterval(turning);
    turning = null;
  };
  return {
    setTimeout(callback, ms) {
      if (ms < TURN_MS) return Number(setTimeout(callback, ms));
      newest -= 1;
      waiting.set(newest, { at: performance.now() + ms, callback });
      turning ??= setInterval(turn, TURN_MS);
      return newest;
    },
    clearTimeout(id) {
      if (id === undefined || waiting.delete(id)) return;
      clearTimeout(id);
    },
    setInterval: (callback, ms) => Number(setInterval(callback, ms)),
    clearInterval: (id) => clearInterval(id),
  };
}
