// Measures Hindcast on a real broker of this machine, as ratios to anchors of the same run, rounds interleaved.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { connectCluster } from '../../src/engine/kafka/clusterClient.ts';
import { readPartitions } from '../../src/engine/kafka/fetchReader.ts';
import { kafkaAvailable, startKafka } from '../kafka/broker.ts';
import type { Captured } from './captureOnce.ts';
import { addZstdToKafkajs, createMany, fillTopic } from './load.ts';
import { type CodecTimes, type Listing, report, summary } from './report.ts';
import { kcat, naiveConsumer } from './rivals.ts';

const { values: flags } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    topics: { type: 'string', default: '5000' },
    'no-write': { type: 'boolean', default: false },
  },
});
const events = Number(flags.events);
const rounds = Number(flags.rounds);
const topicCount = Number(flags.topics);
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const quiet = () => {};
/** kafkajs' request queue asks for a negative delay: its own, harmless fault, and only that warning is silenced. */
process.removeAllListeners('warning');
process.on('warning', (warning) => warning.name !== 'TimeoutNegativeWarning' && console.error(warning));

const available = kafkaAvailable();
if (!available.ok) {
  say(`*** BENCHMARK SKIPPED: ${available.reason}. To run it: ${available.fix}`);
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'hindcast-bench-'));
const kafka = await startKafka({ heap: '1g' });
const connection = { brokers: kafka.bootstrap.split(','), clientId: 'hindcast-bench' };

/** Seconds to read a topic without storing it. */
async function readOnly(topic: string): Promise<number> {
  const cluster = await connectCluster(connection, { log: quiet });
  const found = await cluster.offsetsFor([topic]);
  const partitions = found.map(({ partition, low, high }) => ({
    topic,
    partition,
    from: Number(low),
    to: Number(high),
  }));
  const started = performance.now();
  let records = 0;
  for await (const chunk of readPartitions(cluster, { partitions })) records += chunk.columns.count;
  const seconds = (performance.now() - started) / 1000;
  cluster.close();
  if (records !== events) throw new Error(`read ${records} records of ${topic}, not ${events}`);
  return seconds;
}

async function capture(topic: string): Promise<Captured> {
  const script = join(import.meta.dirname, 'captureOnce.ts');
  const args = [script, kafka.bootstrap, topic, join(folder, `${topic}.hindcast`), String(events)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Captured;
}

async function measure(codec: 'none' | 'zstd'): Promise<{ times: CodecTimes; bytes: number }> {
  const topic = `bench-${codec}`;
  say(`Loading ${events.toLocaleString('en-US')} events into ${topic} …`);
  const bytes = await fillTopic(kafka.bootstrap, topic, codec, events);
  const times: CodecTimes = { codec, kcat: [], read: [], capture: [], naive: [] };
  for (let round = 1; round <= rounds; round += 1) {
    const anchor = await kcat(kafka.bootstrap, topic, events);
    if (anchor !== null) times.kcat.push(anchor);
    times.read.push(await readOnly(topic));
    times.capture.push(await capture(topic));
    times.naive.push(await naiveConsumer(kafka.bootstrap, topic, events, join(folder, 'naive.db')));
    say(`${topic}, round ${round} of ${rounds}: ${summary(times, events)}`);
  }
  return { times, bytes };
}

/** Seconds of each listing, with offsets and settings, connection included. */
async function listTopics(): Promise<Listing> {
  say(`Creating ${topicCount.toLocaleString('en-US')} topics …`);
  await createMany(kafka.bootstrap, topicCount);
  const seconds: number[] = [];
  for (let round = 0; round < Math.max(rounds, 3); round += 1) {
    const started = performance.now();
    const cluster = await connectCluster(connection, { log: quiet });
    const found = await cluster.listTopics({ internal: false, offsets: true, configs: true });
    cluster.close();
    seconds.push((performance.now() - started) / 1000);
    const unread = found.filter(
      ({ partitions, retentionMs }) => retentionMs === null || partitions.some(({ high }) => high === null),
    );
    if (found.length < topicCount) throw new Error(`only ${found.length} topics listed`);
    if (unread.length > 0) throw new Error(`${unread.length} topics without offsets or settings`);
  }
  return { topics: topicCount, seconds };
}

try {
  addZstdToKafkajs();
  const load = loadavg()[0]!;
  const plain = await measure('none');
  const zstd = await measure('zstd');
  const listing = topicCount > 0 ? await listTopics() : null;
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.versions.node}`;
  const text = report({
    ...{ version, machine, load, events, rounds, listing },
    bytesPerEvent: plain.bytes / events,
    codecs: [plain.times, zstd.times],
  });
  console.log(text);
  if (!flags['no-write']) writeFileSync(join(import.meta.dirname, '../../docs/benchmarks.md'), text);
} finally {
  await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
