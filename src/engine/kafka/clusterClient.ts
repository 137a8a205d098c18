// The engine's view of a Kafka cluster: metadata, offsets, settings and groups, over kafkajs' broker connections.
// Everything is asked in few large requests; nothing here writes, joins a group or commits an offset.
import { formatAddress } from './address.ts';
import { BrokerLinks } from './brokerLinks.ts';
import { asFault, faultOfCode, isPassingCode } from './faults.ts';
import { listOffsets, type OffsetAnswer, type TopicPartition } from './offsetQueries.ts';
import {
  type Api,
  DESCRIBE_CONFIGS,
  EARLIEST,
  LATEST,
  LIST_GROUPS,
  LIST_OFFSETS,
  METADATA,
  type MetadataResponse,
  type MetadataTopic,
} from './requests.ts';
import {
  type BrokerInfo,
  type GroupSummary,
  type KafkaConnection,
  KafkaFault,
  type KafkaLog,
  type PartitionOffsets,
  type TimeOffset,
  type TopicSummary,
} from './types.ts';

export type { TopicPartition } from './offsetQueries.ts';

export interface ClusterClient {
  readonly clusterId: string | null;
  readonly brokers: BrokerInfo[];
  /** All topics this login may see, by name. Partitions that cannot be asked carry their reason. */
  listTopics(options?: { internal?: boolean; offsets?: boolean; configs?: boolean }): Promise<TopicSummary[]>;
  /** One topic as it is now. @throws KafkaFault topic-unknown, topic-not-authorized */
  topic(name: string): Promise<TopicSummary>;
  /** Partition ids and leaders of a topic. @throws KafkaFault topic-unknown, topic-not-authorized */
  partitions(topic: string): Promise<TopicSummary['partitions']>;
  /** Low, high and last stable offset of every partition of these topics. */
  offsetsFor(topics: string[]): Promise<PartitionOffsets[]>;
  /** Asks which brokers there are now; a client that is kept would not notice one that left or came. */
  refreshBrokers(): Promise<void>;
  /** All partitions of these topics as last known, asked for where not known; topics that are gone have none. */
  partitionsOf(topics: readonly string[]): Promise<TopicPartition[]>;
  /**
   * Of any partitions, in their order, the first offset with a timestamp at or after `at` (ms), or EARLIEST, or LATEST
   * (the high watermark). Nothing is thrown for one partition: it carries its fault.
   */
  offsetsOf(places: readonly TopicPartition[], at: bigint): Promise<OffsetAnswer[]>;
  /** Per partition, the first offset with a timestamp at or after `ms`. */
  offsetsByTime(topic: string, ms: number): Promise<TimeOffset[]>;
  /** Settings of topics by name; a refused topic has an error instead. */
  describeConfigs(
    topics: string[],
    names?: string[],
  ): Promise<Map<string, { values: Map<string, string | null>; error?: KafkaFault }>>;
  listGroups(): Promise<GroupSummary[]>;
  /** The broker that leads a partition; `fresh` asks the cluster again first. @throws KafkaFault */
  leaderOf(target: TopicPartition, fresh?: boolean): Promise<number>;
  /** Sends any request to a broker by id, or to any broker (null). @throws KafkaFault */
  request<I, O>(
    broker: number | null,
    api: Api<I, O>,
    input: I,
    options?: { timeoutMs?: number },
  ): Promise<O>;
  /** Closes every connection at once; requests under way fail with connection-closed. */
  close(): void;
}

const CONFIGS = ['cleanup.policy', 'retention.ms', 'retention.bytes'];
const TOPICS_PER_CONFIG_REQUEST = 1000;

/** Connects to the first of the given brokers that answers. @throws KafkaFault of the last one tried */
export async function connectCluster(
  connection: KafkaConnection,
  options: { log?: KafkaLog; signal?: AbortSignal } = {},
): Promise<ClusterClient> {
  const cluster = new Cluster(connection, options.log ?? (() => {}));
  const abort = () => cluster.close();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    options.signal?.throwIfAborted();
    await cluster.refresh([]);
    return cluster;
  } catch (error) {
    cluster.close();
    throw asFault(
      options.signal?.aborted ? options.signal.reason : error,
      connection.brokers.join(', '),
      connection,
    );
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
}

class Cluster implements ClusterClient {
  readonly #connection: KafkaConnection;
  readonly #links: BrokerLinks;
  readonly #leaders = new Map<string, Map<number, number>>();
  #brokers = new Map<number, BrokerInfo>();
  #lastGood: string | null = null;
  clusterId: string | null = null;

  constructor(connection: KafkaConnection, log: KafkaLog) {
    this.#connection = connection;
    this.#links = new BrokerLinks(connection, log);
  }

