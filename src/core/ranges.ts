/** Ranges [from, to) of whole numbers, as lists that are in order and neither touch nor overlap. */

export interface Span {
  from: number;
  /** Exclusive. */
  to: number;
}

/** The same numbers in order, touching and overlapping spans joined, empty ones left out. */
export function joined(spans: readonly Span[]): Span[] {
  const sorted = spans.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from);
  const result: Span[] = [];
  for (const { from, to } of sorted) {
    const last = result.at(-1);
    if (last === undefined || from > last.to) result.push({ from, to });
    else last.to = Math.max(last.to, to);
  }
  return result;
}

/** What is in `spans` and not in `taken`. Both joined. */
export function without(spans: readonly Span[], taken: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const { from, to } of spans) {
    let at = from;
    for (const hole of taken) {
      if (hole.to <= at) continue;
      if (hole.from >= to) break;
      if (hole.from > at) result.push({ from: at, to: hole.from });
      at = hole.to;
    }
    if (at < to) result.push({ from: at, to });
  }
  return result;
}

/** What is in both. Both joined. */
export function within(spans: readonly Span[], limits: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const { from, to } of spans)
    for (const limit of limits) {
      const start = Math.max(from, limit.from);
      const end = Math.min(to, limit.to);
      if (start < end) result.push({ from: start, to: end });
    }
  return result;
}

/** How many numbers they hold. */
export const lengthOf = (spans: readonly Span[]): number =>
  spans.reduce((sum, { from, to }) => sum + (to - from), 0);
