/** Aggregates by a text in one of their events, such as an account number: a bounded scan over the values. */
import type { z } from 'zod';
import type { Cut } from '../../contract/common.ts';
import { compileNeedles } from '../search/needles.ts';
import { visitBodies } from '../search/recordRun.ts';
import { VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { happenedAt, type LogIndex, logIndexOf, verdictAt } from './logIndex.ts';

/** Shorter texts stand in nearly every event. Characters. */
export const SHORTEST_SEARCH = 4;
/** One call searches about so long; the next goes on where it stopped. Milliseconds. */
const MOST_MS = 1500;
/** Records read between two looks at the clock. */
const STEP = 1 << 15;
const BYTES_KEPT = 100_000;

export interface EventSearch {
  /** Numbers of the aggregates found so far. */
  found: ReadonlySet<number>;
  /** Records searched so far, in the order of the log. */
  records: number;
  isDone: boolean;
}

interface Scan {
  found: Set<number>;
  records: number;
  isDone: boolean;
}

/**
 * Searches the values of the committed records within the cut for the very bytes of the text. What was found is kept
 * until the captured data changes. `goOn`: an unfinished search is carried further.
 */
export function searchEvents(
  context: ReadContext,
  text: string,
  cut: z.infer<typeof Cut>,
  goOn: boolean,
): EventSearch {
  const scan = context.cache.get(
    `event search ${JSON.stringify([text, cut.knownOn, cut.trueOn])}`,
    (): Scan => ({ found: new Set(), records: 0, isDone: false }),
    () => BYTES_KEPT,
  );
  if (scan.isDone || (!goOn && scan.records > 0)) return scan;
  const index = logIndexOf(context);
  const mayFit = compileNeedles([{ texts: [text], inJson: false }]);
  const until = performance.now() + MOST_MS;
  while (scan.records < index.count) {
    context.throwIfAborted();
    const end = Math.min(scan.records + STEP, index.count);
    visitBodies(context, index, eventsWithin(index, scan.records, end, cut), mayFit, (at) =>
      scan.found.add(index.aggregate[at]!),
    );
    scan.records = end;
    if (end < index.count && performance.now() >= until) return scan;
  }
  scan.isDone = true;
  return scan;
}

/** Positions of the committed events of aggregates in a stretch of the log, as far as they are within the cut. */
function* eventsWithin(index: LogIndex, from: number, to: number, { knownOn, trueOn }: z.infer<typeof Cut>) {
  for (let at = from; at < to; at++) {
    if (index.aggregate[at] === 0 || verdictAt(index, at) !== VERDICT.committed) continue;
    if (knownOn !== null && index.mono[at]! > knownOn) continue;
    if (trueOn !== null && happenedAt(index, at) > trueOn) continue;
    yield at;
  }
}