  get brokers(): BrokerInfo[] {
    return [...this.#brokers.values()];
  }

  /** Asks the cluster for its brokers and these topics (null: all). */
  async refresh(topics: string[] | null): Promise<MetadataResponse> {
    const metadata = await this.request(null, METADATA, topics);
    this.clusterId = metadata.clusterId;
    if (metadata.brokers.length > 0)
      this.#brokers = new Map(metadata.brokers.map((broker) => [broker.id, broker]));
    for (const topic of metadata.topics)
      this.#leaders.set(topic.name, new Map(topic.partitions.map(({ id, leader }) => [id, leader])));
    return metadata;
  }

  async refreshBrokers(): Promise<void> {
    await this.refresh([]);
  }

  async request<I, O>(
    broker: number | null,
    api: Api<I, O>,
    input: I,
    options: { timeoutMs?: number } = {},
  ): Promise<O> {
    if (broker !== null) return this.#links.ask(this.#addressOf(broker), api, input, options);
    const candidates = new Set<string>();
    if (this.#lastGood !== null) candidates.add(this.#lastGood);
    for (const { host, port } of this.#brokers.values()) candidates.add(formatAddress(host, port));
    for (const address of this.#connection.brokers) candidates.add(address);
    let fault: KafkaFault | undefined;
    for (const address of candidates) {
      try {
        const answer = await this.#links.ask(address, api, input, options);
        this.#lastGood = address;
        return answer;
      } catch (error) {
        fault = asFault(error, address, this.#connection);
        if (this.#links.closed) break;
      }
    }
    throw fault ?? asFault(new Error('no broker address is given'), 'the connection');
  }

  #addressOf(id: number): string {
    const broker = this.#brokers.get(id);
    if (broker !== undefined) return formatAddress(broker.host, broker.port);
    const sentence = `Broker ${id} is not part of the cluster now`;
    throw new KafkaFault('broker-gone', `broker ${id}`, sentence, 'Wait for it to come back.', {
      retryable: true,
    });
  }

  async leaderOf({ topic, partition }: TopicPartition, fresh = false): Promise<number> {
    let leader = fresh ? undefined : this.#leaders.get(topic)?.get(partition);
    if (leader === undefined || leader < 0) {
      const { partitions } = await this.#topic(topic);
      const found = partitions.find(({ id }) => id === partition);
      if (found === undefined)
        throw new KafkaFault(
          'partition-unknown',
          `${topic}/${partition}`,
          `Topic ${topic} has no partition ${partition}`,
          'Refresh the list of topics: it may have been created anew.',
        );
      leader = found.leader;
    }
    if (leader < 0) throw faultOfCode(5, `${topic}/${partition}`);
    return leader;
  }

  async #topic(name: string): Promise<MetadataTopic> {
    const metadata = await this.refresh([name]);
    const topic = metadata.topics.find((t) => t.name === name);
    const NOT_HERE = 3;
    const PASSING_LEADERLESS = 5;
    if (topic === undefined) throw faultOfCode(NOT_HERE, name);
    if (topic.errorCode !== 0 && topic.errorCode !== PASSING_LEADERLESS)
      throw faultOfCode(topic.errorCode, name);
    return topic;
  }

  async partitions(topic: string): Promise<TopicSummary['partitions']> {
    return summarise(await this.#topic(topic)).partitions;
  }

  async topic(name: string): Promise<TopicSummary> {
    const summary = summarise(await this.#topic(name));
    await Promise.all([this.#addOffsets([summary]), this.#addConfigs([summary])]);
    return summary;
  }

  async listTopics(options: { internal?: boolean; offsets?: boolean; configs?: boolean } = {}) {
    const metadata = await this.refresh(null);
    const topics = metadata.topics
      .filter((topic) => topic.errorCode === 0 && (options.internal || !topic.internal))
      .map(summarise)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    await Promise.all([
      options.offsets === false ? undefined : this.#addOffsets(topics),
      options.configs === false ? undefined : this.#addConfigs(topics),
    ]);
    return topics;
  }

  async #addOffsets(topics: TopicSummary[]): Promise<void> {
    const places = topics.flatMap(({ name, partitions }) =>
      partitions.map((summary) => ({ topic: name, partition: summary.id, summary })),
    );
    // A list must not wait long for one partition without a leader: that one carries its reason.
    const [low, high] = await Promise.all([
      this.#listOffsets(places, EARLIEST, 0, 2),
      this.#listOffsets(places, LATEST, 0, 2),
    ]);
    places.forEach(({ summary }, i) => {
      const error = low[i]!.fault ?? high[i]!.fault;
      if (error !== undefined) summary.error = error.message;
      summary.low = low[i]!.offset;
      summary.high = high[i]!.offset;
    });
  }

  async #addConfigs(topics: TopicSummary[]): Promise<void> {
    const configs = await this.describeConfigs(
      topics.map(({ name }) => name),
      CONFIGS,
    );
    for (const topic of topics) {
      const { values, error } = configs.get(topic.name)!;
      if (error !== undefined) {
        topic.configError =
          error.code === 'topic-not-authorized'
            ? 'This login may not see the settings of the topic (DescribeConfigs); reading it does not need them'
            : error.message;
        continue;
      }
      const number = (name: string) => {
        const text = values.get(name);
        return text === undefined || text === null ? null : BigInt(text);
      };
      topic.cleanupPolicy = values.get('cleanup.policy') ?? null;
      topic.retentionMs = number('retention.ms');
      topic.retentionBytes = number('retention.bytes');
    }
  }

  async describeConfigs(topics: string[], names?: string[]) {
    const result = new Map<string, { values: Map<string, string | null>; error?: KafkaFault }>();
    for (let at = 0; at < topics.length; at += TOPICS_PER_CONFIG_REQUEST) {
      const part = topics.slice(at, at + TOPICS_PER_CONFIG_REQUEST);
      try {
        const answers = await this.request(null, DESCRIBE_CONFIGS, { topics: part, names: names ?? null });
        for (const { topic, errorCode, values } of answers)
          result.set(topic, errorCode === 0 ? { values } : { values, error: faultOfCode(errorCode, topic) });
      } catch (error) {
        const fault = asFault(error, part.join(', '), this.#connection);
        for (const topic of part) result.set(topic, { values: new Map(), error: fault });
      }
    }
    for (const topic of topics)
      if (!result.has(topic)) result.set(topic, { values: new Map(), error: faultOfCode(3, topic) });
    return result;
  }

  async offsetsFor(topics: string[]): Promise<PartitionOffsets[]> {
    const places = await this.#placesOf(topics);
    const [low, high, stable] = await Promise.all([
      this.#listOffsets(places, EARLIEST, 0),
      this.#listOffsets(places, LATEST, 0),
      this.#listOffsets(places, LATEST, 1),
    ]);
    return places.map(({ topic, partition }, i) => {
      const error = low[i]!.fault ?? high[i]!.fault ?? stable[i]!.fault;
      const offsets = { low: low[i]!.offset, high: high[i]!.offset, lastStable: stable[i]!.offset };
      return { topic, partition, ...offsets, ...(error === undefined ? {} : { error }) };
    });
  }

  async #placesOf(topics: string[]): Promise<TopicPartition[]> {
    const metadata = await this.refresh(topics);
    return topics.flatMap((name) => {
      const topic = metadata.topics.find((t) => t.name === name);
      if (topic === undefined) throw faultOfCode(3, name);
      if (topic.errorCode !== 0 && !isPassingCode(topic.errorCode)) throw faultOfCode(topic.errorCode, name);
      return topic.partitions
        .map(({ id }) => ({ topic: name, partition: id }))
        .sort((a, b) => a.partition - b.partition);
    });
  }

  async offsetsByTime(topic: string, ms: number): Promise<TimeOffset[]> {
    const places = await this.#placesOf([topic]);
    const found = await this.#listOffsets(places, BigInt(Math.trunc(ms)), 0);
    return places.map(({ partition }, i) => {
      const { offset, timestamp, fault } = found[i]!;
      const none = offset === null || offset < 0n;
      const answer = { partition, offset: none ? null : offset, timestamp: none ? null : Number(timestamp) };
      return fault === undefined ? answer : { ...answer, error: fault };
    });
  }

  async partitionsOf(topics: readonly string[]): Promise<TopicPartition[]> {
    const unknown = topics.filter((topic) => !this.#leaders.has(topic));
    if (unknown.length > 0) await this.refresh(unknown);
    return topics.flatMap((topic) =>
      [...(this.#leaders.get(topic)?.keys() ?? [])].map((partition) => ({ topic, partition })),
    );
  }

  async offsetsOf(places: readonly TopicPartition[], at: bigint): Promise<OffsetAnswer[]> {
    const unknown = new Set(places.flatMap(({ topic }) => (this.#leaders.has(topic) ? [] : [topic])));
    if (unknown.size > 0) await this.refresh([...unknown]);
    return this.#listOffsets(places, at, 0, 2);
  }

  #listOffsets(places: readonly TopicPartition[], timestamp: bigint, isolation: 0 | 1, attempts = 4) {
    const leaderOf = ({ topic, partition }: TopicPartition) => this.#leaders.get(topic)?.get(partition) ?? -1;
    return listOffsets(
      {
        leaderOf,
        refresh: (topics) => this.refresh(topics),
        ask: (leader, input) => this.request(leader, LIST_OFFSETS, input),
      },
      { places, timestamp, isolation, attempts },
    );
  }

  async listGroups(): Promise<GroupSummary[]> {
    const found = new Map<string, GroupSummary>();
    await Promise.all(
      this.brokers.map(async ({ id }) => {
        const { errorCode, groups } = await this.request(id, LIST_GROUPS, undefined);
        if (errorCode !== 0) throw faultOfCode(errorCode, `broker ${id}`);
        for (const group of groups) found.set(group.groupId, group);
      }),
    );
    return [...found.values()].sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
  }

  close(): void {
    this.#links.close();
  }
}

function summarise(topic: MetadataTopic): TopicSummary {
  const partitions = topic.partitions
    .map(({ id, leader, replicas, isr }) => ({ id, leader, replicas, isr, low: null, high: null }))
    .sort((a, b) => a.id - b.id);
  const { name, topicId, internal } = topic;
  return {
    name,
    topicId,
    internal,
    partitions,
    cleanupPolicy: null,
    retentionMs: null,
    retentionBytes: null,
  };
}
