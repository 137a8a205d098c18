// The section of docs/benchmarks.md about the time-travel studio: it stays when only other parts are measured again.
import { sectionOf, withSection } from './sections.ts';
import { BLAMED_EVENTS, LATE_EVERY, type StudioRun } from './studio.ts';
import type { StudioFigures } from './studioOnce.ts';
import type { WhatIfFigures } from './whatIf.ts';

const TITLE = '## The time-travel studio';
const FRAME_MS = 8;
const BLAME_MS = 5;

/** The section in the text of docs/benchmarks.md; empty when it has none. */
export const studioSectionOf = (text: string): string => sectionOf(text, TITLE);

/** The text with this section; an empty one is left out. */
export const withStudioSection = (text: string, section: string): string => withSection(text, TITLE, section);

const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : count(value)} ms`;
const best = (list: readonly number[]): number => Math.min(...list);

interface Limit {
  must: number;
  aim?: number;
  /** More is better. */
  up?: boolean;
  show: (value: number) => string;
}

function row(work: string, value: number, { must, aim, up = false, show }: Limit, note = ''): string {
  const reaches = (limit: number) => (up ? value >= limit : value <= limit);
  const sign = up ? '≥' : '≤';
  const verdict = !reaches(must)
    ? '**missed**'
    : aim !== undefined && reaches(aim)
      ? 'aim reached'
      : 'reached';
  const aimed = aim === undefined ? '' : `${sign} ${show(aim)}`;
  return `| ${work} | **${show(value)}** | ${note} | ${sign} ${show(must)} | ${aimed} | ${verdict} |`;
}

const gainOf = ({ foldMs, askMs }: StudioRun['asOf']['moments'][number]): number =>
  best(foldMs) / best(askMs);
const times = (value: number): string => value.toFixed(2);
const seconds = (value: number): string => `${value.toFixed(1)} s`;

function streamRows(figures: StudioFigures): string[] {
  const { events, jump, step, strip, open, reopen, blame } = figures;
  const name = `${count(events)} events`;
  if (events === BLAMED_EVENTS)
    return [
      row(
        `who set a field, with all its values; ${name}: p99`,
        blame.p99,
        { must: BLAME_MS, show: ms },
        `p50 ${ms(blame.p50)}`,
      ),
    ];
  const limit = { must: FRAME_MS, aim: FRAME_MS / 2, show: ms };
  return [
    row(`jump to any state; ${name}: p99`, jump.p99, limit, `p50 ${ms(jump.p50)}`),
    row(`step to the next state; ${name}: p99`, step.p99, limit, `p50 ${ms(step.p50)}`),
    row(`any range of the strip; ${name}: p99`, strip.p99, limit, `p50 ${ms(strip.p50)}`),
    row(
      `opening: list, strip, head; ${name}`,
      open,
      { must: 1000, show: ms },
      'nothing kept, fresh connection',
    ),
    row(`opening again with the newest state; ${name}`, reopen, { must: 1000, show: ms }, 'keyframes kept'),
  ];
}

/** @param by what the rows are keyed by; empty: the aggregate */
const whatIfRows = (
  runs: WhatIfFigures['byAggregate'],
  by: string,
  about: string,
  name: string,
): string[] => [
  row(`what-if${by}: first difference`, best(runs.first), { must: 1, show: seconds }, about),
  row(
    `what-if${by}: all differences`,
    best(runs.all),
    { must: 10, show: seconds },
    `${count(runs.differing)} ${name} differ`,
  ),
  row(
    `an invariant after every event${by}`,
    best(runs.invariants),
    { must: 5, show: seconds },
    `${count(runs.violations)} violations`,
  ),
];

/** @param load load averages of the machine before and after the run */
export function studioSection(
  { streams, replay, asOf, asOfLate, whatIf, check }: StudioRun,
  machine: string,
  load: readonly [number, number],
): string {
  const rows = [
    ...streams.flatMap(streamRows),
    row(
      'replay of a projection, against reading the same rows and JSON.parse in one thread',
      best(asOf.parse) / best(asOf.build),
      { must: 0.8, aim: 1, up: true, show: times },
      `${count(asOf.events / best(asOf.build))} events/s`,
    ),
    row(
      `all ${count(asOf.aggregates)} rows at a moment, against folding to it: least gain of ${asOf.moments.length} moments`,
      Math.min(...asOf.moments.map(gainOf)),
      { must: 100, up: true, show: (value) => `${count(value)} ×` },
      asOf.moments.every(({ isEqual }) => isEqual) ? 'every cell equal' : '**not equal**',
    ),
    row(
      `the same with late events in every ${LATE_EVERY}th aggregate`,
      Math.min(...asOfLate.moments.map(gainOf)),
      { must: 100, up: true, show: (value) => `${count(value)} ×` },
      `${asOfLate.moments.every(({ isEqual }) => isEqual) ? 'every cell equal' : '**not equal**'}; replay ${count(asOfLate.events / best(asOfLate.build))} events/s`,
    ),
    row(
      'the list of aggregates with columns of a projection, ordered by one, at a moment nobody asked for: the slowest',
      Math.max(...asOf.moments.map(({ listMs }) => best(listMs))),
      { must: 100, show: ms },
      `with late events ${ms(Math.max(...asOfLate.moments.map(({ listMs }) => best(listMs))))}`,
    ),
    row(
      'a reducer as a program, against the same function run natively',
      best(replay.native) / best(replay.script),
      { must: 0.01, up: true, show: (value) => value.toFixed(3) },
      `${count(replay.events / best(replay.script))} events/s; the table of one, ${count(whatIf.events)} events in ${count(whatIf.aggregates)} rows, is replayed at ${count(whatIf.events / best(whatIf.replay))} events/s`,
    ),
    ...whatIfRows(whatIf.byAggregate, '', `${count(whatIf.events)} events`, 'aggregates'),
    ...whatIfRows(whatIf.byCustomer, ' by a field of the payload', 'both logs folded anew', 'rows'),
    ...whatIfRows(whatIf.byProgram, ' of a program', 'another program, every event by both', 'aggregates'),
    row(
      '`hindcast check` of a whole workspace, from its start to its end, for a million events',
      (best(check.seconds) / check.events) * 1e6,
      { must: 5, show: seconds },
      `${count(check.events)} events as those of the demo, ${count(check.findings)} findings`,
    ),
  ];
  const notes = streams.map(
    ({ events, parse, make, fold, keptBytes }) =>
      `- ${count(events)} events of one stream: JSON.parse of all values ${ms(parse)}; the newest state from the first event, without keyframes, ${ms(fold)} (${(fold / parse).toFixed(1)} ×), the same hash; one pass that makes keyframes, changes and faults ${ms(make)} (${(make / parse).toFixed(1)} ×), ${count(keptBytes)} bytes an event kept.`,
  );
  return `${TITLE}

Written by the studio part (\`npm run bench -- --only studio --write\`). ${machine}; load average ${load[0].toFixed(1)} before the run,
${load[1].toFixed(1)} after it. In the engine, without the way to the page.

| work | measured | | must | aim | |
|---|---|---|---|---|---|
${rows.join('\n')}

${notes.join('\n')}`;
}
