/** What of each partition is asked for, in offsets, as the cluster tells them now. */
import type { ClusterClient } from '../kafka/clusterClient.ts';
import { newestFrom } from './newestOffsets.ts';
import type { PartitionBegin } from './sinkMessages.ts';
import type { CaptureFrom, CaptureRequest, CaptureTo } from './types.ts';

/** The partitions of the topics with what is asked of them. The ends are those of now: the capture ends there. */
export async function askPartitions(
  client: ClusterClient,
  request: CaptureRequest,
): Promise<PartitionBegin[]> {
  const offsets = await client.offsetsFor(request.topics);
  const { from, to } = request;
  const starts =
    typeof from === 'object' && 'time' in from ? await byTime(client, request.topics, from.time) : null;
  // The end is inclusive in time and exclusive in offsets.
  const ends =
    to !== undefined && 'time' in to ? await byTime(client, request.topics, Math.floor(to.time) + 1) : null;
  const asked = offsets.map(({ topic, partition, low, high, error }) => {
    if (error !== undefined) throw error;
    const range = { low: Number(low), high: Number(high) };
    const name = `${partition}/${topic}`;
    const askedTo = endOf(to, range.high, ends?.get(name) ?? null);
    const askedFrom = startOf(from, { ...range, askedTo }, starts?.get(name) ?? null);
    return { topic, partition, askedFrom, askedTo, ...range };
  });
  if (typeof from === 'object' && 'newest' in from) await beginAtNewest(client, asked, from.newest);
  return asked;
}

/** Sets where each partition begins, topic by topic. */
async function beginAtNewest(client: ClusterClient, asked: PartitionBegin[], count: number): Promise<void> {
  await Promise.all(
    [...Map.groupBy(asked, ({ topic }) => topic)].map(async ([topic, places]) => {
      const ranges = places.map(({ partition, low, high, askedTo }) => ({
        partition,
        low,
        end: askedTo ?? high,
      }));
      const starts = await newestFrom(ranges, count, async (time) => {
        const found = await byTime(client, [topic], time);
        return new Map(
          places.map(({ partition }) => [partition, found.get(`${partition}/${topic}`) ?? null]),
        );
      });
      for (const place of places) place.askedFrom = starts.get(place.partition)!;
    }),
  );
}

/** The first offset at or after a time by partition and topic; null: nothing is as late. */
async function byTime(
  client: ClusterClient,
  topics: readonly string[],
  time: number,
): Promise<Map<string, number | null>> {
  const found = new Map<string, number | null>();
  for (const topic of topics)
    for (const { partition, offset, error } of await client.offsetsByTime(topic, time)) {
      if (error !== undefined) throw error;
      found.set(`${partition}/${topic}`, offset === null ? null : Number(offset));
    }
  return found;
}

const endOf = (to: CaptureTo | undefined, high: number, atTime: number | null): number =>
  to === undefined ? high : Math.min('offset' in to ? to.offset + 1 : (atTime ?? high), high);

/** Null: where the workspace stands. */
function startOf(
  from: CaptureFrom,
  { low, high, askedTo }: { low: number; high: number; askedTo: number },
  atTime: number | null,
): number | null {
  if (from === 'go-on') return null;
  if (from === 'earliest') return 0;
  if ('newest' in from) return low;
  if ('latest' in from) return Math.max(askedTo - from.latest, low);
  return Math.min('offset' in from ? from.offset : (atTime ?? high), high);
}
