/** The clock of playing: recorded time at a speed, with quiet gaps made short. Pure. */

export const SPEEDS = [1, 2, 5, 10, 25, 100] as const;
export type Speed = (typeof SPEEDS)[number];

/** A gap between two events that is longer than this (ms of recorded time) is played as this. */
export const LONGEST_GAP_MS = 1000;

/** What one event costs of the budget, in ms of recorded time at speed 1. Clocks that run backwards cost nothing. */
export const costOf = (gapMs: number): number => Math.max(0, Math.min(LONGEST_GAP_MS, gapMs));

export interface Advance {
  index: number;
  /** What is left of the budget. */
  budget: number;
  /** The gap before the event reached that was made short, ms; null: none was. */
  skippedMs: number | null;
}

/**
 * How far a budget reaches from the event at `index`.
 * @param timeAt recorded time of an event of the list; undefined: not known yet, so it ends before it
 * @param last index of the last event
 */
export function advance(
  index: number,
  budget: number,
  last: number,
  timeAt: (index: number) => number | undefined,
): Advance {
  let at = index;
  let left = budget;
  let skippedMs: number | null = null;
  while (at < last) {
    const next = timeAt(at + 1);
    if (next === undefined) break;
    const before = at < 0 ? next : timeAt(at);
    if (before === undefined) break;
    const cost = costOf(next - before);
    if (cost > left) break;
    left -= cost;
    at += 1;
    if (next - before > LONGEST_GAP_MS) skippedMs = next - before;
  }
  return { index: at, budget: left, skippedMs };
}
