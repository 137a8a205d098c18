// What the tests on a real Kafka share: topics, writers that are not ours, and readers that are not ours.
import { type Admin, Kafka } from 'kafkajs';
import { type ClusterClient, connectCluster } from '../../../src/engine/kafka/clusterClient.ts';
import {
  type FetchedChunk,
  type ReadOptions,
  readPartitions,
} from '../../../src/engine/kafka/fetchReader.ts';
import { decodeHeaders } from '../../../src/engine/kafka/headers.ts';
import { rowHeaders, rowKey, rowValue } from '../../../src/engine/kafka/recordColumns.ts';
import type { KafkaConnection } from '../../../src/engine/kafka/types.ts';
import type { KafkaHandle } from '../../kafka/broker.ts';
import { PATIENT_CLIENT, untilItWorks } from '../../kafka/patience.ts';

export const connectionTo = (kafka: KafkaHandle): KafkaConnection => ({
  brokers: kafka.bootstrap.split(','),
  clientId: 'hindcast-test',
});

/** kafkajs' public client, as a second program that writes. */
export const writerTo = (kafka: KafkaHandle) =>
  new Kafka({ ...PATIENT_CLIENT, brokers: kafka.bootstrap.split(','), clientId: 'writer' });

/** For transactions that a test leaves open while it looks: the broker would abort them after a minute. Milliseconds. */
export const OPEN_LONG = 600_000;

/** What the controller of a busy machine may take for a topic; kafkajs waits 30 seconds for its answer. Milliseconds. */
const TOPIC_TIMEOUT = 25_000;

export async function createTopic(
  kafka: KafkaHandle,
  topic: string,
  options: { partitions?: number; replicas?: number; config?: Record<string, string | number> } = {},
): Promise<void> {
  const configEntries = Object.entries(options.config ?? {}).map(([name, value]) => ({
    name,
    value: String(value),
  }));
  const numPartitions = options.partitions ?? 1;
  const replicationFactor = options.replicas ?? 1;
  const isNew = await asAdmin(kafka, (admin) =>
    admin.createTopics({
      waitForLeaders: false,
      timeout: TOPIC_TIMEOUT,
      topics: [{ topic, numPartitions, replicationFactor, configEntries }],
    }),
  );
  if (!isNew) throw new Error(`the topic ${topic} exists already`);
  const brokers = kafka.bootstrap.split(',');
  // The controller has made a topic before every broker has heard of it; one that has not says that there is none.
  for (const broker of brokers)
    await untilYes(`${broker} did not hear of ${topic}`, async () =>
      (await leadersSaidBy(broker, topic)).every((leader) => leader >= 0),
    );
  // A leader takes up its partitions one after the other. kafkajs writes to all of them in one request, and when one
  // refuses it sends the whole request again: the records of the others would be there twice.
  await asAdmin(kafka, (admin) =>
    untilYes(
      `not every leader took up ${topic}`,
      async () => (await admin.fetchTopicOffsets(topic)).length === numPartitions,
    ),
  );
}

/** Deletes a topic and returns when the broker has stopped serving it, which is later than its answer. */
export const deleteTopic = (kafka: KafkaHandle, topic: string): Promise<void> =>
  asAdmin(kafka, async (admin) => {
    await admin.deleteTopics({ topics: [topic], timeout: TOPIC_TIMEOUT });
    await untilYes(`${topic} did not go`, async () => !(await admin.listTopics()).includes(topic));
  });

/**
 * Commits offsets (partition → offset) of a topic for a group with nobody in it. kafkajs joins the group to commit; on a
 * busy machine a join that was tried twice leaves a member behind, which the broker misses half a minute later.
 * @throws when somebody is in the group for minutes
 */
export async function commitOffsets(
  kafka: KafkaHandle,
  groupId: string,
  topic: string,
  offsets: Record<number, number>,
): Promise<void> {
  const partitions = Object.entries(offsets).map(([partition, offset]) => ({
    partition: Number(partition),
    offset: String(offset),
  }));
  // A group that still holds the member of a join that failed takes no offsets until that one is missed.
  await untilItWorks(() => asAdmin(kafka, (admin) => admin.setOffsets({ groupId, topic, partitions })));
  await asAdmin(kafka, (admin) =>
    untilYes(`${groupId} did not become empty`, async () => {
      const { groups } = await admin.describeGroups([groupId]);
      return groups[0]!.state === 'Empty';
    }),
  );
}

/** The leader of each partition of a topic, as one broker says; kafkajs would ask any of them. */
export const leadersSaidBy = (broker: string, topic: string): Promise<number[]> =>
  withClient({ brokers: [broker], clientId: 'hindcast-test' }, async (client) =>
    (await client.partitions(topic)).sort((a, b) => a.id - b.id).map(({ leader }) => leader),
  );

