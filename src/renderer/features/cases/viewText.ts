import { parseHash } from '../../lib/address.ts';
import { focusOf } from '../../lib/focus.ts';
import { formatTime } from '../../lib/format.ts';

/** What a view looks at, in words: its screen and its focus. */
export function viewText(view: string): string {
  const address = parseHash(view);
  const { knownOn, trueOn, reducer } = focusOf(address);
  const [screen = '', ...rest] = address.segments;
  const parts = [`${screen.charAt(0).toUpperCase()}${screen.slice(1)}`];
  if (rest.length > 0) parts.push(rest.join(' '));
  if (knownOn !== null) parts.push(`known on ${formatTime(knownOn)} UTC`);
  if (trueOn !== null) parts.push(`true on ${formatTime(trueOn)} UTC`);
  if (knownOn === null && trueOn === null) parts.push('as of now');
  if (reducer !== null) parts.push(`by ${reducer}`);
  return parts.join(' · ');
}
