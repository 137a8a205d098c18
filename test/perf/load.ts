// Fills topics for the benchmark: events of about 450 bytes over four partitions, in the batches of a Java producer.
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { type ClusterClient, connectCluster } from '../../src/engine/kafka/clusterClient.ts';
import { faultOfCode } from '../../src/engine/kafka/faults.ts';
import type { Api } from '../../src/engine/kafka/requests.ts';
import { WireReader, WireWriter } from '../../src/engine/kafka/wire.ts';
import { generateBenchmark } from '../fixtures/demo/benchmark.ts';
import { BatchBuilder, type Codec } from './batchBuilder.ts';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

/** Bytes of records after which a batch is sent: `batch.size` as Java producers are set for throughput. */
export const BATCH_BYTES = 100_000;
export const PARTITIONS = 4;
/** Events a batch of accounts has, so that each has a history. */
const EVENTS_PER_AGGREGATE = 20;
/** Requests under way; the next batches are encoded meanwhile. */
const IN_FLIGHT = 4;

export const client = (bootstrap: string) =>
  new Kafka({ clientId: 'hindcast-bench', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING });

/** kafkajs brings only gzip; the naive consumer needs zstd. */
export function addZstdToKafkajs(): void {
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async (encoder: { buffer: Buffer }) => zstdCompressSync(encoder.buffer),
    decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
  });
}

interface Load {
  topic: string;
  batches: { partition: number; records: Buffer }[];
}

/** Produce with one batch for each of several partitions, acknowledged by the leader. */
const PRODUCE_MANY: Api<Load, { partition: number; errorCode: number }[]> = {
  key: 0,
  name: 'Produce',
  versions: [8, 7, 6, 5, 4, 3],
  encode: ({ topic, batches }) => {
    const size = batches.reduce((sum, { records }) => sum + records.length + 64, 256);
    const out = new WireWriter(size).string(null).int16(1).int32(30_000);
    return out.array([topic], () => {
      out.string(topic).array(batches, ({ partition, records }) => out.int32(partition).bytes32(records));
    }).bytes;
  },
  decode: (response, version) => {
    const from = new WireReader(response);
    const [results] = from.array(() => {
      from.string();
      return from.array(() => {
        const result = { partition: from.int32(), errorCode: from.int16() };
        from.raw(16);
        if (version >= 5) from.raw(8);
        if (version >= 8) {
          from.array(() => {
            from.int32();
            from.string();
          });
          from.string();
        }
        return result;
      });
    });
    return results ?? [];
  },
};

async function createTopic(bootstrap: string, topic: string): Promise<void> {
  const admin = client(bootstrap).admin();
  await admin.connect();
  await admin.createTopics({
    topics: [{ topic, numPartitions: PARTITIONS, configEntries: [{ name: 'retention.ms', value: '-1' }] }],
  });
  await admin.disconnect();
}

export interface Filled {
  /** Of keys, values and headers. */
  bytes: number;
  /** Records of a batch, in the mean. */
  batchRecords: number;
  seconds: number;
}

/** Creates a topic and fills it. */
export async function fillTopic(
  bootstrap: string,
  topic: string,
  codec: Codec,
  events: number,
): Promise<Filled> {
  const started = performance.now();
  await createTopic(bootstrap, topic);
  const cluster = await connectCluster({ brokers: bootstrap.split(','), clientId: 'hindcast-bench' });
  try {
    const found = await load(cluster, topic, codec, events);
    return { ...found, seconds: (performance.now() - started) / 1000 };
  } finally {
    cluster.close();
  }
}

async function load(
  cluster: ClusterClient,
  topic: string,
  codec: Codec,
  events: number,
): Promise<{ bytes: number; batchRecords: number }> {
  const leader = await cluster.leaderOf({ topic, partition: 0 }, true);
  const aggregates = Math.max(1000, Math.round(events / EVENTS_PER_AGGREGATE));
  const builders = Array.from({ length: PARTITIONS }, () => new BatchBuilder());
  const waiting: (Buffer | null)[] = builders.map(() => null);
  let bytes = 0;
  let batches = 0;
  const underWay: Promise<void>[] = [];
  const send = async (): Promise<void> => {
    const ready = waiting.flatMap((records, partition) => (records === null ? [] : [{ partition, records }]));
    waiting.fill(null);
    if (ready.length === 0) return;
    batches += ready.length;
    underWay.push(
      cluster.request(leader, PRODUCE_MANY, { topic, batches: ready }).then((results) => {
        for (const { partition, errorCode } of results)
          if (errorCode !== 0) throw faultOfCode(errorCode, `${topic}/${partition}`);
      }),
    );
    // One request first: concurrent first requests would each open a socket.
    if (underWay.length >= IN_FLIGHT || batches <= PARTITIONS) await underWay.shift();
  };
  const close = async (partition: number): Promise<void> => {
    if (waiting[partition] !== null) await send();
    waiting[partition] = builders[partition]!.finish(codec);
  };
  const options = { events, aggregates, lean: true, partitions: PARTITIONS };
  for (const record of generateBenchmark(options).records) {
    bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
    for (const [name, value] of record.headers) bytes += name.length + (value?.length ?? 0);
    const builder = builders[record.partition]!;
    builder.add(record);
    if (builder.size >= BATCH_BYTES) await close(record.partition);
  }
  for (const [partition, { count }] of builders.entries()) if (count > 0) await close(partition);
  await send();
  await Promise.all(underWay);
  return { bytes, batchRecords: Math.round(events / batches) };
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
