/** The states that snapshot events carry, against the fold of the events before them. */

import type { AggregateRef } from '../../contract/common.ts';
import type { Finding } from '../../core/check/findings.ts';
import { compareSnapshot, snapshotState } from '../../core/check/snapshots.ts';
import type { IntegrityVerdict } from '../../core/envelope/integrity.ts';
import { foldContextOf } from '../../core/fold.ts';
import type { Folder } from '../../core/folder.ts';
import { formatJson } from '../../core/json.ts';
import type { StreamEvent } from '../../core/model.ts';
import { orderStream } from '../../core/order.ts';
import type { StreamHead } from '../store/stream.ts';

/** Differences that a sentence names. */
const MOST_NAMED = 3;

/** Compares the snapshots of one aggregate with the fold of its events, `heads`. `folder` null: no reducer is meant for its type, so nothing can be said. */
export function checkSnapshots(
  eventOf: (head: StreamHead) => StreamEvent,
  ref: AggregateRef,
  heads: readonly StreamHead[],
  snapshots: ReadonlySet<number>,
  folder: Folder | null,
): { findings: Finding[]; verdicts: IntegrityVerdict[] } {
  const findings: Finding[] = [];
  const verdicts: IntegrityVerdict[] = [];
  if (folder === null) return { findings, verdicts: [...snapshots].map(() => 'UNVERIFIABLE' as const) };
  const about = foldContextOf(ref);
  let state = folder.initial;
  let left = snapshots.size;
  for (const head of orderStream(heads).events) {
    if (left === 0) break;
    const event = eventOf(head);
    if (snapshots.has(head.id)) {
      left -= 1;
      const claimed = snapshotState(event.data);
      const { compared, differences } =
        claimed === null ? { compared: 0, differences: [] } : compareSnapshot(claimed, state);
      verdicts.push(differences.length > 0 ? 'FAIL' : compared > 0 ? 'PASS' : 'UNVERIFIABLE');
      if (differences.length > 0) {
        const named = differences
          .slice(0, MOST_NAMED)
          .map(
            ({ key, snapshot, fold }) =>
              `${key} is ${formatJson(snapshot)}, by the events ${formatJson(fold)}`,
          );
        const more = differences.length - named.length;
        findings.push({
          rule: 'snapshot-differs',
          events: [head.id],
          text: `The snapshot differs from the fold by ${folder.name}: ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
        });
      }
    }
    state = folder.step(state, event, about).state;
  }
  return { findings, verdicts };
}
