/** How many claims of each kind held, failed, could not be checked or were not made. */
import type { IntegrityVerdict } from '../../core/envelope/integrity.ts';

export const CLAIMS = ['hash', 'chain', 'signature', 'snapshot'] as const;
export type ClaimKind = (typeof CLAIMS)[number];
export type VerdictCounts = Record<IntegrityVerdict, number>;

const none = (): VerdictCounts => ({ PASS: 0, FAIL: 0, UNVERIFIABLE: 0, ABSENT: 0 });

export class VerdictBook {
  readonly counts: Record<ClaimKind, VerdictCounts> = {
    hash: none(),
    chain: none(),
    signature: none(),
    snapshot: none(),
  };

  takeIn(counts: VerdictBook['counts']): void {
    for (const what of CLAIMS)
      for (const verdict of Object.keys(counts[what]) as IntegrityVerdict[])
        this.add(what, verdict, counts[what][verdict]);
  }

  add(what: ClaimKind, verdict: IntegrityVerdict, times = 1): void {
    this.counts[what][verdict] += times;
  }
}
