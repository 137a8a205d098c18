import type { TimelineInfo } from '../../../contract/aggregates.ts';
import type { Cut } from '../../../core/model.ts';
import { formatCount, formatTime, plural } from '../../lib/format.ts';

/** What is before the answer: `Known on 31 Dec 2025 23:59:59.999`. */
export function cutWords({ knownOn, trueOn }: Cut): string {
  if (knownOn === null && trueOn === null) return 'Now';
  if (trueOn === null) return `Known on ${formatTime(knownOn!)}`;
  const occurred = `True on ${formatTime(trueOn)}`;
  return knownOn === null ? occurred : `${occurred}, as known on ${formatTime(knownOn)}`;
}

/** The same inside of a sentence. */
export const cutPhrase = (cut: Cut): string => cutWords(cut).replace(/^./, (first) => first.toLowerCase());

/** The words on the cut line between two events of the list. */
export function cutLabel({ knownOn, trueOn }: Cut): string {
  if (trueOn !== null) return `${formatTime(trueOn)} · true on`;
  return knownOn === null ? '' : `${formatTime(knownOn)} · known on`;
}

/**
 * The answer to "as of when" in a sentence: how many events it takes in, which one is the last, in which order they
 * were folded and how many were moved from where they were recorded.
 * @param last sentence of the last event within the cut; null when there is none or it is not known yet
 */
export function asOfWords(
  cut: Cut,
  info: Pick<TimelineInfo, 'total' | 'within' | 'order'>,
  last: string | null,
): string {
  const { order, moved, leftOut } = info.order;
  const parts = [`${formatCount(info.within)} of ${plural(info.total, 'event')}`];
  if (info.within === 0) parts.push('nothing had happened yet');
  else if (last !== null) parts.push(`the last is ${last}`);
  parts.push(order === 'log' ? 'log order' : 'occurred order');
  parts.push(moved.length === 0 ? 'nothing moved' : `${plural(moved.length, 'event')} moved`);
  if (leftOut > 0) parts.push(`${plural(leftOut, 'event')} of aborted or open transactions left out`);
  return `${cutWords(cut)}: ${parts.join(', ')}.`;
}
