/** Which rows of a first replay have another order on the occurred clock, and must be folded in both. */
import type { ReadContext } from '../workers/context.ts';

interface Moments {
  /** NaN: the event does not say. */
  occurred: Float64Array;
  recordedAt: Float64Array;
  aggregate: Uint32Array;
}

interface Rows {
  /** By aggregate number. */
  rowOf: Int32Array;
  keys: readonly string[];
  toleranceMs: number;
}

/** A row is rather left too often than once too few, so the narrowest tolerance counts. Milliseconds. */
export const leastTolerance = ({ dictionary }: ReadContext): number =>
  Math.min(...dictionary.partitions().map(({ toleranceMs }) => toleranceMs));

/**
 * Marks rows with an event that occurred longer before another of its stream than the tolerance allows, and rows of
 * several streams with an event that happened before an earlier one.
 * @param order indexes of the events in the order of the log
 */
export function leaveBackdated(
  { occurred, recordedAt, aggregate }: Moments,
  order: Uint32Array,
  { rowOf, keys, toleranceMs }: Rows,
  isLeft: Uint8Array,
): void {
  const latest = new Float64Array(rowOf.length).fill(Number.NEGATIVE_INFINITY);
  const latestOfRow = new Float64Array(keys.length).fill(Number.NEGATIVE_INFINITY);
  const firstOf = new Int32Array(keys.length).fill(-1);
  const isShared = new Uint8Array(keys.length);
  const falls = new Uint8Array(keys.length);
  for (const at of order) {
    const no = aggregate[at]!;
    const row = rowOf[no]!;
    if (firstOf[row] === -1) firstOf[row] = no;
    else if (firstOf[row] !== no) isShared[row] = 1;
    const time = occurred[at]!;
    const happened = Number.isNaN(time) ? recordedAt[at]! : time;
    if (happened < latestOfRow[row]!) falls[row] = 1;
    else latestOfRow[row] = happened;
    if (isShared[row] === 1 && falls[row] === 1) isLeft[row] = 1;
    if (Number.isNaN(time)) continue;
    if (time < latest[no]! - toleranceMs) isLeft[row] = 1;
    else if (time > latest[no]!) latest[no] = time;
  }
}
