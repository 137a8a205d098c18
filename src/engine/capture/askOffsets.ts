/** What of each partition is asked for, in offsets, as the cluster tells them now. */
import type { ClusterClient } from '../kafka/clusterClient.ts';
import type { PartitionBegin } from './sinkMessages.ts';
import type { CaptureFrom, CaptureRequest, CaptureTo } from './types.ts';

/** The partitions of the topics with what is asked of them. The ends are those of now: the capture ends there. */
export async function askPartitions(
  client: ClusterClient,
  request: CaptureRequest,
): Promise<PartitionBegin[]> {
  const offsets = await client.offsetsFor(request.topics);
  const { from, to } = request;
  const starts = typeof from === 'object' && 'time' in from ? await byTime(client, request, from.time) : null;
  // The end is inclusive in time and exclusive in offsets.
  const ends =
    to !== undefined && 'time' in to ? await byTime(client, request, Math.floor(to.time) + 1) : null;
  return offsets.map(({ topic, partition, low, high, error }) => {
    if (error !== undefined) throw error;
    const range = { low: Number(low), high: Number(high) };
    const name = `${partition}/${topic}`;
    const askedTo = endOf(to, range.high, ends?.get(name) ?? null);
    const askedFrom = startOf(from, { ...range, askedTo }, starts?.get(name) ?? null);
    return { topic, partition, askedFrom, askedTo, ...range };
  });
}

/** The first offset at or after a time by partition and topic; null: nothing is as late. */
async function byTime(
  client: ClusterClient,
  { topics }: CaptureRequest,
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
  if ('latest' in from) return Math.max(askedTo - from.latest, low);
  return Math.min('offset' in from ? from.offset : (atTime ?? high), high);
}