/** kafkajs' admin, for one question or several. */
export async function asAdmin<T>(kafka: KafkaHandle, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = writerTo(kafka).admin();
  await admin.connect();
  try {
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Asks again until the answer is yes; an error is a no. @throws after a minute */
async function untilYes(failing: string, ask: () => Promise<boolean>) {
  for (const end = Date.now() + 60_000; !(await ask().catch(() => false)); await sleep(50))
    if (Date.now() > end) throw new Error(`${failing} within a minute`);
}

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

export interface Row {
  partition: number;
  offset: number;
  timestamp: number;
  key: string | null;
  value: string | null;
  headers: [string, string | null][];
  verdict: number;
}

export const rowsOf = (chunk: FetchedChunk): Row[] =>
  Array.from({ length: chunk.columns.count }, (_, i) => {
    const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());
    return {
      partition: chunk.partition,
      offset: chunk.columns.offset[i]!,
      timestamp: chunk.columns.timestamp[i]!,
      key: text(rowKey(chunk.columns, i)),
      value: text(rowValue(chunk.columns, i)),
      headers: decodeHeaders(rowHeaders(chunk.columns, i)).map(({ key, value }) => [key, text(value)]),
      verdict: chunk.verdict[i]!,
    };
  });

/** Everything from the low to the high offset of a topic at this moment, in partition and offset order. */
export async function readTopic(
  client: ClusterClient,
  topic: string,
  options: Partial<ReadOptions> & { from?: number } = {},
): Promise<{ rows: Row[]; chunks: FetchedChunk[] }> {
  const offsets = await client.offsetsFor([topic]);
  for (const { error } of offsets) if (error !== undefined) throw error;
  const partitions = offsets.map(({ partition, low, high }) => ({
    ...{ topic, partition },
    from: options.from ?? Number(low),
    to: Number(high),
  }));
  const chunks: FetchedChunk[] = [];
  for await (const chunk of readPartitions(client, { partitions, ...options })) chunks.push(chunk);
  const rows = chunks.flatMap(rowsOf);
  rows.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  return { rows, chunks };
}

/** The end of a transaction is confirmed before its marker is in the log: waits until all before `offset` is settled. */
export const untilStable = (kafka: KafkaHandle, topic: string, offset: bigint): Promise<void> =>
  withClient(connectionTo(kafka), (client) =>
    untilYes(
      `${topic} did not become stable up to ${offset}`,
      async () => (await client.offsetsFor([topic]))[0]!.lastStable === offset,
    ),
  );

/**
 * Has Kafka's own console producer write lines to a topic. By itself it waits a second and a half for an answer, four times,
 * and then says nothing about what it dropped.
 */
export const consoleWrite = (
  kafka: KafkaHandle,
  topic: string,
  lines: string | Uint8Array,
  ...options: string[]
): Promise<string> =>
  kafka.toolWithInput(
    'ConsoleProducer',
    lines,
    ...['--bootstrap-server', kafka.bootstrap, '--topic', topic, '--request-timeout-ms', '60000'],
    ...options,
  );

/** Opens a client, hands it to `use`, and closes it whatever happens. */
export async function withClient<T>(
  connection: KafkaConnection,
  use: (client: ClusterClient) => Promise<T>,
): Promise<T> {
  const client = await connectCluster(connection);
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

/**
 * How often in a row, ten times a second, the console consumer must have printed nothing more to be thought at the end.
 * Counted, not timed: where this process stood still, what was printed meanwhile lies unread.
 */
const QUIET = 60;

/**
 * What Kafka's own console consumer sees of a partition, without a group: partition, offset, timestamp, headers, key, value.
 * It is at the end with the last offset of the partition; where no record has that one (markers, open transactions, what
 * was compacted), when it printed nothing more for a while. The while begins with the first record: a busy machine may
 * take long to come to it.
 */
export async function consoleRead(
  kafka: KafkaHandle,
  topic: string,
  partition: number,
  options: {
    isolation?: 'read_committed' | 'read_uncommitted';
    /** Ends after so many. */
    records?: number;
  } = {},
): Promise<Omit<Row, 'verdict'>[]> {
  const shown = ['timestamp', 'partition', 'offset', 'headers', 'key'].flatMap((what) => [
    '--formatter-property',
    `print.${what}=true`,
  ]);
  const end = options.records === undefined ? await highOffset(kafka, topic, partition) : null;
  let length = 0;
  let quiet = 0;
  const isAtEnd = (text: string) => {
    quiet = text.length === length ? quiet + 1 : 0;
    length = text.length;
    const at = text.lastIndexOf('\u0001Offset:', text.lastIndexOf('\n'));
    const last = at < 0 ? -1 : Number.parseInt(text.slice(at + 8, at + 28), 10);
    return end !== null && (last + 1 >= end || (length > 0 && quiet > QUIET));
  };
  const printed = await kafka.toolUntil(
    isAtEnd,
    'org.apache.kafka.tools.consumer.ConsoleConsumer',
    ...['--bootstrap-server', kafka.bootstrap, '--topic', topic, '--partition', String(partition)],
    ...['--offset', 'earliest', '--timeout-ms', '60000'],
    ...(options.records === undefined ? [] : ['--max-messages', String(options.records)]),
    ...['--isolation-level', options.isolation ?? 'read_committed'],
    ...['--formatter-property', 'key.separator=\u0001', '--formatter-property', 'headers.separator=\u0002'],
    ...shown,
  );
  return printed
    .slice(0, printed.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith('CreateTime:') || line.startsWith('LogAppendTime:'))
    .map((line) => {
      const [time, place, offset, headers, key, value] = line.split('\u0001');
      const text = (part: string | undefined) => (part === 'null' || part === undefined ? null : part);
      return {
        partition: Number(place!.replace('Partition:', '')),
        offset: Number(offset!.replace('Offset:', '')),
        timestamp: Number(time!.split(':')[1]),
        key: text(key),
        value: text(value),
        headers:
          headers === 'NO_HEADERS'
            ? []
            : headers!.split('\u0002').map((pair): [string, string | null] => {
                const at = pair.indexOf(':');
                return [pair.slice(0, at), text(pair.slice(at + 1))];
              }),
      };
    });
}

/** The offset that the next record of a partition will get. */
async function highOffset(kafka: KafkaHandle, topic: string, partition: number): Promise<number> {
  const offsets = await asAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
  return Number(offsets.find((each) => each.partition === partition)!.high);
}

export const withoutVerdict = (rows: Row[]) => rows.map(({ verdict: _, ...row }) => row);
