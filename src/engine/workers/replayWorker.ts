/** Thread entry: folds one part of a projection's first replay and writes it; then the thread is done. */
import { parentPort, workerData } from 'node:worker_threads';
import { HindcastError } from '../../contract/errors.ts';
import { parseJson } from '../../core/json.ts';
import type { Projection } from '../../core/model.ts';
import { type BulkPart, foldAtOnce } from '../projection/bulk.ts';
import { writeAtOnce } from '../projection/bulkWrite.ts';
import { openDerived } from '../projection/derived.ts';
import { setCancelled, setPulse, withSandbox } from '../sandbox/quickjs.ts';
import { Dictionary } from '../store/dictionary.ts';
import { storeFault } from '../store/faults.ts';
import { metaOf, openForReading, type WorkspaceKind } from '../store/open.ts';
import type { ReadContext } from './context.ts';
import { isRaised, toWire, type WireError } from './messages.ts';
import { LruCache } from './revisionCache.ts';

export interface ReplayData extends BulkPart {
  /** The workspace, and the file of its projection tables. */
  file: string;
  derived: string;
  definition: string;
  build: number;
  /** Of the part in the plan. */
  name: string;
  cancel: SharedArrayBuffer;
  /** Shown to the thread that watches this one. */
  pulse: SharedArrayBuffer;
}

export type ReplayMessage =
  | { kind: 'progress'; done: number; total: number }
  | { kind: 'done' }
  | { kind: 'failed'; error: WireError };

const CACHE_BYTES = 64 * 1024 * 1024;
/** Two parts that end together write one after the other; a large one takes its time. Milliseconds. */
const WAIT_MS = 600_000;

const data = workerData as ReplayData;
const port = parentPort!;
const post = (message: ReplayMessage) => port.postMessage(message);

function readContext(): ReadContext {
  const db = openForReading(data.file, { check: false });
  // One read transaction: the fold is of one moment although a capture may be writing.
  db.exec('BEGIN');
  return {
    db,
    file: data.file,
    kind: metaOf(db, 'kind') as WorkspaceKind,
    revision: metaOf(db, 'revision') as number,
    cache: new LruCache(CACHE_BYTES),
    lasting: new Map(),
    dictionary: new Dictionary(db),
    throwIfAborted() {
      if (isRaised(data.cancel)) throw new HindcastError('cancelled', { what: 'The replay' });
    },
  };
}

try {
  const projection = parseJson(data.definition) as unknown as Projection;
  const context = readContext();
  setCancelled(() => isRaised(data.cancel));
  setPulse(new Int32Array(data.pulse));
  const folded = await withSandbox(() =>
    foldAtOnce(context, projection, data, (done, total) => post({ kind: 'progress', done, total })),
  );
  context.db.close();
  const derived = openDerived(data.derived, data.file);
  derived.db.pragma(`busy_timeout = ${WAIT_MS}`);
  writeAtOnce(derived, data.build, data.name, folded, projection.columns.length);
  derived.db.close();
  post({ kind: 'done' });
} catch (error) {
  post({ kind: 'failed', error: toWire(storeFault(error, data.file)) });
} finally {
  port.close();
}
