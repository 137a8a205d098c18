/** Aggregates by a text in one of their events, such as an account number: a bounded scan over the values. */
import type { z } from 'zod';
import type { Cut } from '../../contract/common.ts';
import { compileNeedles } from '../search/needles.ts';
import { visitBodies } from '../search/recordRun.ts';
import { VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { logOrderOf } from './logOrder.ts';
import { happenedAt, type LogRows, verdictAt } from './logRows.ts';

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
  const order = logOrderOf(context);
  const mayFit = compileNeedles([{ texts: [text], inJson: false }]);
  const until = performance.now() + MOST_MS;
  while (scan.records < order.count) {
    context.throwIfAborted();
    const end = Math.min(scan.records + STEP, order.count);
    const rows = order.rows(scan.records, end);
    visitBodies(context, rows, eventsWithin(rows, cut), mayFit, (at) => scan.found.add(rows.aggregate[at]!));
    scan.records = end;
    if (end < order.count && performance.now() >= until) return scan;
  }
  scan.isDone = true;
  return scan;
}

/** Places of the committed events of aggregates among the rows, as far as they are within the cut. */
function* eventsWithin(rows: LogRows, { knownOn, trueOn }: z.infer<typeof Cut>) {
  for (let at = 0; at < rows.count; at++) {
    if (rows.aggregate[at] === 0 || verdictAt(rows, at) !== VERDICT.committed) continue;
    if (knownOn !== null && rows.mono[at]! > knownOn) continue;
    if (trueOn !== null && happenedAt(rows, at) > trueOn) continue;
    yield at;
  }
}
