// What the tests on a real Kafka share: topics, writers that are not ours, and readers that are not ours.
import { Kafka, logLevel } from 'kafkajs';
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

export const connectionTo = (kafka: KafkaHandle): KafkaConnection => ({
  brokers: kafka.bootstrap.split(','),
  clientId: 'hindcast-test',
});

/** kafkajs' public client, as a second program that writes. */
export const writerTo = (kafka: KafkaHandle) =>
  new Kafka({ brokers: kafka.bootstrap.split(','), clientId: 'writer', logLevel: logLevel.NOTHING });

export async function createTopic(
  kafka: KafkaHandle,
  topic: string,
  options: { partitions?: number; replicas?: number; config?: Record<string, string | number> } = {},
): Promise<void> {
  const config = Object.entries(options.config ?? {}).flatMap(([key, value]) => [
    '--config',
    `${key}=${value}`,
  ]);
  await kafka.tool(
    'TopicCommand',
    ...['--bootstrap-server', kafka.bootstrap, '--create', '--topic', topic],
    ...[
      '--partitions',
      String(options.partitions ?? 1),
      '--replication-factor',
      String(options.replicas ?? 1),
    ],
    ...config,
  );
}

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

/** What Kafka's own console consumer sees of a partition, without a group: partition, offset, timestamp, headers, key, value. */
export async function consoleRead(
  kafka: KafkaHandle,
  topic: string,
  partition: number,
  options: {
    isolation?: 'read_committed' | 'read_uncommitted';
    /** Ends after so many; without it, when nothing came for a while. */
    records?: number;
    timeoutMs?: number;
  } = {},
): Promise<Omit<Row, 'verdict'>[]> {
  const shown = ['timestamp', 'partition', 'offset', 'headers', 'key'].flatMap((what) => [
    '--formatter-property',
    `print.${what}=true`,
  ]);
  const printed = await kafka.tool(
    'org.apache.kafka.tools.consumer.ConsoleConsumer',
    ...['--bootstrap-server', kafka.bootstrap, '--topic', topic, '--partition', String(partition)],
    ...[
      '--offset',
      'earliest',
      '--timeout-ms',
      String(options.timeoutMs ?? (options.records ? 60_000 : 3000)),
    ],
    ...(options.records === undefined ? [] : ['--max-messages', String(options.records)]),
    ...['--isolation-level', options.isolation ?? 'read_committed'],
    ...['--formatter-property', 'key.separator=\u0001', '--formatter-property', 'headers.separator=\u0002'],
    ...shown,
  );
  return printed
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

export const withoutVerdict = (rows: Row[]) => rows.map(({ verdict: _, ...row }) => row);
