// One capture in a process of its own, so that its memory is its own: prints what it took as JSON.
import { rmSync, statSync } from 'node:fs';
import { saveRecording } from '../../src/engine/store/recording.ts';
import { openWorkspace } from '../../src/engine/store/workspace.ts';
import { scriptArguments, scriptResult } from './machine.ts';

export interface CaptureTask {
  bootstrap: string;
  topic: string;
  file: string;
  expected: number;
  /** Leaves the workspace there; default: it is removed. */
  keep?: boolean;
  /** Saves it as a recording as well, and tells its size. */
  record?: boolean;
}

export interface Captured {
  seconds: number;
  /** Of them, what came after the last record: sorting and indexes. */
  indexSeconds: number;
  /** Seconds of the first and of the last million records until they were written; null when there are fewer. */
  firstMillion: number | null;
  lastMillion: number | null;
  /** Milliseconds of a second capture with nothing new. */
  againMs: number;
  fileBytes: number;
  recordingBytes: number | null;
}

const MILLION = 1_000_000;
const [task] = scriptArguments<[CaptureTask]>();
const { bootstrap, topic, file, expected } = task;
const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
const request = {
  connection: { brokers: bootstrap.split(','), clientId: 'hindcast-bench' },
  topics: [topic],
  from: 'earliest' as const,
};
const { signal } = new AbortController();
/** When how many records were written; the moment at a count between two of them is taken from the line through both. */
const marks: { at: number; stored: number }[] = [];
const started = performance.now();
const outcome = await workspace.capture(request, {
  signal,
  onProgress: ({ phase, stored }) => {
    if (phase === 'reading') marks.push({ at: performance.now(), stored });
  },
});
const seconds = (performance.now() - started) / 1000;
if (outcome.status !== 'complete' || outcome.stored !== expected)
  throw new Error(`captured ${outcome.stored} of ${expected}: ${outcome.status} ${outcome.problem}`);
const startedAgain = performance.now();
const second = await workspace.capture(request, { signal, onProgress: () => {} });
const againMs = performance.now() - startedAgain;
if (second.stored !== 0) throw new Error(`the second capture stored ${second.stored} records`);
let recordingBytes: number | null = null;
if (task.record) {
  const recording = await saveRecording(workspace, `${file}.recording.hindcast`);
  recordingBytes = statSync(recording).size;
  rmSync(recording, { force: true });
}
await workspace.close();
const fileBytes = statSync(file).size;
if (!task.keep)
  for (const suffix of ['', '-wal', '-shm', '-lock']) rmSync(`${file}${suffix}`, { force: true });

function momentOf(count: number): number {
  const after = marks.findIndex(({ stored }) => stored >= count);
  const to = marks[after] ?? { at: started + seconds * 1000 - outcome.indexMs, stored: expected };
  const from = marks[after - 1] ?? marks.at(-1)!;
  const part = to.stored === from.stored ? 1 : (count - from.stored) / (to.stored - from.stored);
  return from.at + (to.at - from.at) * part;
}
const isLarge = expected >= 2 * MILLION;
const between = (from: number, to: number): number => (momentOf(to) - momentOf(from)) / 1000;
scriptResult({
  ...{ seconds, indexSeconds: outcome.indexMs / 1000, againMs, fileBytes, recordingBytes },
  firstMillion: isLarge ? between(0, MILLION) : null,
  lastMillion: isLarge ? between(expected - MILLION, expected) : null,
} satisfies Captured);
