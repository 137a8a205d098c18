// Measures the timeline of one long stream, as ratios to JSON.parse of the same values in the same run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AggregateRef } from '../../src/contract/common.ts';
import { canonicalJson, formatJson, sha256Hex } from '../../src/core/json.ts';
import type { Json } from '../../src/core/model.ts';
import { reducerFor } from '../../src/core/projections/builtin.ts';
import { appendRecords } from '../../src/engine/capture/import.ts';
import type { ImportRecord } from '../../src/engine/capture/types.ts';
import { timelineReads } from '../../src/engine/reads/timeline.ts';
import { bodyAt } from '../../src/engine/store/blocks.ts';
import { Dictionary } from '../../src/engine/store/dictionary.ts';
import { openForReading } from '../../src/engine/store/open.ts';
import { blocksFrom } from '../../src/engine/store/recordBytes.ts';
import { openWorkspace } from '../../src/engine/store/workspace.ts';
import type { ReadContext } from '../../src/engine/workers/context.ts';
import { LruCache } from '../../src/engine/workers/revisionCache.ts';
import { generateBenchmark } from '../fixtures/demo/benchmark.ts';

const NOW = { knownOn: null, trueOn: null };
/** Records handed over at once. */
const BATCH = 20_000;
const PAGE = 200;

export interface StreamFigures {
  events: number;
  /** JSON.parse of every value of the stream, from bytes in memory. */
  parseMs: number;
  /** The first page of the event list on a fresh connection: order and faults of the whole stream. */
  listMs: number;
  /** The list, the strip and then the state of the newest event with its blame: the whole fold. */
  openMs: number;
  /** State, changes and blame at a random event once the stream was folded. */
  randomMs: { p50: number; p99: number };
  /** The same one event further on. */
  stepMs: { p50: number; p99: number };
}

function quantiles(times: number[]): { p50: number; p99: number } {
  const sorted = times.toSorted((a, b) => a - b);
  return { p50: sorted[sorted.length >> 1]!, p99: sorted[Math.floor(sorted.length * 0.99)]! };
}

const median = (list: number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1]!;

function timed(work: () => unknown): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

/** Writes a workspace of benchmark events. */
export async function buildStreams(file: string, events: number, aggregates: number): Promise<void> {
  const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
  let batch: ImportRecord[] = [];
  let left = events;
  for (const record of generateBenchmark({ events, aggregates }).records) {
    batch.push(record);
    left -= 1;
    if (batch.length < BATCH && left > 0) continue;
    await appendRecords(workspace, batch, { end: left === 0 });
    batch = [];
  }
  await workspace.close();
}

/** What the read functions of a reader thread get, on a connection of its own with nothing kept. */
export function freshContext(file: string): ReadContext {
  const db = openForReading(file, { check: false });
  // As in a reader thread, where every call is inside one read transaction.
  db.exec('BEGIN');
  return {
    db,
    file,
    kind: 'workspace',
    revision: 1,
    cache: new LruCache(256 * 1024 * 1024),
    lasting: new Map(),
    dictionary: new Dictionary(db),
    throwIfAborted() {},
  };
}

/** Opens a stream of `events` events and walks through it; `rounds` openings, the median of each figure. */
export async function measureStreams({ events = 100_000, rounds = 3 } = {}): Promise<StreamFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'hindcast-streams-'));
  const file = join(folder, 'stream.hindcast');
  try {
    await buildStreams(file, events, 1);
    const parse: number[] = [];
    const list: number[] = [];
    const open: number[] = [];
    const random: number[] = [];
    const step: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const context = freshContext(file);
      const ref = context.db.prepare('SELECT type, key AS id FROM aggregate').get() as AggregateRef;
      const values = [...blocksFrom(context.db, 0, Number.MAX_SAFE_INTEGER)].flatMap((block) =>
        Array.from({ length: block.count }, (_, at) => Buffer.from(bodyAt(block, at).value!)),
      );
      parse.push(
        timed(() => {
          for (const value of values) JSON.parse(value.toString('utf8'));
        }),
      );
      const definition = reducerFor(ref.type) as unknown as Json;
      const reducer = { definition: formatJson(definition), hash: sha256Hex(canonicalJson(definition)) };
      const subject = { ref, cut: NOW };
      const stateAt = (index: number) =>
        timed(() => timelineReads['aggregates.state'](context, { ...subject, reducer, index }));
      const listed = timed(() =>
        timelineReads['aggregates.events'](context, { ...subject, from: events - PAGE, count: PAGE }),
      );
      list.push(listed);
      const rest = timed(() => {
        timelineReads['aggregates.strip'](context, { ...subject, buckets: 400 });
        timelineReads['aggregates.timeline'](context, { ...subject, reducer });
      });
      open.push(listed + rest + stateAt(events - 1));
      for (let visit = 0; visit < 400; visit += 1) random.push(stateAt((visit * 48_611 + round) % events));
      const start = Math.floor(events / 3);
      for (let visit = 0; visit < 400; visit += 1) step.push(stateAt(start + visit));
      context.db.close();
    }
    return {
      events,
      parseMs: median(parse),
      listMs: median(list),
      openMs: median(open),
      randomMs: quantiles(random),
      stepMs: quantiles(step),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const figures = await measureStreams({ events: Number(process.argv[2] ?? 100_000) });
  const { parseMs, listMs, openMs, randomMs, stepMs } = figures;
  const ms = (time: number) => `${time.toFixed(time < 100 ? 2 : 0)} ms`;
  const ratio = (time: number) =>
    `${ms(time)} = ${(time / parseMs).toFixed(time < parseMs / 10 ? 5 : 2)} × P`;
  process.stdout.write(
    [
      `${figures.events} events of one stream; P = JSON.parse of every value: ${ms(parseMs)}`,
      `list (order, faults, a page): ${ratio(listMs)}`,
      `open (list, strip, fold, newest state): ${ratio(openMs)}`,
      `state at a random event: p50 ${ratio(randomMs.p50)}, p99 ${ratio(randomMs.p99)}`,
      `state of the next event: p50 ${ratio(stepMs.p50)}, p99 ${ratio(stepMs.p99)}`,
      '',
    ].join('\n'),
  );
}
