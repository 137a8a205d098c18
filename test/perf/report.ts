// The benchmark's figures as a page of text: what was asked for, what was measured, and whether it was reached.
import type { Captured } from './captureOnce.ts';
import type { Measured } from './machine.ts';
import type { ReadResult } from './readOnce.ts';
import type { FirstWalk, Searches } from './searchOnce.ts';

/** Seconds and more of each round; lists are empty where the part was not run or the tool is not here. */
export interface CodecFigures {
  codec: 'none' | 'zstd';
  kcat: number[];
  read: ReadResult[];
  capture: Measured<Captured>[];
  naive: number[];
  bare: number[];
}

export interface LargeFigures {
  events: number;
  eventBytes: number;
  capture: Measured<Captured>;
  search: Measured<Searches>;
  searches: number;
}

export interface Figures {
  version: string;
  machine: string;
  /** Load averages of the machine before and after the run: what else it was doing. */
  load: [number, number];
  events: number;
  rounds: number;
  eventBytes: number;
  batchRecords: number;
  batchBytes: number;
  codecs: CodecFigures[];
  large: LargeFigures | null;
  listing: { topics: number; seconds: number[] } | null;
}

interface Goal {
  must: number;
  aim: number | null;
  /** Whether more is better. */
  up: boolean;
  unit: string;
}

const quantile = (list: readonly number[], part: number): number =>
  list.toSorted((a, b) => a - b)[Math.min(Math.floor(list.length * part), list.length - 1)]!;
export const median = (list: readonly number[]): number => quantile(list, 0.5);
const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const MIB = 2 ** 20;
const CODEC_TEXT = { none: 'plain', zstd: 'zstd' };

function shown(value: number, unit: string): string {
  if (unit === '') return value.toFixed(2);
  if (unit === ' ×') return `${value.toFixed(1)} ×`;
  return value < 10 ? `${value.toFixed(1)}${unit}` : `${count(value)}${unit}`;
}

/** One row of the table of goals. `values`: of each round; the median counts. */
function goalRow(work: string, anchor: string, values: readonly number[], goal: Goal): string[] {
  if (values.length === 0) return [];
  const { must, aim, up, unit } = goal;
  const value = median(values);
  const isReached = (limit: number): boolean => (up ? value >= limit : value <= limit);
  const sign = up ? '≥' : '≤';
  const verdict = !isReached(must)
    ? '**missed**'
    : aim !== null && isReached(aim)
      ? 'aim reached'
      : 'reached';
  const range =
    values.length === 1 ? '–' : `${shown(Math.min(...values), unit)} – ${shown(Math.max(...values), unit)}`;
  const aimed = aim === null ? '' : `${sign} ${shown(aim, unit)}`;
  return [
    `| ${work} | ${anchor} | **${shown(value, unit)}** | ${range} | ${sign} ${shown(must, unit)} | ${aimed} | ${verdict} |`,
  ];
}

/** How often as fast as the anchor, round by round. */
const timesOf = (anchor: readonly number[], own: readonly number[]): number[] =>
  anchor.slice(0, own.length).map((seconds, round) => seconds / own[round]!);

function goals({ codecs, large, eventBytes, events }: Figures): string[] {
  const rows: string[] = [];
  for (const { codec, kcat, read } of codecs)
    rows.push(
      ...goalRow(
        `read + CRC + decode, nothing stored; ${CODEC_TEXT[codec]}`,
        'kcat',
        timesOf(
          kcat,
          read.map(({ seconds }) => seconds),
        ),
        codec === 'none'
          ? { must: 0.8, aim: 1.2, up: true, unit: '' }
          : { must: 1, aim: 1.3, up: true, unit: '' },
      ),
    );
  const zstd = codecs.find(({ codec }) => codec === 'zstd');
  if (zstd !== undefined && zstd.capture.length > 0) {
    const results = zstd.capture.map(({ result }) => result);
    const own = results.map(({ seconds }) => seconds);
    const work = 'capture, envelope and look-ups included; zstd';
    const ratio = { up: true, unit: '' };
    rows.push(
      ...goalRow(work, 'kcat', timesOf(zstd.kcat, own), { must: 0.25, aim: 0.4, ...ratio }),
      ...goalRow('the same', 'naive consumer', timesOf(zstd.naive, own), {
        ...{ must: 2.5, aim: 4, up: true, unit: ' ×' },
      }),
      ...goalRow('the same', 'bare loop of inserts', timesOf(zstd.bare, own), {
        must: 0.65,
        aim: 0.85,
        ...ratio,
      }),
      ...goalRow(
        'second capture with nothing new',
        '–',
        results.map(({ againMs }) => againMs),
        { must: 300, aim: null, up: false, unit: ' ms' },
      ),
      ...goalRow(
        'file size',
        'bytes of key, value and headers',
        results.map(({ fileBytes }) => fileBytes / events / eventBytes),
        { must: 1.5, aim: 1.2, up: false, unit: '' },
      ),
      ...goalRow(
        'recording',
        'the same bytes raw',
        results.flatMap(({ recordingBytes }) =>
          recordingBytes === null ? [] : [recordingBytes / events / eventBytes],
        ),
        { must: 0.5, aim: 0.35, up: false, unit: '' },
      ),
    );
  }
  if (large !== null) rows.push(...largeGoals(large));
  return rows;
}

