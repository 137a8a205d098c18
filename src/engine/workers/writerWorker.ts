/** Thread entry: the one place that writes to the workspace. Serves write calls and the frames of a capture. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import { HindcastError } from '../../contract/errors.ts';
import { CaptureSink } from '../capture/captureSink.ts';
import { storeFault } from '../store/faults.ts';
import { metaOf, openForWriting, type WorkspaceKind } from '../store/open.ts';
import { RecordWriter } from '../store/recordWriter.ts';
import type { WriteContext } from './context.ts';
import { type Call, isRaised, type ThreadMessage, toWire } from './messages.ts';
import { writes } from './writes.ts';

const { file } = workerData as { file: string };
const port = parentPort!;
const post = (message: ThreadMessage) => port.postMessage(message);
type Write = (context: WriteContext, args: unknown) => unknown;
const registry = new Map(Object.entries(writes) as [string, Write][]);
const PROGRESS_EVERY_MS = 100;

function start(db: Database): void {
  const kind = metaOf(db, 'kind') as WorkspaceKind;
  const raise = db
    .prepare("UPDATE meta SET value = value + 1 WHERE key = 'revision' RETURNING value")
    .pluck();
  const readRevision = db.prepare("SELECT value FROM meta WHERE key = 'revision'").pluck();
  let changed = false;
  const records = new RecordWriter(db, {
    beforeCommit: () => void raise.get(),
    committed: () => post({ kind: 'changed', revision: readRevision.get() as number }),
  });
  let capture: CaptureSink | null = null;

  async function answer(call: Call): Promise<void> {
    let reported = 0;
    const aborted = () => isRaised(call.cancel);
    const context: WriteContext = {
      db,
      file,
      transaction(work) {
        records.commit();
        changed = false;
        const value = db
          .transaction(() => {
            const result = work();
            if (changed) raise.get();
            return result;
          })
          .immediate();
        if (changed) post({ kind: 'changed', revision: readRevision.get() as number });
        return value;
      },
      recordsChanged() {
        changed = true;
      },
      records: () => {
        if (capture !== null) throw new HindcastError('capture.running');
        return records;
      },
      progress(state) {
        const now = Date.now();
        if (now - reported < PROGRESS_EVERY_MS) return;
        reported = now;
        post({ kind: 'progress', id: call.id, state });
      },
      aborted,
      throwIfAborted() {
        if (aborted()) throw new HindcastError('cancelled', { what: call.name });
      },
    };
    try {
      const write = registry.get(call.name);
      if (write === undefined) throw new HindcastError('procedure.unknown', { procedure: call.name });
      context.throwIfAborted();
      records.commit();
      post({ kind: 'answer', id: call.id, value: await write(context, call.args) });
    } catch (error) {
      records.rollback();
      if (db.inTransaction) db.exec('ROLLBACK');
      post({ kind: 'failed', id: call.id, error: toWire(storeFault(error, file)) });
    }
  }

  port.on('message', (message: Call | { kind: 'close' } | { kind: 'capture'; port: MessagePort }) => {
    if (!('kind' in message)) void answer(message);
    else if (message.kind === 'capture')
      capture = new CaptureSink(message.port, records, file, () => {
        capture = null;
      });
    else {
      capture?.close();
      try {
        db.pragma('optimize');
      } catch {
        // A damaged page: only what the planner knows of the tables stays as it was.
      }
      db.close();
      port.close();
    }
  });
  post({ kind: 'ready', facts: { kind, revision: readRevision.get() as number } });
}

let db: Database | null = null;
try {
  db = openForWriting(file);
  start(db);
} catch (error) {
  db?.close();
  post({ kind: 'refused', error: toWire(storeFault(error, file)) });
  port.close();
}
