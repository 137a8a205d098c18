// The section of docs/benchmarks.md about following: a run of its own, so it stays when only other parts are measured again.
import { type LiveFigures, MUST_P99_MS } from './live.ts';

const TITLE = '## Following';

/** The section in the text of docs/benchmarks.md; empty when it has none. */
export const liveSectionOf = (text: string): string => {
  const at = text.indexOf(`${TITLE}\n`);
  return at < 0 ? '' : text.slice(at);
};

/** The text with this section as its last; an empty one is left out. */
export function withLiveSection(text: string, section: string): string {
  const others = text.slice(0, text.length - liveSectionOf(text).length).trimEnd();
  return section === '' ? `${others}\n` : `${others}\n\n${section}`;
}

const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** @param load load averages of the machine before and after the run */
export function liveSection(live: LiveFigures, machine: string, load: readonly [number, number]): string {
  const { rate, seconds, sent, captured, latencyMs, engineMiB } = live;
  const { p50, p99, worst } = latencyMs;
  const { eachMinute, bytesAnEvent } = engineMiB;
  const verdict = p99 <= MUST_P99_MS ? 'reached' : '**missed**';
  const growth =
    bytesAnEvent === null
      ? 'The run was too short to tell whether it grows.'
      : `By the line that lies closest to the samples it changed by ${bytesAnEvent.toFixed(0)} bytes for each event. The order of the log does not stand in memory ([0005](adr/0005-log-order-in-pages.md)); the garbage of the threads comes and goes.`;
  return `${TITLE}

Written by the live part (\`npm run bench -- --only live --write\`). ${machine}; load average ${load[0].toFixed(1)} before the run,
${load[1].toFixed(1)} after it. ${count(rate)} events/s for ${count(seconds)} s into the built engine, read as the page reads: ${count(captured)} of ${count(sent)} arrived.

| work | p50 | p99 | slowest | must | |
|---|---|---|---|---|---|
| from the broker’s append to the row at the page | ${count(p50)} ms | **${count(p99)} ms** | ${count(worst)} ms | p99 ≤ ${MUST_P99_MS} ms | ${verdict} |

Memory of the whole engine, without the system’s cache of files, mean of each minute in MiB: ${eachMinute.map(count).join(', ')}. ${growth}
`;
}
