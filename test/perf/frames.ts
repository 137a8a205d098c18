// The part of the benchmark about the frames of the page: a browser before the built app, in a process of its own.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { browserProblem } from '../e2e/app.ts';
import type { FrameFigures } from './frameFigures.ts';

const script = join(import.meta.dirname, '../e2e/framesOnce.ts');
const run = promisify(execFile);

/**
 * Null when nothing can be measured here.
 * @param events of the one stream that is looked at
 * @param say takes lines about how it goes
 */
export async function measureFrames(
  events: number,
  say: (text: string) => void,
): Promise<FrameFigures | null> {
  if (browserProblem !== null) {
    say(`*** FRAMES ARE NOT MEASURED: ${browserProblem} ***`);
    return null;
  }
  say(`Frames of a timeline of ${events.toLocaleString('en-US')} events …`);
  const { stdout } = await run(process.execPath, [script, JSON.stringify([events])], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as FrameFigures;
}
