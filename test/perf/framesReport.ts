// The section of docs/benchmarks.md about the frames of the page.
import type { FrameFigures, MoveFigures, Quantiles } from './frameFigures.ts';
import { sectionOf, withSection } from './sections.ts';

const TITLE = '## Frames of the page';
/** The screen turns 60 times a second: no frame can be shorter, and a longer one has missed a turn. */
const TURN_MS = 1000 / 60;
/** By so much the clocks of page and screen may differ. */
const JITTER_MS = 0.5;
/** More than what is promised: the whole work of 95 of 100 frames fits into a turn. */
const AIM_WORK_MS = 16;

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
  const isReached = interval.p95 <= TURN_MS + JITTER_MS;
  const cells = [
    WORDS[name],
    `**${interval.p95.toFixed(1)} ms**`,
    `${interval.p50.toFixed(1)} / ${interval.p99.toFixed(1)}`,
    `${(missed * 100).toFixed(1)} %`,
    `≤ ${TURN_MS.toFixed(1)} ± ${JITTER_MS} ms`,
    isReached ? 'reached' : '**missed**',
    each(work),
    work.p95 <= AIM_WORK_MS ? 'reached' : '**missed**',
    each(processor),
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
add to it. The screen turns every 16.7 ms, by the page’s clock give or take ${JITTER_MS}: a frame cannot be shorter, and a longer one has missed a turn; work may be longer, for
the browser hands a frame on before it begins the next. That it fits into ${AIM_WORK_MS} ms too is the aim. The answer is the frame that shows
the state of the place an input asked for, or a newer one.

| | from frame to frame, p95 | p50 / p99 | turns missed | must | | work, p50 / p95 / p99 | p95 ≤ ${AIM_WORK_MS} ms (aim) | processor, p50 / p95 / p99 | input to answer, p50 / p95 / p99 | events shown in frames |
|---|---|---|---|---|---|---|---|---|---|---|
${names.map((name) => row(name, moves[name])).join('\n')}

${parts.join('\n')}`;
}
