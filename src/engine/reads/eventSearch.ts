/** Aggregates by a text in one of their events, such as an account number: a bounded scan over the values. */
import type { z } from 'zod';
import type { Cut } from '../../contract/common.ts';
import { VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';

/** Shorter texts stand in nearly every event. Characters. */
export const SHORTEST_SEARCH = 4;
/** One call searches about so long; the next goes on where it stopped. Milliseconds. */
const MOST_MS = 1500;
/** Records between two looks at the clock and at whether the caller has given up. */
const STEP = 10_000;
const BYTES_KEPT = 100_000;

export interface EventSearch {
  /** Numbers of the aggregates found so far. */
  found: ReadonlySet<number>;
  /** Records searched so far, in the order of partitions and offsets. */
  records: number;
  isDone: boolean;
}

interface Scan {
  found: Set<number>;
  records: number;
  isDone: boolean;
  /** Record id reached. */
  last: number;
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
    (): Scan => ({ found: new Set(), records: 0, isDone: false, last: -1 }),
    () => BYTES_KEPT,
  );
  if (scan.isDone || (!goOn && scan.records > 0)) return scan;
  const step = context.db.prepare(STEP_SQL).raw();
  const bytes = Buffer.from(text, 'utf8');
  const { knownOn, trueOn } = cut;
  const until = performance.now() + MOST_MS;
  do {
    context.throwIfAborted();
    const [last, count, found] = step.get({ last: scan.last, bytes, knownOn, trueOn }) as [
      number | null,
      number,
      string,
    ];
    for (const aggregate of JSON.parse(found) as number[]) scan.found.add(aggregate);
    scan.records += count;
    scan.last = last ?? scan.last;
    scan.isDone = count < STEP;
  } while (!scan.isDone && performance.now() < until);
  return scan;
}

// Both are blobs, so that bytes are compared and an undecodable value is searched as well.
const STEP_SQL = `
  SELECT max(id), count(*), json_group_array(DISTINCT agg_id) FILTER (
    WHERE agg_id IS NOT NULL AND verdict = ${VERDICT.committed} AND instr(value, :bytes) > 0
      AND (:knownOn IS NULL OR mono <= :knownOn) AND (:trueOn IS NULL OR coalesce(occurred, mono) <= :trueOn)
  )
  FROM (
    SELECT id, agg_id, verdict, mono, occurred, value FROM record WHERE id > :last ORDER BY id LIMIT ${STEP}
  )`;
