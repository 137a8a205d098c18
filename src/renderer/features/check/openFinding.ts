import type { FindingOut } from '../../../contract/check.ts';
import { go, parseHash } from '../../lib/address.ts';

/** Opens the place of a finding: the event in the timeline of its aggregate, else in the list of events. */
export function openFinding({ address }: Pick<FindingOut, 'address'>): void {
  const { segments, params } = parseHash(address);
  go(segments, Object.fromEntries(params));
}
