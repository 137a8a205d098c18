import { int64 } from '../../contract/common.ts';
import type { TopicRow } from '../../contract/connections.ts';
import type { Service } from '../../contract/contract.ts';
import { withCluster } from '../connections/cluster.ts';
import type { TopicSummary } from '../kafka/types.ts';
import type { ServiceDeps } from './deps.ts';

/** Captured records by topic and partition; null when the open workspace is of another cluster, or none is open. */
type Captured = Map<string, Map<number, number>> | null;

export function createTopicService(deps: ServiceDeps): Service<'topics'> {
  return {
    async list({ connectionId, internal }, { signal }) {
      const begin = performance.now();
      return withCluster(deps, connectionId, signal, async (client) => {
        const [found, captured] = await Promise.all([
          client.listTopics({ internal, offsets: true, configs: true }),
          capturedOf(deps, client.clusterId),
        ]);
        return {
          clusterId: client.clusterId,
          brokers: client.brokers.length,
          topics: found.map((topic) => rowOf(topic, captured)),
          tookMs: performance.now() - begin,
        };
      });
    },
    async partitions({ connectionId, topic }, { signal }) {
      return withCluster(deps, connectionId, signal, async (client) => {
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
