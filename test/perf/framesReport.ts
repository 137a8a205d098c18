// The section of docs/benchmarks.md about the frames of the page.
import type { FrameFigures, MoveFigures, Quantiles } from './frameFigures.ts';
import { sectionOf, withSection } from './sections.ts';

const TITLE = '## Frames of the page';
/** What is promised of the work of a frame, of 95 of 100 frames. */
const MUST_MS = 16;

/** The section in the text of docs/benchmarks.md; empty when it has none. */
export const framesSectionOf = (text: string): string => sectionOf(text, TITLE);

/** The text with this section; an empty one is left out. */
export const withFramesSection = (text: string, section: string): string => withSection(text, TITLE, section);

const WORDS: Record<keyof FrameFigures['moves'], string> = {
  drag: 'the playhead dragged over the whole life',
  wheel: 'an event with every turn of the wheel (Alt), 60 a second',
  key: 'an event with every repeat of a held arrow key, 30 a second',
  play: 'playing at 100 ×',
  zoom: 'the strip zoomed in and out by the wheel',
};

const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const each = ({ p50, p95, p99 }: Quantiles): string => [p50, p95, p99].map((ms) => ms.toFixed(1)).join(' / ');

function row(name: keyof FrameFigures['moves'], move: MoveFigures): string {
  const { work, processor, interval, missed, latency, shown, frames } = move;
  const verdict = work.p95 <= MUST_MS ? 'reached' : '**missed**';
  const cells = [
    WORDS[name],
    `**${work.p95.toFixed(1)} ms**`,
    `${work.p50.toFixed(1)} / ${work.p99.toFixed(1)}`,
    `≤ ${MUST_MS} ms`,
    verdict,
    each(processor),
    each(interval),
    `${(missed * 100).toFixed(0)} %`,
    latency === null ? '' : each(latency),
    `${count(shown)} in ${count(frames)}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** @param load load averages of the machine before and after the run */
export function framesSection(
  { events, moves }: FrameFigures,
  machine: string,
  load: readonly [number, number],
): string {
  const names = Object.keys(WORDS) as (keyof typeof WORDS)[];
  const parts = names.map((name) => {
    const told = Object.entries(moves[name].parts).map(([part, ms]) => `${part} ${ms.toFixed(1)}`);
    return `- Mean of a frame, ms; ${WORDS[name]}: ${told.join(', ')}.`;
  });
  return `${TITLE}

Written by the frames part (\`npm run bench -- --only frames --write\`). ${machine}; load average ${load[0].toFixed(1)} before the run,
${load[1].toFixed(1)} after it. The timeline of one aggregate of ${count(events)} events at 1440 × 900 in headless Chromium: no graphics card, pages
are drawn by the same two cores that the engine, the browser and the measuring use. Keyframes are made before.

Work is all that the page’s main thread does from one frame to the next, by the browser’s own trace: script, style, layout, paint, the
messages of the engine, garbage; what it waits for a core counts. The trace holds neither pictures nor a processor profile, which would
add to it. The screen turns every 16.7 ms: an interval cannot be shorter, and a
longer one is a frame missed. The answer is the frame that shows the state of the place an input asked for, or a newer one.

| | work, p95 | p50 / p99 | must | | processor, p50 / p95 / p99 | interval | missed | input to answer | events shown in frames |
|---|---|---|---|---|---|---|---|---|---|
${names.map((name) => row(name, moves[name])).join('\n')}

${parts.join('\n')}`;
}
