// Follows a topic that is written to at a steady rate, as the window does, and measures: the time from the broker's
// append to the row at the page (the broker stamps the records, page and broker share the clock), and the memory of
// the whole engine. Prints the figures; fails when the 99th percentile is above what is promised.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import type { EventRow } from '../../src/contract/common.ts';
import type { Api } from '../../src/contract/contract.ts';
import { LIMITS } from '../../src/contract/limits.ts';
import { type AnyWebSocket, webSocketCarrier } from '../../src/rpc/carriers/webSocket.ts';
import { createClient } from '../../src/rpc/client.ts';
import { helloFrame } from '../../src/rpc/handshake.ts';
import { startApp } from '../e2e/app.ts';
import { createTopic } from '../integration/kafka/support.ts';
import { startKafka } from '../kafka/broker.ts';
import { MUST_P99_MS } from './live.ts';

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    rate: { type: 'string', default: '5000' },
    partitions: { type: 'string', default: '4' },
  },
});
const WARM_UP_MS = 15_000;
const SAMPLE_MS = 5_000;
/** Memory is that of a running engine after so many seconds, and a trend is one after so many milliseconds more. */
const SETTLED_S = 60;
const LEAST_TREND_MS = 120_000;
/** Rows before the last one seen that are asked again: a partition may bring an earlier moment later. */
const OVERLAP = 100;
/** Rows that the table asks for at the end of the list. */
const ON_SCREEN = 120;

const seconds = Number(flags.seconds);
const rate = Number(flags.rate);
const topic = 'followed';
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** A connection as the window has it. */
async function openPage(url: string): Promise<{ api: Api; close(): void }> {
  const { host, origin, hash } = new URL(url);
  const socket = new WebSocket(`ws://${host}/rpc`, { origin });
  socket.binaryType = 'arraybuffer';
  await once(socket, 'open');
  socket.send(helloFrame(new URLSearchParams(hash.slice(1)).get('token')!));
  await once(socket, 'message');
  return createClient(webSocketCarrier(socket as unknown as AnyWebSocket));
}

/** The process and all it has started. */
function family(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(family)];
}

const MIB = 2 ** 20;
const KIB = 2 ** 10;
/** USER_HZ of Linux. */
const TICKS_A_SECOND = 100;

