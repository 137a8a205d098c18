// The benchmark's figures as a page of text.
import type { Captured } from './captureOnce.ts';

export interface CodecTimes {
  codec: 'none' | 'zstd';
  /** Seconds of each round; empty where kcat is not installed. */
  kcat: number[];
  read: number[];
  capture: Captured[];
  naive: number[];
}

export interface Listing {
  topics: number;
  /** Of each listing. */
  seconds: number[];
}

export interface Figures {
  version: string;
  machine: string;
  /** Load average of the machine before the run: what else it was doing. */
  load: number;
  events: number;
  rounds: number;
  bytesPerEvent: number;
  codecs: CodecTimes[];
  listing: Listing | null;
}

const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1]!;
const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const rate = (events: number, seconds: number): string => `${count(events / seconds / 1000)} k/s`;

/** One line on how it goes. */
export const summary = ({ kcat, read, capture, naive }: CodecTimes, events: number): string =>
  [
    kcat.length === 0 ? 'kcat not here' : `kcat ${rate(events, kcat.at(-1)!)}`,
    `read ${rate(events, read.at(-1)!)}`,
    `capture ${rate(events, capture.at(-1)!.seconds)} (${capture.at(-1)!.indexSeconds.toFixed(1)} s of indexes)`,
    `naive ${rate(events, naive.at(-1)!)}`,
  ].join(', ');

function rowsOf({ codec, ...times }: CodecTimes, events: number): string[] {
  const kcat = times.kcat.length === 0 ? null : median(times.kcat);
  const naive = median(times.naive);
  const row = (work: string, all: readonly number[]): string => {
    if (all.length === 0) return `| ${codec} | ${work} | not here | – | – | – |`;
    const seconds = median(all);
    const range = `${count(events / Math.max(...all) / 1000)} – ${count(events / Math.min(...all) / 1000)}`;
    const toKcat = kcat === null ? '–' : (kcat / seconds).toFixed(2);
    return `| ${codec} | ${work} | **${rate(events, seconds)}** | ${range} | ${toKcat} | ${(naive / seconds).toFixed(1)} × |`;
  };
  const captured = times.capture.map(({ seconds }) => seconds);
  const loaded = times.capture.map(({ seconds, indexSeconds }) => seconds - indexSeconds);
  return [
    row('kcat to /dev/null', times.kcat),
    row('read, CRC, decode; nothing stored', times.read),
    row('capture into the workspace, 5 indexes included', captured),
    row('the same without its indexes', loaded),
    row('naive kafkajs consumer → JSON.parse → SQLite, 2 indexes', times.naive),
  ];
}

/** docs/benchmarks.md. */
export function report(figures: Figures): string {
  const { version, machine, load, events, rounds, bytesPerEvent, codecs, listing } = figures;
  const captures = codecs.flatMap(({ capture }) => capture);
  const fileBytes = median(captures.map((each) => each.fileBytes)) / events;
  const peak = Math.max(...captures.map(({ peakBytes }) => peakBytes)) / 2 ** 20;
  const again = median(captures.map(({ againMs }) => againMs));
  const listed =
    listing === null
      ? ''
      : `- Listing ${count(listing.topics)} topics with offsets and settings, connection included: **${median(listing.seconds).toFixed(2)} s** (slowest ${Math.max(...listing.seconds).toFixed(2)} s).\n`;
  return `# Benchmarks

Written by \`npm run bench\` (Hindcast ${version}); do not edit. Every ratio is against an anchor of the same run, rounds interleaved, with a
real Apache Kafka on the same machine and the same cores; ratios move by about 15 % between runs, rates by more.

${machine}; load average before the run ${load.toFixed(1)}.
${count(events)} events of ${Math.round(bytesPerEvent)} bytes (key, value, headers) over 4 partitions, median of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}.

| codec | work | rate | slowest – fastest, k/s | to kcat | to naive |
|---|---|---|---|---|---|
${codecs.flatMap((times) => rowsOf(times, events)).join('\n')}

- Each capture runs in a process of its own, cold; connecting, the load and the indexes are counted.
- Peak memory of that process: **${count(peak)} MB** (the most of all rounds).
- Second capture with nothing new: ${count(again)} ms.
- Workspace file: ${Math.round(fileBytes)} bytes an event, ${(fileBytes / bytesPerEvent).toFixed(2)} of its key, value and headers.
${listed}`;
}
