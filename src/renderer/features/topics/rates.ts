/** Growth of topics from looks at their ends some seconds apart. */

export interface Sample {
  /** ms since 1970, of the engine's clock. */
  at: number;
  /** Topic → sum of its partitions' ends; null when one was not readable. */
  highs: ReadonlyMap<string, bigint | null>;
}

/** How far back a rate looks, ms. */
export const WINDOW_MS = 30_000;

/** Keeps what lies in the window, and one older look so that it is filled. */
export function withSample(samples: readonly Sample[], sample: Sample): Sample[] {
  const begin = sample.at - WINDOW_MS;
  const from = samples.findLastIndex(({ at }) => at <= begin);
  return [...samples.slice(Math.max(from, 0)), sample];
}

export interface Rate {
  perSecond: number;
  /** The time between the two looks, ms. */
  overMs: number;
}

/** Between the first and the last look at a topic; null before there are two, or when it was made anew between them. */
export function rateOf(samples: readonly Sample[], topic: string): Rate | null {
  const seen = samples.flatMap(({ at, highs }) => {
    const high = highs.get(topic);
    return high === undefined || high === null ? [] : [{ at, high }];
  });
  const [first, last] = [seen[0], seen.at(-1)];
  if (first === undefined || last === undefined || last.at <= first.at || last.high < first.high) return null;
  const overMs = last.at - first.at;
  return { perSecond: (Number(last.high - first.high) * 1000) / overMs, overMs };
}

/** The end of a topic as last looked at; null when it was not, or could not be read. */
export const lastHigh = (samples: readonly Sample[], topic: string): bigint | null =>
  samples.findLast(({ highs }) => highs.has(topic))?.highs.get(topic) ?? null;
