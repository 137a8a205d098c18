// Reads a topic without storing it, in a cold process of its own: connect, fetch, CRC, decompress, decode.
import { connectCluster } from '../../src/engine/kafka/clusterClient.ts';
import { readPartitions } from '../../src/engine/kafka/fetchReader.ts';
import { scriptArguments, scriptResult } from './machine.ts';

export interface ReadResult {
  seconds: number;
  /** Processor seconds of it, all threads. */
  cpuSeconds: number;
}

const [bootstrap, topic, expected] = scriptArguments<[string, string, number]>();
const startedCpu = process.cpuUsage();
const started = performance.now();
const cluster = await connectCluster(
  { brokers: bootstrap.split(','), clientId: 'hindcast-bench' },
  { log: () => {} },
);
const found = await cluster.offsetsFor([topic]);
const partitions = found.map(({ partition, low, high }) => ({
  ...{ topic, partition },
  ...{ from: Number(low), to: Number(high) },
}));
let records = 0;
for await (const { columns, problems } of readPartitions(cluster, { partitions, lendBytes: true })) {
  if (problems.length > 0) throw new Error(`${topic}: ${problems[0]!.reason}`);
  records += columns.count;
}
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(startedCpu);
if (records !== expected) throw new Error(`read ${records} records of ${topic}, not ${expected}`);
scriptResult({ seconds, cpuSeconds: (user + system) / 1e6 } satisfies ReadResult);
