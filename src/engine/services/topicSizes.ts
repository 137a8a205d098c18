/** What the brokers keep on their disks, as the page sees it. */

import type { z } from 'zod';
import { int64 } from '../../contract/common.ts';
import type { contract, Output } from '../../contract/contract.ts';
import type { BrokerDisk, PartitionSize, TopicSize } from '../../contract/topics.ts';
import { partProblem } from '../connections/partProblem.ts';
import type { ClusterClient } from '../kafka/clusterClient.ts';
import { type Disks, readDisks, type StoredReplica } from '../kafka/logDirs.ts';
import type { TopicSummary } from '../kafka/types.ts';

type Disk = z.infer<typeof BrokerDisk>;
const RIGHT = 'Describe on the cluster to see sizes on disk';

/** Leaders by partition of a topic. */
const leadersOf = ({ partitions }: TopicSummary) => new Map(partitions.map(({ id, leader }) => [id, leader]));

/** Sizes of all topics that the login may see. @throws KafkaFault when the cluster cannot be asked at all */
export async function allSizes(client: ClusterClient) {
  const topics = await client.listTopics({ internal: true, offsets: false, configs: false });
  const disks = await readDisks(client, null);
  const byTopic = Map.groupBy(disks.replicas, ({ topic }) => topic);
  return {
    head: { brokers: disks.brokers.map((broker) => diskOf(broker, disks)), problem: problemOf(disks) },
    // Where no broker tells, there are no sizes; a topic that is not on any disk has size 0.
    rows: disks.brokers.every(({ fault }) => fault !== null)
      ? []
      : topics.map((topic) => sizeOf(topic, byTopic.get(topic.name) ?? [])),
  };
}

/** Sizes of one topic by partition and replica. @throws KafkaFault topic-unknown, topic-not-authorized */
export async function oneSize(
  client: ClusterClient,
  topic: string,
): Promise<Output<typeof contract.topics.size>> {
  const partitions = await client.partitions(topic);
  const summary = { name: topic, partitions } as TopicSummary;
  const disks = await readDisks(client, { name: topic, partitions: partitions.map(({ id }) => id) });
  const byPartition = Map.groupBy(disks.replicas, ({ partition }) => partition);
  return {
    brokers: disks.brokers.map((broker) => diskOf(broker, disks)),
    size: sizeOf(summary, disks.replicas),
    partitions: partitions.map(({ id, leader }): PartitionSize => {
      const replicas = (byPartition.get(id) ?? []).sort((a, b) => a.broker - b.broker);
      return {
        partition: id,
        leaderBytes: textOrNull(leaderBytes(leader, replicas)),
        replicas: replicas.map(({ broker, dir, bytes, offsetLag, future }) => ({
          ...{ broker, dir, bytes: int64(bytes), offsetLag: int64(offsetLag), moving: future },
        })),
      };
    }),
    problem: problemOf(disks),
  };
}

const textOrNull = (value: bigint | null) => (value === null ? null : int64(value));
const sum = (replicas: readonly StoredReplica[]) => replicas.reduce((total, { bytes }) => total + bytes, 0n);

const leaderBytes = (leader: number, replicas: readonly StoredReplica[]): bigint | null =>
  replicas.find(({ broker, future }) => broker === leader && !future)?.bytes ?? null;

function sizeOf(topic: TopicSummary, replicas: readonly StoredReplica[]): TopicSize {
  const byPartition = Map.groupBy(replicas, ({ partition }) => partition);
  let leaders: bigint | null = 0n;
  for (const [partition, leader] of leadersOf(topic)) {
    const bytes = leaderBytes(leader, byPartition.get(partition) ?? []);
    leaders = leaders === null || bytes === null ? null : leaders + bytes;
  }
  return { name: topic.name, leaderBytes: textOrNull(leaders), replicaBytes: int64(sum(replicas)) };
}

const diskOf = (
  { broker, totalBytes, usableBytes, fault }: Disks['brokers'][number],
  disks: Disks,
): Disk => ({
  broker,
  bytes: int64(sum(disks.replicas.filter((replica) => replica.broker === broker))),
  totalBytes: textOrNull(totalBytes),
  usableBytes: textOrNull(usableBytes),
  problem: fault === null ? null : partProblem(fault, RIGHT),
});

function problemOf({ brokers }: Disks): string | null {
  const problems = brokers.flatMap(({ fault }) => (fault === null ? [] : [partProblem(fault, RIGHT)]));
  return problems.length === 0 ? null : [...new Set(problems)].join(' ');
}
