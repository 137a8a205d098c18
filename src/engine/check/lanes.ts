/** Streams that lie in several partitions, as rows: what `orderStream` says of their events, without making any. */
import { partitionNoOf } from '../store/ids.ts';
import type { ReadContext } from '../workers/context.ts';
import type { Columns } from './columns.ts';

/** The rows of a stream in one partition: those of `own` from one place up to another (exclusive). */
export interface RowLane {
  from: number;
  to: number;
  topic: string;
  partition: number;
  toleranceMs: number;
  /** Of a log that was replaced by one of the same name. */
  isOlder: boolean;
}

/** By topic and partition. @param own rows of one stream, ascending */
export function lanesOfRows(
  { id }: Pick<Columns, 'id'>,
  own: Uint32Array,
  dictionary: Pick<ReadContext['dictionary'], 'placeOf'>,
): RowLane[] {
  const lanes: RowLane[] = [];
  let no = -1;
  for (let at = 0; at < own.length; at++) {
    const its = partitionNoOf(id[own[at]!]!);
    if (its === no) continue;
    no = its;
    const { topic, partition, incarnation, toleranceMs } = dictionary.placeOf(id[own[at]!]!);
    if (lanes.length > 0) lanes.at(-1)!.to = at;
    lanes.push({
      ...{ from: at, to: own.length, topic, partition, toleranceMs },
      isOlder: incarnation !== Infinity,
    });
  }
  return lanes.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}

/**
 * The rows of a stream in log order, as core/order.ts merges events: the earliest of the first ones that are left, and where
 * it declares a version, the one with the lowest. @param lanes of {@link lanesOfRows}; in each the moments never fall
 */
export function mergedRows(
  { mono, version }: Pick<Columns, 'mono' | 'version'>,
  own: Uint32Array,
  lanes: readonly RowLane[],
): Uint32Array {
  const merged = new Uint32Array(own.length);
  const heads = lanes.map(({ from }) => from);
  const times = heads.map((at) => mono[own[at]!]!);
  const versions = heads.map((at) => version[own[at]!]!);
  const open = lanes.map((_, no) => no);
  let count = 0;
  while (open.length > 1) {
    let choice = open[0]!;
    for (const no of open) if (times[no]! < times[choice]!) choice = no;
    let lowest = versions[choice]!;
    if (!Number.isNaN(lowest)) {
      const earliest = choice;
      for (const no of open) {
        const its = versions[no]!;
        if (Number.isNaN(its) || its > lowest) continue;
        if (its === lowest && (choice === earliest || times[no]! >= times[choice]!)) continue;
        choice = no;
        lowest = its;
      }
    }
    merged[count++] = own[heads[choice]!]!;
    const next = heads[choice]! + 1;
    heads[choice] = next;
    if (next === lanes[choice]!.to) open.splice(open.indexOf(choice), 1);
    else {
      times[choice] = mono[own[next]!]!;
      versions[choice] = version[own[next]!]!;
    }
  }
  const [last] = open;
  if (last !== undefined) merged.set(own.subarray(heads[last]!, lanes[last]!.to), count);
  return merged;
}
