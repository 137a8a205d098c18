/** Streams that lie in several partitions, as rows. */
import { comparePlace, type Lane } from '../reads/columnOrder.ts';
import { OFFSET_SPAN, partitionNoOf } from '../store/ids.ts';
import type { ReadContext } from '../workers/context.ts';
import type { Columns } from './columns.ts';

export interface StreamLane extends Lane {
  toleranceMs: number;
  /** Of a log that was replaced by one of the same name. */
  isOlder: boolean;
}

/** By topic and partition; to be merged once. @param own rows of one stream, ascending; in a partition the moments never fall */
export function lanesOfRows(
  { id, mono }: Pick<Columns, 'id' | 'mono'>,
  own: Uint32Array,
  dictionary: Pick<ReadContext['dictionary'], 'placeOf'>,
): StreamLane[] {
  const lanes: StreamLane[] = [];
  for (let from = 0; from < own.length; ) {
    const to = endOfLane(id, own, from);
    const { topic, partition, incarnation, toleranceMs } = dictionary.placeOf(id[own[from]!]!);
    const rows = own.subarray(from, to);
    const times = new Float64Array(rows.length);
    for (let at = 0; at < times.length; at++) times[at] = mono[rows[at]!]!;
    lanes.push({ topic, partition, rows, times, head: 0, toleranceMs, isOlder: incarnation !== Infinity });
    from = to;
  }
  return lanes.sort(comparePlace);
}

/** Tells the topic of each lane that has several rows. @param own as for {@link lanesOfRows} */
export function eachLongLane(
  { id }: Pick<Columns, 'id'>,
  own: Uint32Array,
  dictionary: Pick<ReadContext['dictionary'], 'placeOf'>,
  tell: (topic: string) => void,
): void {
  for (let from = 0; from < own.length; ) {
    const to = endOfLane(id, own, from);
    if (to - from > 1) tell(dictionary.placeOf(id[own[from]!]!).topic);
    from = to;
  }
}

/** Behind the last row that lies in the same partition. */
function endOfLane(id: Float64Array, own: Uint32Array, from: number): number {
  const end = (partitionNoOf(id[own[from]!]!) + 1) * OFFSET_SPAN;
  let to = from + 1;
  while (to < own.length && id[own[to]!]! < end) to += 1;
  return to;
}
