/** Ends what cannot end itself: a script that hangs inside one built-in function, where nothing interrupts it. */
import { HindcastError } from '../../contract/errors.ts';

/** A script that spends this long inside one built-in function cannot be interrupted; only its thread can be ended. */
const STUCK_AFTER_MS = 30_000;

export const newPulse = (): SharedArrayBuffer => new SharedArrayBuffer(8);

/** Why the thread was ended. */
export const hangs = (name: string): HindcastError =>
  new HindcastError('reducer.invalid', {
    name,
    problem: 'it hangs inside one built-in function, so its thread was ended',
  });

/**
 * Watches the scripts of a thread by its pulse (sandbox/quickjs.ts); `end` may be called several times. Returns what ends
 * the watch.
 */
export function watchScripts(
  shared: SharedArrayBuffer,
  end: () => void,
  stuckAfterMs = STUCK_AFTER_MS,
): () => void {
  const pulse = new Int32Array(shared).fill(0);
  let seen = 0;
  let since = performance.now();
  const timer = setInterval(() => {
    const beats = Atomics.load(pulse, 1);
    if (Atomics.load(pulse, 0) === 0 || beats !== seen) {
      seen = beats;
      since = performance.now();
    } else if (performance.now() - since >= stuckAfterMs) end();
  }, stuckAfterMs / 5);
  timer.unref();
  return () => clearInterval(timer);
}
