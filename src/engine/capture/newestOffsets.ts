/** The newest offsets of a topic over all its partitions, found by asking for times alone: no record is read for it. */

/** What of a partition can be asked for: offsets from `low` up to, and without, `end`. */
export interface OpenRange {
  partition: number;
  low: number;
  end: number;
}

/** The first offset at or after a time, by partition; a partition without so late a record is missing or null. */
export type OffsetsAt = (time: number) => Promise<ReadonlyMap<number, number | null>>;

/** No record is later: times of Kafka are milliseconds, and this is the year 287,396. */
const AFTER_ALL = 2 ** 53 - 1;

/**
 * Where each partition begins so that together they hold exactly the newest `count` offsets in recorded order: a record
 * counts as recorded no earlier than any before it in its partition, and of the same millisecond the higher partition and
 * offset are the newer. Fewer when there are fewer. Markers and offsets that compaction left empty count, as they cannot
 * be told without reading. ListOffsets answers the first record at or after a time (KIP-79), which is where recorded
 * order passes it; so the moment is found by halving, in at most 54 questions.
 */
export async function newestFrom(
  ranges: readonly OpenRange[],
  count: number,
  offsetsAt: OffsetsAt,
): Promise<Map<number, number>> {
  const lows = new Map(ranges.map(({ partition, low, end }) => [partition, Math.min(low, end)]));
  if (sizeOf(ranges, lows) <= count) return lows;
  const startsAt = async (time: number) => {
    const found = await offsetsAt(time);
    return new Map(
      ranges.map(({ partition, low, end }) => {
        const offset = Math.min(found.get(partition) ?? end, end);
        return [partition, Math.max(offset, Math.min(low, end))];
      }),
    );
  };
  // Between the two: at `early` there are too many, at `late` too few.
  let [early, tooMany] = [-1, lows];
  let [late, tooFew] = [AFTER_ALL, new Map(ranges.map(({ partition, end }) => [partition, end]))];
  while (late - early > 1) {
    const middle = Math.floor(early + (late - early) / 2);
    const starts = await startsAt(middle);
    const size = sizeOf(ranges, starts);
    if (size === count) return starts;
    if (size > count) [early, tooMany] = [middle, starts];
    else [late, tooFew] = [middle, starts];
  }
  // What lies between is of one millisecond: its newest are in the highest partitions.
  let missing = count - sizeOf(ranges, tooFew);
  const from = new Map(tooFew);
  for (const { partition } of [...ranges].sort((a, b) => b.partition - a.partition)) {
    const [first, next] = [tooMany.get(partition)!, tooFew.get(partition)!];
    const taken = Math.min(missing, next - first);
    from.set(partition, next - taken);
    missing -= taken;
  }
  return from;
}

const sizeOf = (ranges: readonly OpenRange[], starts: ReadonlyMap<number, number>): number =>
  ranges.reduce((sum, { partition, end }) => sum + end - starts.get(partition)!, 0);
