// Fills topics for the benchmark: events of about 450 bytes over four partitions, plain and zstd.
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs, { type Message } from 'kafkajs';
import { connectCluster } from '../../src/engine/kafka/clusterClient.ts';
import { generateBenchmark } from '../fixtures/demo/benchmark.ts';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

/** Records of one produced batch: about 90 KB, between Java's default (16 KB) and a bulk loader's (1 MB). */
const BATCH_RECORDS = 200;
const PARTITIONS = 4;

export const client = (bootstrap: string) =>
  new Kafka({ clientId: 'hindcast-bench', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING });

/** kafkajs brings only gzip; both the loader and the naive consumer need zstd. */
export function addZstdToKafkajs(): void {
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async (encoder: { buffer: Buffer }) => zstdCompressSync(encoder.buffer),
    decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
  });
}

/** Creates a topic and fills it; returns the bytes of keys, values and headers. */
export async function fillTopic(
  bootstrap: string,
  topic: string,
  codec: 'none' | 'zstd',
  events: number,
): Promise<number> {
  const kafka = client(bootstrap);
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    topics: [{ topic, numPartitions: PARTITIONS, configEntries: [{ name: 'retention.ms', value: '-1' }] }],
  });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  const compression = codec === 'zstd' ? CompressionTypes.ZSTD : CompressionTypes.None;
  const aggregates = Math.max(1000, Math.round(events / 20));
  const waiting: Message[][] = Array.from({ length: PARTITIONS }, () => []);
  let bytes = 0;
  const send = async (): Promise<void> => {
    await producer.send({ topic, compression, messages: waiting.flat() });
    for (const messages of waiting) messages.length = 0;
  };
  for (const record of generateBenchmark({ events, aggregates, partitions: PARTITIONS }).records) {
    const headers = Object.fromEntries(
      record.headers.map(([name, value]) => [name, Buffer.from(value ?? [])]),
    );
    bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
    for (const [name, value] of record.headers) bytes += name.length + (value?.length ?? 0);
    waiting[record.partition]!.push({
      partition: record.partition,
      key: record.key && Buffer.from(record.key),
      value: record.value && Buffer.from(record.value),
      headers,
      timestamp: String(record.timestamp),
    });
    if (waiting[record.partition]!.length >= BATCH_RECORDS) await send();
  }
  await send();
  await producer.disconnect();
  return bytes;
}

/** Creates topics of one partition each, and waits until the broker has made them all: it answers before that. */
export async function createMany(bootstrap: string, count: number): Promise<void> {
  const admin = client(bootstrap).admin();
  await admin.connect();
  const names = Array.from({ length: count }, (_, i) => `many-${String(i).padStart(5, '0')}`);
  for (let from = 0; from < names.length; from += 500)
    await admin.createTopics({
      topics: names.slice(from, from + 500).map((topic) => ({ topic, numPartitions: 1 })),
      // kafkajs would ask at once for topics that the broker does not know yet, and fail.
      waitForLeaders: false,
      timeout: 120_000,
    });
  const cluster = await connectCluster({ brokers: bootstrap.split(','), clientId: 'hindcast-bench' });
  const deadline = performance.now() + 120_000;
  for (;;) {
    const found = await cluster.listTopics({ configs: false });
    const ready = found.filter(({ partitions }) => partitions.every(({ high }) => high !== null));
    if (ready.length >= count) break;
    if (performance.now() > deadline) throw new Error(`only ${ready.length} of ${count} topics are there`);
    await new Promise((done) => setTimeout(done, 500));
  }
  cluster.close();
  await admin.disconnect();
}
