// Measures Hindcast on a real broker of this machine, as ratios to anchors of the same run, rounds interleaved.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connectCluster } from '../../src/engine/kafka/clusterClient.ts';
import { kafkaAvailable, startKafka } from '../kafka/broker.ts';
import type { Captured, CaptureTask } from './captureOnce.ts';
import { measureFrames } from './frames.ts';
import { framesSection, framesSectionOf, withFramesSection } from './framesReport.ts';
import { followSteadily } from './live.ts';
import { liveSection, liveSectionOf, withLiveSection } from './liveReport.ts';
import { BATCH_BYTES, createMany, fillTopic } from './load.ts';
import { machineName, runScript } from './machine.ts';
import type { ReadResult } from './readOnce.ts';
import { type CodecFigures, type Figures, type LargeFigures, report, summary } from './report.ts';
import { kcat } from './rivals.ts';
import type { Searches } from './searchOnce.ts';
import { measureStudio } from './studio.ts';
import { studioSection, studioSectionOf, withStudioSection } from './studioReport.ts';

/**
 * read: against kcat. capture: against kcat, the naive consumer and the bare loop. large: one capture and searches in it.
 * live: following at a steady rate (follow.ts), through the built engine. topics: listing thousands. studio: time travel.
 * frames: the page in a browser.
 */
const PARTS = ['read', 'capture', 'large', 'live', 'topics', 'studio', 'frames'] as const;
type Part = (typeof PARTS)[number];

