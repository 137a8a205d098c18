/** Drawing of the strip's canvases: density, and types by their colour. */
import type { Drawing } from '../../../lib/canvas.ts';
import type { ColourOf } from '../../../lib/typeColour.ts';
import type { Strip } from './useStrip.ts';
import { lengthOf, type Span } from './zoom.ts';

/** Where bars of an answer stand in a window, and which of them are on the screen. */
function placesOf(strip: Pick<Strip, 'from' | 'to' | 'counts'>, window: Span, width: number) {
  const from = strip.from ?? window.from;
  const bar = ((strip.to ?? window.to) + 1 - from) / Math.max(1, strip.counts.length);
  const scale = width / lengthOf(window);
  const x = (index: number) => (from + index * bar - window.from) * scale;
  return {
    x,
    step: bar * scale,
    first: Math.max(0, Math.floor((window.from - from) / bar)),
    last: Math.min(strip.counts.length - 1, Math.ceil((window.to - from) / bar)),
    timeOf: (index: number) => from + (index + 0.5) * bar,
  };
}

/** Bars as wide as their buckets with a hair between them, never thinner than a pixel. */
const barWidth = (step: number): number => Math.max(1, step - (step > 3 ? 1 : 0));

/** How many events; what is after the cut is grey. The scale is that of the square root, so that single events show. */
export function drawDensity(
  { context, width, height, colour }: Drawing,
  strip: Strip,
  window: Span,
  cut: number | null,
): void {
  const { counts } = strip;
  const { x, step, first, last, timeOf } = placesOf(strip, window, width);
  let most = 1;
  for (let index = first; index <= last; index += 1) most = Math.max(most, counts[index]!);
  const wide = barWidth(step);
  for (const isAfter of [false, true]) {
    context.fillStyle = colour(isAfter ? '--bar' : '--accent');
    for (let index = first; index <= last; index += 1) {
      const count = counts[index]!;
      if (count === 0 || (cut !== null && timeOf(index) > cut) !== isAfter) continue;
      const high = Math.max(2, Math.sqrt(count / most) * (height - 2));
      context.fillRect(x(index), height - high, wide, high);
    }
  }
}

/** The most frequent type of each bucket by its colour; a bucket whose most frequent types are others is grey. */
export function drawTypes(
  { context, width, height, colour }: Drawing,
  strip: Strip,
  window: Span,
  colourOf: ColourOf,
): void {
  const { x, step, first, last } = placesOf(strip, window, width);
  const wide = Math.max(1, step);
  const colours = strip.types.map(({ type }) => colour(colourOf(type)));
  const grey = colour('--line2');
  for (let index = first; index <= last; index += 1) {
    const count = strip.counts[index]!;
    if (count === 0) continue;
    let best = -1;
    let most = 0;
    let named = 0;
    for (let at = 0; at < strip.types.length; at += 1) {
      const here = strip.types[at]!.counts[index]!;
      named += here;
      if (here > most) {
        most = here;
        best = at;
      }
    }
    context.fillStyle = best === -1 || count - named > most ? grey : colours[best]!;
    context.fillRect(x(index), 0, wide, height);
  }
}

/** One type: where it occurs, fuller where it is more of the bucket's events. */
export function drawType(
  { context, width, height, colour }: Drawing,
  strip: Strip,
  { type, counts }: Strip['types'][number],
  window: Span,
  colourOf: ColourOf,
): void {
  const { x, step, first, last } = placesOf(strip, window, width);
  context.fillStyle = colour(colourOf(type));
  const wide = Math.max(1.5, step);
  for (let index = first; index <= last; index += 1) {
    const count = counts[index]!;
    if (count === 0) continue;
    context.globalAlpha = 0.4 + 0.6 * (count / strip.counts[index]!);
    context.fillRect(x(index), 0, wide, height);
  }
  context.globalAlpha = 1;
}

/** Buckets that hold a mark, where there are too many to be single things. */
export function drawMarks(
  { context, width, height, colour }: Drawing,
  strip: Strip,
  counts: readonly number[],
  window: Span,
): void {
  const { x, step, first, last } = placesOf(strip, window, width);
  context.fillStyle = colour('--warn');
  for (let index = first; index <= last; index += 1)
    if (counts[index]! > 0) context.fillRect(x(index), 0, Math.max(2, step), height);
}

/** How many events of an answer lie in a window, about: whole buckets. */
export function countWithin(strip: Strip, window: Span): number {
  const { first, last } = placesOf(strip, window, 1);
  let sum = 0;
  for (let index = first; index <= last; index += 1) sum += strip.counts[index]!;
  return sum;
}
