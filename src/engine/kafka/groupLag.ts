// How far groups are behind: in offsets, and in time by the timestamps of what they have not read yet.
import type { ClusterClient } from './clusterClient.ts';
import { asFault, faultOfCode } from './faults.ts';
import type { TopicPartition } from './offsetQueries.ts';
import { decodeRecordSet } from './recordBatch.ts';
import { FLAG } from './recordColumns.ts';
import { FETCH, LATEST } from './requests.ts';
import type { KafkaFault } from './types.ts';

export interface Ends {
  /** The offset that the next record will get; null when it cannot be read. */
  high: bigint | null;
  /**
   * Every record before this offset is older than the limit; null when it cannot be told. So a group whose committed
   * offset is lower waits longer than the limit: exact, whether timestamps rise or not.
   */
  old: bigint | null;
  fault: KafkaFault | null;
}

/** Ends of partitions in their order, asked of the leaders in two requests each. @param olderThan ms since 1970 */
export async function endsOf(
  client: ClusterClient,
  places: readonly TopicPartition[],
  olderThan: number | null,
): Promise<Ends[]> {
  const [highs, olds] = await Promise.all([
    client.offsetsOf(places, LATEST),
    olderThan === null ? null : client.offsetsOf(places, BigInt(Math.trunc(olderThan))),
  ]);
  return places.map((_, i) => {
    const { offset: high, fault } = highs[i]!;
    const found = olds?.[i]?.offset ?? null;
    // No record is that young: all of them are older.
    const old = found !== null && found < 0n ? high : found;
    return { high, old: olderThan === null ? null : old, fault: fault ?? olds?.[i]?.fault ?? null };
  });
}

/** Lag in offsets as Kafka's own tools count it; negative never: an offset beyond the end was left by a topic made anew. */
export const lagOf = (committed: bigint, high: bigint): bigint => (committed >= high ? 0n : high - committed);

/** Fetches that look for a time before it is given up: behind long transactions may lie batches of markers only. */
const HOPS = 4;
const MAX_WAIT_MS = 250;
const OUT_OF_RANGE = 1;

/**
 * Timestamp (ms) of the first record at or after `offset`, or null when none is found near it: nothing but markers
 * follows, or it was deleted. Needs Read on the topic. @throws KafkaFault
 */
export async function timeOfNext(
  client: ClusterClient,
  { topic, partition }: TopicPartition,
  offset: bigint,
): Promise<number | null> {
  const where = `${topic}/${partition}`;
  let from = Number(offset);
  for (let hop = 0; hop < HOPS; hop++) {
    const leader = await client.leaderOf({ topic, partition });
    const topics = [{ topic, partitions: [{ partition, offset: from, maxBytes: 1 }] }];
    const [part] = await client.request(leader, FETCH, {
      ...{ isolation: 0, maxWaitMs: MAX_WAIT_MS, maxBytes: 1, topics },
    });
    if (part === undefined || part.errorCode === OUT_OF_RANGE) return null;
    if (part.errorCode !== 0) throw faultOfCode(part.errorCode, where);
    const { columns, nextOffset } = decodeRecordSet(part.records, { from });
    for (let row = 0; row < columns.count; row++) {
      if ((columns.flags[row]! & FLAG.control) !== 0) continue;
      const time = columns.timestamp[row]!;
      return time < 0 ? null : time;
    }
    if (nextOffset <= from) return null;
    from = nextOffset;
  }
  return null;
}

export interface Waiting extends TopicPartition {
  offset: bigint;
}

export interface WaitingTimes {
  /** By {@link waitingKey}; null: there is no record to take a time from. Missing: not asked. */
  times: Map<string, number | null>;
  /** Why some are not known. */
  fault: KafkaFault | null;
  /** How many were left out because of the limit. */
  leftOut: number;
}

export const waitingKey = ({ topic, partition, offset }: Waiting): string =>
  `${partition} ${offset} ${topic}`;

/** Each is one Fetch of one batch; a group that is behind in more partitions is timed by those it is furthest behind in. */
const MOST_TIMES = 128;
const AT_ONCE = 4;

/** Timestamps of the first unread records. @param places sorted by what matters most; doubles are asked once */
export async function timesOf(client: ClusterClient, places: readonly Waiting[]): Promise<WaitingTimes> {
  const distinct = new Map(places.map((place) => [waitingKey(place), place]));
  const asked = [...distinct.values()].slice(0, MOST_TIMES);
  const times: WaitingTimes['times'] = new Map();
  let fault: KafkaFault | null = null;
  let next = 0;
  const work = async () => {
    while (next < asked.length) {
      const place = asked[next++]!;
      try {
        times.set(waitingKey(place), await timeOfNext(client, place, place.offset));
      } catch (error) {
        fault ??= asFault(error, `${place.topic}/${place.partition}`);
        // A right that is missing is missing for all of them.
        if (!fault.retryable) next = asked.length;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { times, fault, leftOut: distinct.size - asked.length };
}
