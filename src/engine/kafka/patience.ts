// How long a partition that cannot be read is tried again.
import type { ReadState } from './readPlan.ts';
import type { KafkaFault } from './types.ts';

/** Faults that are final, but that a broker also reports for a moment after it or its leader has changed. Milliseconds. */
const GRACE_MS: Record<string, number> = { 'topic-unknown': 5_000, 'offset-out-of-range': 5_000 };
/** Nor is one final before so many answers in a row have said it: of a broker that stalls, two fill that time. */
const GRACE_TRIES = 4;

/**
 * Notes in the state that the partition failed now, and tells whether it is to be given up.
 * @param giveUpAfterMs of what may pass, without any progress
 * @param now milliseconds of a clock that never runs backwards
 */
export function isFinal(state: ReadState, fault: KafkaFault, giveUpAfterMs: number, now: number): boolean {
  if (state.faultCode !== fault.code)
    Object.assign(state, { faultCode: fault.code, faultAt: now, faultTimes: 0 });
  state.faultTimes += 1;
  state.failingAt ??= now;
  if (fault.retryable) return now - state.failingAt >= giveUpAfterMs;
  const grace = GRACE_MS[fault.code];
  if (grace === undefined) return true;
  return state.faultTimes >= GRACE_TRIES && now - state.faultAt >= Math.min(giveUpAfterMs, grace);
}