/** Memory of the whole engine that is its own, not the system's cache of files, in MiB; and processor seconds. */
function usage(pid: number): { rss: number; cpu: number } {
  let rss = 0;
  let cpu = 0;
  for (const each of family(pid)) {
    rss += (Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${each}/status`, 'utf8'))![1]) * KIB) / MIB;
    const stat = readFileSync(`/proc/${each}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    cpu += (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  }
  return { rss, cpu };
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

interface Sample {
  /** Seconds since the start. */
  at: number;
  rss: number;
}

/** Mean memory of each minute, whole or begun, in MiB: garbage comes and goes within seconds. */
function eachMinute(samples: readonly Sample[]): number[] {
  const minutes = Map.groupBy(samples, ({ at }) => Math.floor(at / 60));
  return [...minutes.values()].map((found) =>
    Math.round(found.reduce((sum, { rss }) => sum + rss, 0) / found.length),
  );
}

/** What a moment adds on average, by the line that lies closest to the samples; null when they are too few. */
function growth(samples: readonly Sample[]): number | null {
  const settled = samples.filter(({ at }) => at >= SETTLED_S);
  if (settled.length * SAMPLE_MS < LEAST_TREND_MS) return null;
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const at = mean(settled.map((sample) => sample.at));
  const rss = mean(settled.map((sample) => sample.rss));
  const above = mean(settled.map((sample) => (sample.at - at) * (sample.rss - rss)));
  return above / mean(settled.map((sample) => (sample.at - at) ** 2));
}

const kafka = await startKafka({ heap: '1g', optimized: true });
const app = await startApp();
let status = 0;
try {
  const config = { 'message.timestamp.type': 'LogAppendTime' };
  await createTopic(kafka, topic, { partitions: Number(flags.partitions), config });
  const { api, close } = await openPage(app.url);
  await api.workspace.create({ name: 'followed' });
  const { id: connectionId } = await api.connections.save({
    connection: {
      id: null,
      name: 'local',
      brokers: kafka.bootstrap.split(','),
      environment: 'development',
      tls: null,
      sasl: null,
    },
    secrets: {},
  });
  const { jobId } = await api.capture.follow({ connectionId, topics: [topic], from: 'earliest' });

  const script = new URL('./steadyProducer.ts', import.meta.url).pathname;
  const producer = spawn(process.execPath, [script, kafka.bootstrap, topic, String(rate)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged = once(producer.stdout, 'data');
  const ended = new AbortController();
  const startedAt = Date.now();
  const isWarm = () => Date.now() - startedAt > WARM_UP_MS;

  const latencies: number[] = [];
  let recent = new Set<number>();
  let before = new Set<number>();
  const note = (rows: readonly EventRow[]): void => {
    const now = Date.now();
    for (const { id, recordedAt } of rows) {
      if (recent.has(id) || before.has(id)) continue;
      recent.add(id);
      if (isWarm()) latencies.push(now - recordedAt);
    }
    if (recent.size <= 10 * OVERLAP) return;
    before = recent;
    recent = new Set();
  };
  let newest = 0;
  const watching = (async () => {
    for await (const { total } of api.events.watch({ filter: {} }, { signal: ended.signal })) newest = total;
  })();
  const showing = (async () => {
    for (let seen = 0; !ended.signal.aborted; ) {
      const total = newest;
      if (total === seen) {
        await new Promise((done) => setTimeout(done, 1));
        continue;
      }
      // The page asks for the end. The rows that wait longest are those that came first since the last count.
      const ranges = [
        { from: Math.max(0, seen - OVERLAP), count: 2 * OVERLAP },
        { from: Math.max(0, total - ON_SCREEN), count: LIMITS.pageRows },
      ];
      for (const range of ranges) note((await api.events.query({ filter: {}, ...range })).rows);
      seen = total;
    }
  })();

  const samples: Sample[] = [];
  let cpuAtStart = 0;
  let cpuSince = 0;
  while (Date.now() - startedAt < seconds * 1000) {
    await new Promise((done) => setTimeout(done, SAMPLE_MS));
    const { rss, cpu } = usage(app.pid);
    if (!isWarm()) continue;
    if (samples.length === 0) [cpuAtStart, cpuSince] = [cpu, Date.now()];
    samples.push({ at: (Date.now() - startedAt) / 1000, rss });
    const now = latencies.slice(-5 * rate).sort((a, b) => a - b);
    say(
      `${Math.round(samples.at(-1)!.at)} s: ${(await api.jobs.list({}))[0]!.note} ${Math.round(rss)} MiB, p50 ${percentile(now, 0.5)} ms, p99 ${percentile(now, 0.99)} ms`,
    );
  }
  const cores = (usage(app.pid).cpu - cpuAtStart) / ((Date.now() - cpuSince) / 1000);
  producer.kill('SIGTERM');
  const sent = Number(String((await acknowledged)[0]));
  let captured = 0;
  for (let tries = 0; captured < sent && tries < 100; tries += 1) {
    await new Promise((done) => setTimeout(done, 100));
    captured = (await api.events.query({ filter: {}, from: 0, count: 1 })).total;
  }
  ended.abort();
  await Promise.all([watching, showing]);
  await api.jobs.cancel({ id: jobId });
  close();

  latencies.sort((a, b) => a - b);
  const trend = growth(samples);
  const p99 = percentile(latencies, 0.99);
  const figures = {
    rate,
    seconds,
    sent,
    captured,
    rowsMeasured: latencies.length,
    latencyMs: { p50: percentile(latencies, 0.5), p99, worst: latencies.at(-1) },
    engineMiB: {
      first: Math.round(samples[0]!.rss),
      last: Math.round(samples.at(-1)!.rss),
      peak: Math.round(Math.max(...samples.map(({ rss }) => rss))),
      eachMinute: eachMinute(samples),
      bytesAnEvent: trend === null ? null : Number(((trend * MIB) / rate).toFixed(1)),
    },
    engineCores: Number(cores.toFixed(2)),
  };
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  if (captured !== sent || p99 > MUST_P99_MS) {
    say(`Promised: every record, and a 99th percentile of ${MUST_P99_MS} ms at most.`);
    status = 1;
  }
} finally {
  await app.close();
  await kafka.stop();
}
process.exit(status);
