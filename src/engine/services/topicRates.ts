/** How fast a topic grows: by two looks at its end, or by the timestamps of what came. */
import { int64 } from '../../contract/common.ts';
import type { contract, Output } from '../../contract/contract.ts';
import { partProblem } from '../connections/partProblem.ts';
import type { ClusterClient } from '../kafka/clusterClient.ts';
import { LATEST } from '../kafka/requests.ts';

/** End offsets of several topics at about one moment. Topics that are gone have no end. */
export async function sampleEnds(
  client: ClusterClient,
  names: readonly string[],
): Promise<Output<typeof contract.topics.sample>> {
  const places = await client.partitionsOf(names);
  const before = Date.now();
  const ends = await client.offsetsOf(places, LATEST);
  const sums = new Map<string, bigint | null>();
  places.forEach(({ topic }, i) => {
    const end = ends[i]!.offset;
    const sum = sums.has(topic) ? sums.get(topic)! : 0n;
    sums.set(topic, sum === null || end === null ? null : sum + end);
  });
  return {
    at: Math.round((before + Date.now()) / 2),
    topics: names.map((name) => {
      const high = sums.get(name) ?? null;
      return { name, high: high === null ? null : int64(high) };
    }),
  };
}

const MINUTE = 60_000;
const SPANS = [MINUTE, 60 * MINUTE, 24 * 60 * MINUTE];

/**
 * Offsets from the first one on that has a timestamp in the last minute, hour and day: an upper bound where producers
 * set the times, for what lies behind it may be older, and transaction markers have the broker's time.
 * @throws KafkaFault topic-unknown, topic-not-authorized
 */
export async function recentThroughput(
  client: ClusterClient,
  topic: string,
): Promise<Output<typeof contract.topics.throughput>> {
  const places = (await client.partitions(topic)).map(({ id }) => ({ topic, partition: id }));
  const at = Date.now();
  const [ends, configs, ...begins] = await Promise.all([
    client.offsetsOf(places, LATEST),
    client.describeConfigs([topic], ['message.timestamp.type']),
    ...SPANS.map((ms) => client.offsetsOf(places, BigInt(at - ms))),
  ]);
  const fault = [ends, ...begins].flat().find((answer) => answer.fault !== undefined)?.fault;
  const type = configs.get(topic)?.values.get('message.timestamp.type');
  return {
    at,
    timestamps: type === 'LogAppendTime' ? 'append' : type === 'CreateTime' ? 'create' : null,
    spans: SPANS.map((ms, i) => {
      let records: bigint | null = 0n;
      places.forEach((_, place) => {
        const begin = begins[i]![place]!.offset;
        const end = ends[place]!.offset;
        // A begin of −1: no record is that young. The end may have been asked a moment before the begin.
        const grown = begin === null || end === null ? null : begin < 0n || begin > end ? 0n : end - begin;
        records = records === null || grown === null ? null : records + grown;
      });
      return { ms, records: records === null ? null : int64(records) };
    }),
    problem: fault === undefined ? null : partProblem(fault, `Describe on ${topic}`),
  };
}
