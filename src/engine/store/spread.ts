/** Aggregates of which the records lie in several partitions. */
import { partitionNoOf } from './ids.ts';

interface Rows {
  count: number;
  id: Float64Array;
  /** Number of the aggregate; 0: none. */
  aggregate: Uint32Array;
}

/** By number of an aggregate: 1 when its rows lie in several partitions. */
export function spreadAggregates({ aggregate, id, count }: Rows): Uint8Array {
  let most = 0;
  for (let row = 0; row < count; row++) most = Math.max(most, aggregate[row]!);
  const isSpread = new Uint8Array(most + 1);
  const partition = new Int32Array(most + 1).fill(-1);
  for (let row = 0; row < count; row++) {
    const own = aggregate[row]!;
    const no = partitionNoOf(id[row]!);
    if (partition[own] === -1) partition[own] = no;
    else if (partition[own] !== no) isSpread[own] = 1;
  }
  return isSpread;
}
