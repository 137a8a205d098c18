/** The order in which a capture reads: one range of each partition at a time, the likeliest partitions of a key first. */
import type { PartitionCursor } from './extract.ts';
import type { CapturePlan, Work } from './sinkMessages.ts';

/** One range of one partition. */
export interface Step extends Work {
  topic: string;
  partition: number;
  /** Shared by the steps of a partition. */
  cursor: PartitionCursor;
}

/**
 * Steps that can be taken together. Inside a partition the ranges stay in order, so that what is settled is settled up
 * to an offset.
 */
export function wavesOf(
  { partitions }: CapturePlan,
  cursors: readonly PartitionCursor[],
  isHome: (topic: string, partition: number) => boolean,
): { steps: Step[]; isElsewhere: boolean }[] {
  const all = partitions.map(({ topic, partition, work }, index) => ({
    isElsewhere: !isHome(topic, partition),
    steps: work.map((item): Step => ({ ...item, topic, partition, cursor: cursors[index]! })),
  }));
  return [false, true].flatMap((isElsewhere) => {
    const mine = all.filter((each) => each.isElsewhere === isElsewhere);
    const rounds = Math.max(0, ...mine.map(({ steps }) => steps.length));
    return Array.from({ length: rounds }, (_, round) => ({
      isElsewhere,
      steps: mine.flatMap(({ steps }) => steps.slice(round, round + 1)),
    }));
  });
}
