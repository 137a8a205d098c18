/** Length of the window over which a rate is measured, ms. */
const WINDOW_MS = 5_000;
/** Below this there is no honest rate yet, ms. */
const SHORTEST_MS = 300;
const CLOSEST_MS = 50;

/** Things a second over the last seconds, from counts that only grow. */
export class RateWindow {
  readonly #points: { at: number; done: number }[] = [];

  /** Adds a count at a moment (ms) and returns the rate per second, null while there is none. */
  add(at: number, done: number): number | null {
    const points = this.#points;
    const last = points.at(-1);
    // A count that fell is a new beginning (another phase of the job).
    if (last !== undefined && done < last.done) points.length = 0;
    // Points closer than this add nothing but memory.
    const before = points.at(-2);
    if (before !== undefined && at - before.at < CLOSEST_MS) points.pop();
    points.push({ at, done });
    while (points.length > 2 && at - points[1]!.at >= WINDOW_MS) points.shift();
    const first = points[0]!;
    const span = at - first.at;
    return span < SHORTEST_MS ? null : ((done - first.done) / span) * 1000;
  }
}
