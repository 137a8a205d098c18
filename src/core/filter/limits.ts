/** Longest text of a filter, UTF-16 units; deepest nesting; most values of one `in`. */
export const FILTER_LIMITS = { text: 10_000, depth: 100, values: 1000 } as const;
