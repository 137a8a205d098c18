// The live part of the benchmark: follow.ts in a process of its own, with a broker and an engine of its own.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Milliseconds from the broker's append to the row at the page, of 99 of 100 events. */
export const MUST_P99_MS = 300;

/** What follow.ts prints. */
export interface LiveFigures {
  rate: number;
  seconds: number;
  sent: number;
  captured: number;
  /** Milliseconds from the broker's append to the row at the page. */
  latencyMs: { p50: number; p99: number; worst: number };
  engineMiB: {
    first: number;
    last: number;
    peak: number;
    /** Mean of each minute. */
    eachMinute: number[];
    /** Growth over the run for each event that came; null: the run was too short to tell. */
    bytesAnEvent: number | null;
  };
}

/** @throws Error when the engine was not built, or not everything arrived */
export async function followSteadily(seconds: number, say: (text: string) => void): Promise<LiveFigures> {
  if (!existsSync(join(import.meta.dirname, '../../out/main/headless.js')))
    throw new Error('The live part follows through the built engine: run `npm run build` first.');
  say(`Following at a steady rate for ${seconds} s …`);
  const script = join(import.meta.dirname, 'follow.ts');
  const child = spawn(process.execPath, [script, '--seconds', String(seconds)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let told = '';
  child.stdout.on('data', (text) => {
    printed += text;
  });
  child.stderr.on('data', (text) => {
    told += text;
  });
  await new Promise((done) => child.on('close', done));
  // It also fails when its promise is missed; the report says so.
  if (!printed.trimStart().startsWith('{')) throw new Error(`follow.ts failed: ${told}`);
  const figures = JSON.parse(printed) as LiveFigures;
  if (figures.captured !== figures.sent)
    throw new Error(`${figures.captured} of ${figures.sent} followed records arrived`);
  return figures;
}
