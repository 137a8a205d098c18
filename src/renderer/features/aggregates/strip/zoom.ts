/** Which part of a life the strip shows: windows of recorded time, in ms. Pure. */

export interface Span {
  from: number;
  to: number;
}

/** Narrowest window, ms: below, all that is left of a stream is one instant. */
export const NARROWEST_MS = 20;
/** Pixels of a bar, at least; at most twice as many. */
const BAR_PX = 4;
/** Bounds of a question are multiples of so many bars: a short way aside asks nothing anew. */
const CHUNK = 64;
/** Bars of the whole life. */
export const WHOLE_BARS = 240;

export const lengthOf = ({ from, to }: Span): number => Math.max(1, to - from);

/** A window moved and narrowed into the whole; null when it would be the whole. */
export function within(whole: Span, wanted: Span): Span | null {
  const full = lengthOf(whole);
  const length = Math.max(NARROWEST_MS, Math.min(full, wanted.to - wanted.from));
  if (length >= full) return null;
  const from = Math.max(whole.from, Math.min(whole.to - length, wanted.from));
  return { from: Math.round(from), to: Math.round(from + length) };
}

/** The window `factor` times as long (below 1: nearer), in which a moment stays where it is. */
export function zoomedAt(whole: Span, window: Span, at: number, factor: number): Span | null {
  const length = Math.max(NARROWEST_MS, lengthOf(window) * factor);
  const share = (at - window.from) / lengthOf(window);
  const from = at - share * length;
  return within(whole, { from, to: from + length });
}

/** The window moved by some ms. */
export const movedBy = (whole: Span, window: Span, ms: number): Span | null =>
  within(whole, { from: window.from + ms, to: window.to + ms });

/** The window moved so that it holds a moment, which then stands in its middle; the same object when it does already. */
export function holding(whole: Span, window: Span | null, at: number): Span | null {
  if (window === null || (at >= window.from && at <= window.to)) return window;
  const half = lengthOf(window) / 2;
  return within(whole, { from: at - half, to: at + half });
}

/**
 * What to ask for a window: half a window more on both sides, in bars whose length is a power of two of ms, between
 * bounds that stay the same while one moves a little.
 */
export function questionOf(window: Span, widthPx: number): Span & { buckets: number } {
  const length = lengthOf(window);
  const bar = Math.max(1, 2 ** Math.ceil(Math.log2((length * BAR_PX) / Math.max(200, widthPx))));
  const chunk = bar * CHUNK;
  const from = Math.floor((window.from - length / 2) / chunk) * chunk;
  const to = Math.ceil((window.to + length / 2) / chunk) * chunk;
  return { from, to, buckets: (to - from) / bar };
}

const SEPARATOR = '..';
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A window as the address holds it: `2025-11-01T00:00:00.000Z..2025-12-01T00:00:00.000Z`. */
export const windowText = (window: Span | null): string | null =>
  window === null ? null : [window.from, window.to].map((ms) => new Date(ms).toISOString()).join(SEPARATOR);

/** Null for anything else than {@link windowText} writes. */
export function readWindow(text: string | null): Span | null {
  const [from, to, more] = (text ?? '').split(SEPARATOR);
  if (from === undefined || to === undefined || more !== undefined) return null;
  if (!ISO.test(from) || !ISO.test(to)) return null;
  const window = { from: Date.parse(from), to: Date.parse(to) };
  return window.to > window.from ? window : null;
}
