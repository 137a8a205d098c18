// The part of the benchmark about the time-travel studio; each measurement runs in a process of its own.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ReplayFigures } from './replayOnce.ts';
import type { StudioFigures } from './studioOnce.ts';
import type { WhatIfFigures } from './whatIf.ts';

export interface StudioRun {
  /** By length of the stream, the shortest first. */
  streams: StudioFigures[];
  replay: ReplayFigures;
  whatIf: WhatIfFigures;
}

/** Blame is asked of a stream of so many events; jumps of the others. */
export const BLAMED_EVENTS = 10_000;
const STREAMS = [BLAMED_EVENTS, 100_000, 1_000_000];
const REPLAYED = { events: 200_000, aggregates: 10_000 };
const WHAT_IF = { events: 1_000_000, aggregates: 50_000 };

const run = promisify(execFile);

async function figuresOf<T>(script: string, ...args: (string | number)[]): Promise<T> {
  const path = new URL(script, import.meta.url).pathname;
  const { stdout } = await run(process.execPath, [path, ...args.map(String)], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as T;
}

/** @param say takes lines about how it goes */
export async function measureStudio(say: (text: string) => void): Promise<StudioRun> {
  const streams: StudioFigures[] = [];
  for (const events of STREAMS) {
    say(`One stream of ${events.toLocaleString('en-US')} events …`);
    streams.push(await figuresOf<StudioFigures>('studioOnce.ts', JSON.stringify([events])));
  }
  say('Replay …');
  const replay = await figuresOf<ReplayFigures>('replayOnce.ts', REPLAYED.events, REPLAYED.aggregates);
  say('What-if and invariants …');
  const whatIf = await figuresOf<WhatIfFigures>('whatIf.ts', WHAT_IF.events, WHAT_IF.aggregates);
  return { streams, replay, whatIf };
}