const { values: flags } = parseArgs({
  options: {
    events: { type: 'string', default: '2000000' },
    rounds: { type: 'string', default: '5' },
    large: { type: 'string', default: '10000000' },
    searches: { type: 'string', default: '300' },
    topics: { type: 'string', default: '5000' },
    'live-seconds': { type: 'string', default: '600' },
    'studio-events': { type: 'string', default: '1000000' },
    'frame-events': { type: 'string', default: '1000000' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
    'no-write': { type: 'boolean', default: false },
  },
});
const events = Number(flags.events);
const rounds = Number(flags.rounds);
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const chosen = new Set(flags.only === undefined ? PARTS : flags.only.split(','));
const unknown = [...chosen].filter((part) => !PARTS.includes(part as Part));
if (unknown.length > 0) {
  say(`There is no part ${unknown.join(', ')}; there are ${PARTS.join(', ')}.`);
  process.exit(2);
}
const has = (part: Part): boolean => chosen.has(part);

const available = kafkaAvailable();
if (!available.ok) {
  say(`*** BENCHMARK SKIPPED: ${available.reason}. To run it: ${available.fix}`);
  process.exit(0);
}
/** kafkajs' request queue asks for a negative delay: its own, harmless fault, and only that warning is silenced. */
process.removeAllListeners('warning');
process.on('warning', (warning) => warning.name !== 'TimeoutNegativeWarning' && console.error(warning));

const folder = mkdtempSync(join(tmpdir(), 'hindcast-bench-'));
const kafka = await startKafka({ heap: '1g', optimized: true });
const { bootstrap } = kafka;

const capture = (task: Omit<CaptureTask, 'bootstrap'>) =>
  runScript<Captured>('captureOnce.ts', [{ bootstrap, ...task }]);
const seconds = async (script: string, topic: string): Promise<number> => {
  const file = join(folder, 'rival.db');
  return (await runScript<{ seconds: number }>(script, [bootstrap, topic, events, file])).result.seconds;
};

interface Filling {
  eventBytes: number;
  batchRecords: number;
}

async function fill(topic: string, codec: 'none' | 'zstd', size: number): Promise<Filling> {
  say(`Loading ${size.toLocaleString('en-US')} events into ${topic} …`);
  const { bytes, batchRecords } = await fillTopic(bootstrap, topic, codec, size);
  return { eventBytes: bytes / size, batchRecords };
}

/** One round of everything, in another order each time: what runs first finds the machine in another state. */
async function round(number: number, topic: string, figures: CodecFigures): Promise<void> {
  const work: (() => Promise<void>)[] = [
    async () => {
      const anchor = await kcat(bootstrap, topic, events);
      if (anchor !== null) figures.kcat.push(anchor);
    },
  ];
  if (has('read'))
    work.push(async () => {
      const { result } = await runScript<ReadResult>('readOnce.ts', [bootstrap, topic, events]);
      figures.read.push(result);
    });
  if (has('capture'))
    work.push(
      async () => {
        const file = join(folder, `${topic}.hindcast`);
        figures.capture.push(await capture({ topic, file, expected: events, record: number === 1 }));
      },
      async () => void figures.naive.push(await seconds('naiveOnce.ts', topic)),
      async () => void figures.bare.push(await seconds('bareOnce.ts', topic)),
    );
  for (let i = 0; i < work.length; i++) await work[(i + number) % work.length]!();
  say(`${topic}, round ${number} of ${rounds}: ${summary(figures, events)}`);
}

async function measureLarge(): Promise<LargeFigures> {
  const size = Number(flags.large);
  const searches = Number(flags.searches);
  const { eventBytes } = await fill('bench-large', 'zstd', size);
  const file = join(folder, 'large.hindcast');
  say('Capturing them …');
  const captured = await capture({ topic: 'bench-large', file, expected: size, keep: true });
  say('Searching …');
  const search = await runScript<Searches>('searchOnce.ts', [file, searches]);
  return { events: size, eventBytes, capture: captured, search, searches };
}

/** Seconds of each listing, with offsets and settings, connection included. */
async function listTopics(): Promise<NonNullable<Figures['listing']>> {
  const wanted = Number(flags.topics);
  say(`Creating ${wanted.toLocaleString('en-US')} topics …`);
  await createMany(bootstrap, wanted);
  const connection = { brokers: bootstrap.split(','), clientId: 'hindcast-bench' };
  const taken: number[] = [];
  for (let number = 0; number < Math.max(rounds, 3); number += 1) {
    const started = performance.now();
    const cluster = await connectCluster(connection, { log: () => {} });
    const found = await cluster.listTopics({ internal: false, offsets: true, configs: true });
    cluster.close();
    taken.push((performance.now() - started) / 1000);
    const unread = found.filter(
      ({ partitions, retentionMs }) => retentionMs === null || partitions.some(({ high }) => high === null),
    );
    if (found.length < wanted) throw new Error(`only ${found.length} topics listed`);
    if (unread.length > 0) throw new Error(`${unread.length} topics without offsets or settings`);
  }
  return { topics: wanted, seconds: taken };
}

try {
  const loadBefore = loadavg()[0]!;
  const codecs = (['none', 'zstd'] as const).map(
    (codec): CodecFigures => ({ codec, kcat: [], read: [], capture: [], naive: [], bare: [] }),
  );
  let filling: Filling = { eventBytes: 0, batchRecords: 0 };
  if (has('read') || has('capture')) {
    for (const { codec } of codecs) filling = await fill(`bench-${codec}`, codec, events);
    for (let number = 1; number <= rounds; number += 1)
      for (const figures of codecs) await round(number, `bench-${figures.codec}`, figures);
  }
  const large = has('large') ? await measureLarge() : null;
  const file = join(import.meta.dirname, '../../docs/benchmarks.md');
  const before = readFileSync(file, 'utf8');
  let following = liveSectionOf(before);
  if (has('live')) {
    const loadThen = loadavg()[0]!;
    const live = await followSteadily(Number(flags['live-seconds']), say);
    following = liveSection(live, machineName(), [loadThen, loadavg()[0]!]);
  }
  let studio = studioSectionOf(before);
  if (has('studio')) {
    const loadThen = loadavg()[0]!;
    const run = await measureStudio(Number(flags['studio-events']), say);
    studio = studioSection(run, machineName(), [loadThen, loadavg()[0]!]);
  }
  let frames = framesSectionOf(before);
  if (has('frames')) {
    const loadThen = loadavg()[0]!;
    const figures = await measureFrames(Number(flags['frame-events']), say);
    if (figures !== null) frames = framesSection(figures, machineName(), [loadThen, loadavg()[0]!]);
  }
  const listing = has('topics') ? await listTopics() : null;
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  const text = report({
    ...{ version, machine: machineName(), load: [loadBefore, loadavg()[0]!], events, rounds },
    ...{ ...filling, batchBytes: BATCH_BYTES, codecs, large, listing },
  });
  // Sections of their own leave the rest of the page as it is.
  const own = { studio, frames, live: following };
  const isSection = [...chosen].every((part) => part in own);
  const page = withStudioSection(
    withFramesSection(withLiveSection(isSection ? before : text, following), frames),
    studio,
  );
  const told = (Object.keys(own) as (keyof typeof own)[]).filter(has).map((part) => own[part]);
  console.log(isSection ? told.join('\n\n') : page);
  const isWhole = PARTS.every(has);
  if (flags.write || (isWhole && !flags['no-write'])) writeFileSync(file, page);
  else if (!isWhole) say('Only a part was run: docs/benchmarks.md stays as it is (--write replaces it).');
} finally {
  await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
