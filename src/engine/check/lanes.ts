/** Streams that lie in several partitions, as rows. */
import { comparePlace, type Lane } from '../reads/columnOrder.ts';
import { partitionNoOf } from '../store/ids.ts';
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
    const first = id[own[from]!]!;
    const no = partitionNoOf(first);
    let to = from + 1;
    while (to < own.length && partitionNoOf(id[own[to]!]!) === no) to += 1;
    const { topic, partition, incarnation, toleranceMs } = dictionary.placeOf(first);
    const rows = own.subarray(from, to);
    const times = Float64Array.from(rows, (row) => mono[row]!);
    lanes.push({ topic, partition, rows, times, head: 0, toleranceMs, isOlder: incarnation !== Infinity });
    from = to;
  }
  return lanes.sort(comparePlace);
}
