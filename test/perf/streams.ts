// Workspaces of benchmark events, and what the read functions of a reader thread get.
import { appendRecords } from '../../src/engine/capture/import.ts';
import type { ImportRecord } from '../../src/engine/capture/types.ts';
import { Dictionary } from '../../src/engine/store/dictionary.ts';
import { openForReading } from '../../src/engine/store/open.ts';
import { openWorkspace } from '../../src/engine/store/workspace.ts';
import type { ReadContext } from '../../src/engine/workers/context.ts';
import { LruCache } from '../../src/engine/workers/revisionCache.ts';
import { generateBenchmark } from '../fixtures/demo/benchmark.ts';

/** Records handed over at once. */
const BATCH = 20_000;

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
