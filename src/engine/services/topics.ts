import { int64 } from '../../contract/common.ts';
import type { TopicRow } from '../../contract/connections.ts';
import type { Service } from '../../contract/contract.ts';
import { HeldClusters } from '../connections/heldClusters.ts';
import { partProblem } from '../connections/partProblem.ts';
import { asFault } from '../kafka/faults.ts';
import { readTopicConfig } from '../kafka/topicConfig.ts';
import type { TopicSummary } from '../kafka/types.ts';
import type { ServiceDeps } from './deps.ts';
import { Listings } from './listings.ts';
import { allLags, topicGroups } from './topicGroups.ts';
import { recentThroughput, sampleEnds } from './topicRates.ts';
import { allSizes, oneSize } from './topicSizes.ts';

interface ListHead {
  clusterId: string | null;
  brokers: number;
  total: number;
  tookMs: number;
}

/** Captured records by topic and partition; null when the open workspace is of another cluster, or none is open. */
type Captured = Map<string, Map<number, number>> | null;

/** Asks clusters about topics; clients stay connected for a while, because the screen asks again and again. */
export interface TopicService extends Service<'topics'> {
  close(): void;
}

export function createTopicService(deps: ServiceDeps): TopicService {
  const clusters = new HeldClusters(deps);
  const listings = new Listings();
  return {
    close() {
      clusters.close();
      listings.close();
    },
    async list({ connectionId, internal, more }, { signal }) {
      const part = more
        ? listings.more<ListHead, TopicRow>(more, 'topics.list')
        : await clusters.with(connectionId, signal, async (client) => {
            const begin = performance.now();
            const [found, captured] = await Promise.all([
              client.listTopics({ internal, offsets: true, configs: true }),
              capturedOf(deps, client.clusterId),
            ]);
            const head: ListHead = {
              clusterId: client.clusterId,
              brokers: client.brokers.length,
              total: found.length,
              tookMs: performance.now() - begin,
            };
            return listings.first(
              head,
              found.map((topic) => rowOf(topic, captured)),
            );
          });
      return { ...part.head, topics: part.rows, next: part.next };
    },
    async partitions({ connectionId, topic }, { signal }) {
      return clusters.with(connectionId, signal, async (client) => {
        const summary = await client.topic(topic);
        const captured = (await capturedOf(deps, client.clusterId))?.get(topic);
        return summary.partitions.map(({ id, leader, replicas, isr, low, high, error }) => ({
          partition: id,
          leader,
          replicas,
          inSync: isr,
          low: low === null ? null : int64(low),
          high: high === null ? null : int64(high),
          captured: captured?.has(id) ? int64(captured.get(id)!) : null,
          problem: error ?? null,
        }));
      });
    },
    async sizes({ connectionId, more }, { signal }) {
      type Sizes = Awaited<ReturnType<typeof allSizes>>;
      const part = more
        ? listings.more<Sizes['head'], Sizes['rows'][number]>(more, 'topics.sizes')
        : await clusters.with(connectionId, signal, async (client) => {
            const { head, rows } = await allSizes(client);
            return listings.first(head, rows);
          });
      return { ...part.head, topics: part.rows, next: part.next };
    },
    size: ({ connectionId, topic }, { signal }) =>
      clusters.with(connectionId, signal, (client) => oneSize(client, topic)),
    config: ({ connectionId, topic }, { signal }) =>
      clusters.with(connectionId, signal, async (client) => {
        try {
          return { settings: await readTopicConfig(client, topic), problem: null };
        } catch (error) {
          const fault = asFault(error, topic);
          return { settings: [], problem: partProblem(fault, `DescribeConfigs on ${topic}`) };
        }
      }),
    groups: ({ connectionId, topic, lateAfterMs }, { signal }) =>
      clusters.with(connectionId, signal, (client) => topicGroups(client, topic, lateAfterMs)),
    async lags({ connectionId, lateAfterMs, more }, { signal }) {
      type Lags = Awaited<ReturnType<typeof allLags>>;
      const part = more
        ? listings.more<Lags['head'], Lags['rows'][number]>(more, 'topics.lags')
        : await clusters.with(connectionId, signal, async (client) => {
            const { head, rows } = await allLags(client, lateAfterMs);
            return listings.first(head, rows);
          });
      return { ...part.head, topics: part.rows, next: part.next };
    },
    sample: ({ connectionId, topics }, { signal }) =>
      clusters.with(connectionId, signal, (client) => sampleEnds(client, topics)),
    throughput: ({ connectionId, topic }, { signal }) =>
      clusters.with(connectionId, signal, (client) => recentThroughput(client, topic)),
  };
}

async function capturedOf({ workspaces }: ServiceDeps, clusterId: string | null): Promise<Captured> {
  const workspace = workspaces.peek();
  if (workspace === null) return null;
  const info = await workspace.read('workspace.info', {});
  if (info.clusterId === null || info.clusterId !== clusterId) return null;
  const counts: NonNullable<Captured> = new Map();
  for (const { topic, partition, records } of await workspace.read('workspace.captured', {})) {
    const partitions = counts.get(topic) ?? new Map<number, number>();
    counts.set(topic, partitions.set(partition, records));
  }
  return counts;
}

function rowOf(topic: TopicSummary, captured: Captured): TopicRow {
  const { partitions } = topic;
  const sum = (edge: 'low' | 'high') =>
    partitions.reduce<bigint | null>((total, one) => {
      const value = one[edge];
      return total === null || value === null ? null : total + value;
    }, 0n);
  const low = sum('low');
  const high = sum('high');
  const counts = captured?.get(topic.name);
  const problems = new Set(partitions.map(({ error }) => error).filter((error) => error !== undefined));
  if (topic.configError !== undefined) problems.add(topic.configError);
  return {
    name: topic.name,
    internal: topic.internal,
    partitions: partitions.length,
    low: low === null ? null : int64(low),
    high: high === null ? null : int64(high),
    estimated: low === null || high === null ? null : int64(high - low),
    captured:
      counts === undefined ? null : int64([...counts.values()].reduce((total, count) => total + count, 0)),
    cleanupPolicy: topic.cleanupPolicy,
    retentionMs: topic.retentionMs === null ? null : int64(topic.retentionMs),
    replication: Math.max(0, ...partitions.map(({ replicas }) => replicas.length)),
    problem: problems.size === 0 ? null : [...problems].join('; '),
  };
}
