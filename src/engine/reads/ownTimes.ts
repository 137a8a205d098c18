/**
 * The recorded times of an aggregate's first and last event as their records have them. The log itself goes by moments that
 * never fall: where a clock ran backwards, a record stands at the latest time before it in its partition.
 */
import type { Cut } from '../../core/model.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { prepared } from '../store/statements.ts';
import { VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { comparePlace } from './columnOrder.ts';

interface Moments {
  /** Moments of the log. Milliseconds since 1970. */
  firstAt: number;
  lastAt: number;
  /** Number of the type of the last event. */
  lastType: number;
}

type Row = [ts: number, mono: number, verdict: number, occurred: number | null, type: number | null];
const ROW = 'SELECT ts, mono, verdict, occurred, type_id FROM record WHERE id = ?';

/**
 * @param records ids of all records of the aggregate, ascending
 * @param moments where its first and last event within the cut stand
 */
export function ownTimes(
  { db, dictionary }: ReadContext,
  records: readonly number[],
  moments: Moments,
  { trueOn }: Pick<Cut, 'trueOn'>,
): { firstAt: number; lastAt: number } {
  const statement = prepared(db, ROW, 'raw');
  const rowOf = (at: number) => statement.get(records[at]!) as Row;
  const counts = ([, mono, verdict, occurred]: Row): boolean =>
    verdict === VERDICT.committed && (trueOn === null || (occurred ?? mono) <= trueOn);
  const firsts: Found[] = [];
  const lasts: Found[] = [];
  for (let from = 0; from < records.length; ) {
    const no = Math.floor(records[from]! / OFFSET_SPAN);
    const to = placeWhere(from, records.length, (at) => records[at]! >= (no + 1) * OFFSET_SPAN);
    const { topic, partition } = dictionary.byNumber(no)!;
    // Inside a partition moments never fall.
    const beginsAt = (moment: number) => placeWhere(from, to, (at) => rowOf(at)[1] >= moment);
    for (let at = beginsAt(moments.firstAt); at < to; at += 1) {
      const row = rowOf(at);
      if (row[1] !== moments.firstAt) break;
      if (!counts(row)) continue;
      firsts.push({ topic, partition, time: row[0] });
      break;
    }
    // Nearly always the last of all.
    const end =
      to > from && rowOf(to - 1)[1] <= moments.lastAt
        ? to
        : placeWhere(from, to, (at) => rowOf(at)[1] > moments.lastAt);
    for (let at = end - 1; at >= from; at -= 1) {
      const row = rowOf(at);
      if (row[1] !== moments.lastAt) break;
      if (!counts(row) || (row[4] ?? 0) !== moments.lastType) continue;
      lasts.push({ topic, partition, time: row[0] });
      break;
    }
    from = to;
  }
  return {
    firstAt: firsts.sort(comparePlace)[0]?.time ?? moments.firstAt,
    lastAt: lasts.sort(comparePlace).at(-1)?.time ?? moments.lastAt,
  };
}

interface Found {
  topic: string;
  partition: number;
  time: number;
}

/** The first place from which on something holds; `to` when it does nowhere. */
function placeWhere(from: number, to: number, holds: (at: number) => boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
