// Measures Hindcast on a real broker of this machine, as ratios to anchors of the same run, rounds interleaved.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connectCluster } from '../../src/engine/kafka/clusterClient.ts';
import { readPartitions } from '../../src/engine/kafka/fetchReader.ts';
import { openWorkspace } from '../../src/engine/store/workspace.ts';
import { kafkaAvailable, startKafka } from '../kafka/broker.ts';
import { addZstdToKafkajs, client, fillTopic } from './load.ts';
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

const median = (list: number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1]!;
const folder = mkdtempSync(join(tmpdir(), 'hindcast-bench-'));
const kafka = await startKafka({ heap: '1g' });
const connection = { brokers: kafka.bootstrap.split(','), clientId: 'hindcast-bench' };

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
  await cluster.close();
  if (records !== events) throw new Error(`read ${records} records of ${topic}, not ${events}`);
  return seconds;
}

let bytesPerEvent = 0;
async function capture(topic: string): Promise<{ seconds: number; again: number }> {
  const file = join(folder, `${topic}.hindcast`);
  const workspace = await openWorkspace(file, { mode: 'create', log: quiet });
  const request = { connection, topics: [topic], from: 'earliest' as const };
  const options = { signal: new AbortController().signal, onProgress: quiet };
  const started = performance.now();
  const outcome = await workspace.capture(request, options);
  const seconds = (performance.now() - started) / 1000;
  if (outcome.status !== 'complete' || outcome.stored !== events)
    throw new Error(`captured ${outcome.stored} of ${events}: ${outcome.status} ${outcome.problem}`);
  const startedAgain = performance.now();
  const second = await workspace.capture(request, options);
  const again = performance.now() - startedAgain;
  if (second.stored !== 0) throw new Error('the second capture stored records');
  await workspace.close();
  bytesPerEvent = statSync(file).size / events;
  for (const suffix of ['', '-wal', '-shm', '.lock']) rmSync(`${file}${suffix}`, { force: true });
  return { seconds, again };
}

async function listTopics(): Promise<number> {
  const admin = client(kafka.bootstrap).admin();
  await admin.connect();
  const names = Array.from({ length: topicCount }, (_, i) => `many-${String(i).padStart(5, '0')}`);
  for (let from = 0; from < names.length; from += 500)
    await admin.createTopics({
      topics: names.slice(from, from + 500).map((topic) => ({ topic, numPartitions: 1 })),
      timeout: 120_000,
    });
  await admin.disconnect();
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    const cluster = await connectCluster(connection, { log: quiet });
    const found = await cluster.listTopics({ internal: false, offsets: true, configs: true });
    await cluster.close();
    times.push((performance.now() - started) / 1000);
    if (found.length < topicCount) throw new Error(`only ${found.length} topics listed`);
  }
  return median(times);
}

interface Row {
  work: string;
  seconds: number | null;
}

try {
  addZstdToKafkajs();
  const table: string[] = [];
  let wireBytes = 0;
  for (const codec of ['none', 'zstd'] as const) {
    const topic = `bench-${codec}`;
    say(`Loading ${events.toLocaleString('en-US')} events into ${topic} …`);
    wireBytes = await fillTopic(kafka.bootstrap, topic, codec, events);
    const times: Record<'kcat' | 'naive' | 'read' | 'capture' | 'again', number[]> = {
      kcat: [],
      naive: [],
      read: [],
      capture: [],
      again: [],
    };
    for (let round = 1; round <= rounds; round += 1) {
      say(`${topic}: round ${round} of ${rounds}`);
      const anchor = await kcat(kafka.bootstrap, topic, events);
      if (anchor !== null) times.kcat.push(anchor);
      times.read.push(await readOnly(topic));
      const captured = await capture(topic);
      times.capture.push(captured.seconds);
      times.again.push(captured.again);
      times.naive.push(await naiveConsumer(kafka.bootstrap, topic, events, join(folder, 'naive.db')));
    }
    const k = times.kcat.length > 0 ? median(times.kcat) : null;
    const n = median(times.naive);
    const rows: Row[] = [
      { work: 'kcat to /dev/null', seconds: k },
      { work: 'read, CRC, decode; nothing stored', seconds: median(times.read) },
      { work: 'capture into the workspace, indexes included', seconds: median(times.capture) },
      { work: 'naive kafkajs consumer → JSON.parse → SQLite', seconds: n },
    ];
    for (const { work, seconds } of rows) {
      const rate =
        seconds === null ? 'not here' : `${Math.round(events / seconds / 1000).toLocaleString('en-US')} k/s`;
      const toKcat = k === null || seconds === null ? '–' : (k / seconds).toFixed(2);
      const toNaive = seconds === null ? '–' : `${(n / seconds).toFixed(1)} ×`;
      table.push(`| ${codec} | ${work} | ${rate} | ${toKcat} | ${toNaive} |`);
    }
    table.push(
      `| ${codec} | second capture with nothing new | ${Math.round(median(times.again))} ms | – | – |`,
    );
  }
  say(`Creating ${topicCount.toLocaleString('en-US')} topics …`);
  const listing = topicCount > 0 ? await listTopics() : null;
  const version = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')).version;
  const text = `# Benchmarks

Written by \`npm run bench\` (Hindcast ${version}); do not edit. Every ratio is against an anchor of the same run on the same machine, with a
real Apache Kafka on that machine too; ratios move by about 15 % between runs, rates by more.

${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.versions.node}. ${events.toLocaleString('en-US')} events of
${Math.round(wireBytes / events)} bytes (key, value, headers) over 4 partitions, median of ${rounds} interleaved ${rounds === 1 ? 'round' : 'rounds'}.

| codec | work | rate | to kcat | to naive |
|---|---|---|---|---|
${table.join('\n')}

Workspace file: ${Math.round(bytesPerEvent)} bytes an event, ${((bytesPerEvent * events) / wireBytes).toFixed(2)} of its key, value and headers.
${listing === null ? '' : `\nListing ${topicCount.toLocaleString('en-US')} topics with offsets and settings, connection included: ${listing.toFixed(2)} s.\n`}`;
  console.log(text);
  if (!flags['no-write']) writeFileSync(join(import.meta.dirname, '../../docs/benchmarks.md'), text);
} finally {
  await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
