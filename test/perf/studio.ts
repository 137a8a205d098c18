// The part of the benchmark about the time-travel studio; each measurement runs in a process of its own.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { AsOfFigures } from './asOf.ts';
import type { CheckFigures } from './checkOnce.ts';
import { COMPILED } from './machine.ts';
import type { ReplayFigures } from './replayOnce.ts';
import type { StudioFigures } from './studioOnce.ts';
import type { WhatIfFigures } from './whatIf.ts';

export interface StudioRun {
  /** By length of the stream, the shortest first. */
  streams: StudioFigures[];
  replay: ReplayFigures;
  asOf: AsOfFigures;
  /** With late events in some aggregates. */
  asOfLate: AsOfFigures;
  whatIf: WhatIfFigures;
  check: CheckFigures;
}

/** Blame is asked of a stream of so many events; jumps of the others. */
export const BLAMED_EVENTS = 10_000;
const STREAMS = [BLAMED_EVENTS, 100_000];
const MOST_REPLAYED = 200_000;
/** Of so many aggregates one has events that were written long after they occurred. */
export const LATE_EVERY = 10;
/** The stories of the demo need so many events. */
const LEAST_CHECKED = 6_000;
/** Events of an aggregate, where there are many of them. */
const EVENTS_EACH = 20;

const run = promisify(execFile);

/** A million generated events stand in memory before they are captured. */
const ROOM = '--max-old-space-size=6000';

async function figuresOf<T>(script: string, ...args: (string | number)[]): Promise<T> {
  const path = new URL(script, import.meta.url).pathname;
  const asked = [ROOM, path, ...args.map(String)];
  // As the other parts do: the application's threads start from a bundle, too.
  const env = { ...process.env, NODE_COMPILE_CACHE: COMPILED };
  const { stdout } = await run(process.execPath, asked, { maxBuffer: 2 ** 26, env });
  return JSON.parse(stdout) as T;
}

/**
 * @param events of the longest stream, and of the workspace of many aggregates
 * @param say takes lines about how it goes
 */
export async function measureStudio(events: number, say: (text: string) => void): Promise<StudioRun> {
  const streams: StudioFigures[] = [];
  for (const length of [...STREAMS.filter((each) => each < events), events]) {
    say(`One stream of ${length.toLocaleString('en-US')} events …`);
    streams.push(await figuresOf<StudioFigures>('studioOnce.ts', JSON.stringify([length])));
  }
  const aggregates = Math.ceil(events / EVENTS_EACH);
  say('Replay, and all rows as of a moment …');
  const asOf = await figuresOf<AsOfFigures>('asOf.ts', JSON.stringify([events, aggregates]));
  const late = JSON.stringify([events, aggregates, LATE_EVERY]);
  const asOfLate = await figuresOf<AsOfFigures>('asOf.ts', late);
  say('A program in the sandbox …');
  const replayed = Math.min(events, MOST_REPLAYED);
  const replay = await figuresOf<ReplayFigures>('replayOnce.ts', replayed, Math.ceil(replayed / EVENTS_EACH));
  say('What-if and invariants …');
  const whatIf = await figuresOf<WhatIfFigures>('whatIf.ts', events, aggregates);
  say('The consistency check …');
  const check = await figuresOf<CheckFigures>('checkOnce.ts', Math.max(events, LEAST_CHECKED));
  return { streams, replay, asOf, asOfLate, whatIf, check };
}