const memoryText = ({ peakBytes, result: { memory } }: Measured<Searches>): string =>
  memory === null
    ? `${count(peakBytes / MIB)} MB`
    : `${count(peakBytes / MIB)} MB at most, at their end ${count(memory.own / MIB)} MB of its own and ${count(memory.mapped / MIB)} MB of mapped files, which are the system’s`;

const walkText = ({ firstHits, allHits, slowestPage }: FirstWalk): string =>
  `- All events of one type, the first question that needs all its rows: first hits after ${count(firstHits)} ms, all after ${(allHits / 1000).toFixed(1)} s; pages of others that are turned meanwhile take ${count(slowestPage)} ms at most.`;

function largeGoals({ events, capture, search }: LargeFigures): string[] {
  const { firstMillion, lastMillion } = capture.result;
  const million = `${count(events / 1e6)} M events`;
  const rows: string[] = [];
  if (firstMillion !== null && lastMillion !== null)
    rows.push(
      ...goalRow(`${million}: rate of the last million`, 'of the first', [firstMillion / lastMillion], {
        ...{ must: 0.75, aim: 0.9, up: true, unit: '' },
      }),
    );
  if (capture.peakBytes > 0)
    rows.push(
      ...goalRow(`${million}: peak memory`, '–', [capture.peakBytes / MIB], {
        ...{ must: 700, aim: 400, up: false, unit: ' MB' },
      }),
    );
  for (const { by, p99 } of search.result.times)
    rows.push(
      ...goalRow(`search in ${million} by ${by}: p99 of the first page`, '–', [p99], {
        ...{ must: 10, aim: 3, up: false, unit: ' ms' },
      }),
    );
  return rows;
}

function rateRows({ codec, kcat, read, capture, naive, bare }: CodecFigures, events: number): string[] {
  const row = (work: string, seconds: readonly number[]): string[] => {
    if (seconds.length === 0) return [];
    const rate = (time: number) => count(events / time / 1000);
    const range = `${rate(Math.max(...seconds))} – ${rate(Math.min(...seconds))}`;
    return [`| ${CODEC_TEXT[codec]} | ${work} | **${rate(median(seconds))}** | ${range} |`];
  };
  const results = capture.map(({ result }) => result);
  const cpu = read.length === 0 ? '' : `; ${cpuText(read, events)}`;
  const hasEnd = results.some(({ indexSeconds }) => indexSeconds > 0.05);
  return [
    ...row('kcat to /dev/null', kcat),
    ...row(
      `read, CRC, decode; nothing stored${cpu}`,
      read.map(({ seconds }) => seconds),
    ),
    ...row(
      'capture into the workspace',
      results.map(({ seconds }) => seconds),
    ),
    ...(hasEnd
      ? row(
          'the same without what follows the last record (indexes)',
          results.map(({ seconds, indexSeconds }) => seconds - indexSeconds),
        )
      : []),
    ...row('bare loop inserting the same rows, decoded before, no indexes', bare),
    ...row('naive kafkajs consumer → JSON.parse → SQLite, the same columns and look-ups', naive),
  ];
}

const cpuText = (read: readonly ReadResult[], events: number): string =>
  `${((median(read.map(({ cpuSeconds }) => cpuSeconds)) / events) * 1e6).toFixed(2)} µs of processor an event`;

