// One capture in a process of its own, so that its peak memory is its own: prints what it took as JSON.
import { rmSync, statSync } from 'node:fs';
import { openWorkspace } from '../../src/engine/store/workspace.ts';

export interface Captured {
  seconds: number;
  /** Of them, building indexes after the load. */
  indexSeconds: number;
  /** Milliseconds of a second capture with nothing new. */
  againMs: number;
  fileBytes: number;
  peakBytes: number;
}

const [bootstrap, topic, file, expected] = process.argv.slice(2) as [string, string, string, string];
const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
const request = {
  connection: { brokers: bootstrap.split(','), clientId: 'hindcast-bench' },
  topics: [topic],
  from: 'earliest' as const,
};
const options = { signal: new AbortController().signal, onProgress: () => {} };
const started = performance.now();
const outcome = await workspace.capture(request, options);
const seconds = (performance.now() - started) / 1000;
if (outcome.status !== 'complete' || outcome.stored !== Number(expected))
  throw new Error(`captured ${outcome.stored} of ${expected}: ${outcome.status} ${outcome.problem}`);
const startedAgain = performance.now();
const second = await workspace.capture(request, options);
const againMs = performance.now() - startedAgain;
if (second.stored !== 0) throw new Error(`the second capture stored ${second.stored} records`);
await workspace.close();
const fileBytes = statSync(file).size;
for (const suffix of ['', '-wal', '-shm', '-lock']) rmSync(`${file}${suffix}`, { force: true });
const KIB = 1024;
const peakBytes = process.resourceUsage().maxRSS * KIB;
const result: Captured = { seconds, indexSeconds: outcome.indexMs / 1000, againMs, fileBytes, peakBytes };
process.stdout.write(JSON.stringify(result));
