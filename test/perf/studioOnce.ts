// The time-travel studio over one long stream, in one process: opening it, making its keyframes, jumps and steps, and who
// set a value. Prints JSON.
//   node test/perf/studioOnce.ts '[100000]'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AggregateRef } from '../../src/contract/common.ts';
import { canonicalJson, formatJson, sha256Hex } from '../../src/core/json.ts';
import type { Json } from '../../src/core/model.ts';
import { reducerFor } from '../../src/core/projections/builtin.ts';
import { keyframeReads } from '../../src/engine/keyframes/keyframeReads.ts';
import { timelineReads } from '../../src/engine/reads/timeline.ts';
import { bodyAt } from '../../src/engine/store/blocks.ts';
import { blocksFrom } from '../../src/engine/store/recordBytes.ts';
import type { ReadContext } from '../../src/engine/workers/context.ts';
import { buildStreams, freshContext } from './streams.ts';

interface Quantiles {
  p50: number;
  p99: number;
}

/** Milliseconds. */
export interface StudioFigures {
  events: number;
  /** JSON.parse of every value of the stream, from bytes in memory. */
  parse: number;
  /** The list, the strip and the head of the timeline on a fresh connection, nothing kept. */
  open: number;
  /** One pass that makes keyframes, changes by path and faults. */
  make: number;
  /** Bytes of what was kept, for each event. */
  keptBytes: number;
  /** Opening with the newest state, once keyframes are kept, on a fresh connection. */
  reopen: number;
  /** The newest state folded from the first event, without any keyframe. */
  fold: number;
  /** State, changes and blame at a random event, and at the next one. */
  jump: Quantiles;
  step: Quantiles;
  /** The range of the strip and its marks, at random zooms. */
  strip: Quantiles;
  /** Who set a value of the newest state, and its earlier values: all fields in turn. */
  blame: Quantiles;
}

const NOW = { knownOn: null, trueOn: null };
const PAGE = 200;
const VISITS = 2000;
const BUCKETS = 400;

const [events = 100_000] = JSON.parse(process.argv[2] ?? '[]') as number[];

function timed(work: () => unknown): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

function quantiles(times: readonly number[]): Quantiles {
  const sorted = times.toSorted((a, b) => a - b);
  return { p50: sorted[sorted.length >> 1]!, p99: sorted[Math.floor(sorted.length * 0.99)]! };
}

const repeated = (times: number, work: (visit: number) => unknown): Quantiles =>
  quantiles(Array.from({ length: times }, (_, visit) => timed(() => work(visit))));

const folder = mkdtempSync(join(tmpdir(), 'hindcast-studio-'));
const file = join(folder, 'stream.hindcast');
const derived = join(folder, 'derived');
const definition = reducerFor('SavingsAccount') as unknown as Json;
const reducer = { definition: formatJson(definition), hash: sha256Hex(canonicalJson(definition)) };

function opened(context: ReadContext, ref: AggregateRef): void {
  const subject = { ref, cut: NOW, reducer, derived };
  timelineReads['aggregates.events'](context, { ...subject, from: events - PAGE, count: PAGE });
  timelineReads['aggregates.strip'](context, { ...subject, buckets: BUCKETS });
  timelineReads['aggregates.timeline'](context, subject);
}

function measure(): StudioFigures {
  const first = freshContext(file);
  const ref = first.db.prepare('SELECT type, key AS id FROM aggregate').get() as AggregateRef;
  const subject = { ref, cut: NOW, reducer, derived };
  const values = [...blocksFrom(first.db, 0, Number.MAX_SAFE_INTEGER)].flatMap((block) =>
    Array.from({ length: block.count }, (_, at) => Buffer.from(bodyAt(block, at).value!)),
  );
  const parse = timed(() => {
    for (const value of values) JSON.parse(value.toString('utf8'));
  });
  values.length = 0;
  const open = timed(() => opened(first, ref));
  first.db.close();

  const maker = freshContext(file);
  const make = timed(() => {
    let progress = keyframeReads['keyframes.begin'](maker, { ...subject, at: Date.now() });
    while (!progress.isOver) progress = keyframeReads['keyframes.step'](maker, {});
  });
  maker.db.close();

  const context = freshContext(file);
  const stateAt = (index: number, fromStart = false) => {
    const answer = timelineReads['aggregates.state'](context, {
      ...subject,
      index,
      fromStart,
      patient: true,
    });
    if ('far' in answer) throw new Error('not near');
    return answer;
  };
  const reopen = timed(() => {
    opened(context, ref);
    stateAt(events - 1);
  });
  const newest = stateAt(events - 1);
  const jump = repeated(VISITS, (visit) => stateAt((visit * 48_611 + 7) % events));
  const start = Math.floor(events / 3);
  const step = repeated(VISITS, (visit) => stateAt(start + visit));
  const { firstAt, lastAt } = timelineReads['aggregates.strip'](context, { ...subject, buckets: 1 });
  const span = lastAt! - firstAt!;
  const strip = repeated(VISITS, (visit) => {
    const from = firstAt! + ((visit * 48_611) % span);
    const range = { from, to: Math.min(from + span / ((visit % 100) + 1), lastAt!) };
    timelineReads['aggregates.strip'](context, { ...subject, buckets: BUCKETS, ...range });
  });
  const paths = newest.blame.map(({ path }) => path);
  const blame = repeated(VISITS, (visit) =>
    timelineReads['aggregates.history'](context, {
      ...subject,
      path: paths[visit % paths.length]!,
      patient: true,
    }),
  );
  let hash = '';
  const fold = timed(() => {
    hash = stateAt(events - 1, true).hash;
  });
  if (hash !== newest.hash) throw new Error('keyframes do not give what the fold from the first event gives');
  context.db.close();
  const kept = readdirSync(derived).reduce((sum, name) => sum + statSync(join(derived, name)).size, 0);
  return {
    ...{ events, parse, open, make, reopen, fold, jump, step, strip, blame },
    keptBytes: kept / events,
  };
}

try {
  await buildStreams(file, events, 1);
  process.stdout.write(`${JSON.stringify(measure())}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