function notes(figures: Figures): string[] {
  const { codecs, large, listing, events, eventBytes } = figures;
  const captures = codecs.flatMap(({ capture }) => capture);
  const lines: string[] = [];
  if (captures.length > 0) {
    const peak = Math.max(...captures.map(({ peakBytes }) => peakBytes)) / MIB;
    const sizes = codecs.flatMap(({ codec, capture }) =>
      capture.length === 0
        ? []
        : [`${count(median(capture.map(({ result }) => result.fileBytes)) / events)} (${CODEC_TEXT[codec]})`],
    );
    lines.push(
      '- Each read and each capture runs in a process of its own, cold; connecting is counted, starting Node is not.',
      `- Peak memory of a capture of ${count(events)} events, all threads: ${peak === 0 ? 'not known here' : `**${count(peak)} MB**`} (the most of all rounds).`,
      `- Workspace file, bytes an event: ${sizes.join(', ')}.`,
    );
  }
  if (large !== null) {
    const { capture, search, searches } = large;
    const { seconds, fileBytes, firstMillion, lastMillion } = capture.result;
    const rate = (time: number | null) => (time === null ? '–' : `${count(1e6 / time / 1000)} k/s`);
    lines.push(
      `- ${count(large.events)} events: ${count(large.events / seconds / 1000)} k/s in all, first million ${rate(firstMillion)}, last ${rate(lastMillion)}; file ${count(fileBytes / large.events)} bytes an event, ${(fileBytes / large.events / large.eventBytes).toFixed(2)} of its key, value and headers.`,
      `- Searches in it, ${count(searches)} each by values that are there, p50 / p99 of the first page of up to 60 rows: ${search.result.times.map(({ by, p50, p99 }) => `${by} ${p50.toFixed(1)} / ${p99.toFixed(1)} ms`).join(', ')}. The first page of the whole log after opening: ${count(search.result.openMs)} ms; memory of the searching process ${memoryText(search)}. No search finds a block of its records open from before; the file itself lies in the memory of the system, and code is warm.`,
      walkText(search.result.walk),
    );
  }
  if (listing !== null)
    lines.push(
      `- Listing ${count(listing.topics)} topics with offsets and settings, connection included: **${median(listing.seconds).toFixed(2)} s** (slowest ${Math.max(...listing.seconds).toFixed(2)} s).`,
    );
  if (eventBytes > 0)
    lines.push(
      `- Events of ${count(eventBytes)} bytes: JSON of about 374 bytes with two UUIDs, an exact amount and an integer above 2^53, a key of 11 bytes, two headers.`,
    );
  return lines;
}

/** One line on how it goes. */
export function summary({ kcat, read, capture, naive, bare }: CodecFigures, events: number): string {
  const rate = (name: string, seconds: number | undefined) =>
    seconds === undefined ? [] : [`${name} ${count(events / seconds / 1000)} k/s`];
  return [
    ...rate('kcat', kcat.at(-1)),
    ...rate('read', read.at(-1)?.seconds),
    ...rate('capture', capture.at(-1)?.result.seconds),
    ...rate('bare', bare.at(-1)),
    ...rate('naive', naive.at(-1)),
  ].join(', ');
}

/** docs/benchmarks.md, but for the section about following. */
export function report(figures: Figures): string {
  const { version, machine, load, events, rounds, batchRecords, batchBytes, codecs } = figures;
  const loaded = `${count(events)} events over 4 partitions, in batches of ${count(batchRecords)} records (a Java producer with \`batch.size=${batchBytes}\`, as is
advised for throughput); ${rounds} interleaved ${rounds === 1 ? 'round' : 'rounds'}.`;
  const goalTable = goals(figures);
  const rates = codecs.flatMap((each) => rateRows(each, events));
  const parts = [
    `# Benchmarks

Written by \`npm run bench\` (Hindcast ${version}); do not edit. Every ratio is to an anchor of the same round, with a real Apache
Kafka on the same machine and the same cores; ratios move by about 15 % between runs, rates by more.

${machine}; load average ${load[0].toFixed(1)} before the run, ${load[1].toFixed(1)} after it.
${batchRecords === 0 ? '' : loaded}`.trimEnd(),
  ];
  if (goalTable.length > 0)
    parts.push(`| work | against | median | slowest – fastest round | must | aim | |
|---|---|---|---|---|---|---|
${goalTable.join('\n')}`);
  if (rates.length > 0)
    parts.push(`| codec | work | median, k events/s | slowest – fastest round |
|---|---|---|---|
${rates.join('\n')}`);
  parts.push(notes(figures).join('\n'));
  return `${parts.join('\n\n')}\n`;
}
