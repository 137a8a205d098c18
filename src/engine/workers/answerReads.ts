/** What a reader thread does: it answers the reads it was made for, one at a time, each inside one read transaction. */
import { totalmem } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import { HindcastError } from '../../contract/errors.ts';
import { setCancelled, setPulse, withSandbox } from '../sandbox/quickjs.ts';
import { SentenceBook } from '../sentences/sentenceBook.ts';
import { Dictionary } from '../store/dictionary.ts';
import { storeFault } from '../store/faults.ts';
import { metaOf, openForReading, type WorkspaceKind } from '../store/open.ts';
import type { ReadContext } from './context.ts';
import { GiveWay } from './giveWay.ts';
import { type Call, isRaised, type SayMessage, type ThreadMessage, toWire } from './messages.ts';
import { LruCache } from './revisionCache.ts';

export interface ReaderData {
  file: string;
  check: boolean;
  /** Folder for what does not fit the memory. */
  scratch?: string;
  /** Shown to the thread that watches this one. */
  pulse?: SharedArrayBuffer;
}

/**
 * What belongs to a stream of ten million events takes about a gigabyte. Sizes are rough, and objects among them live in the
 * heap of the thread, which V8 ends at four however large the machine is: well below that.
 */
const CACHE_BYTES = Math.min(1536 * 1024 * 1024, Math.max(256 * 1024 * 1024, totalmem() / 16));

const port = parentPort!;
const post = (message: ThreadMessage) => port.postMessage(message);
/** It may also return a promise. */
type Read = (context: ReadContext, args: unknown) => unknown;

/** A read has nothing to lose; after a damaged page SQLite may refuse to commit even that. */
function endTransaction(db: Database): void {
  if (!db.inTransaction) return;
  try {
    db.exec('COMMIT');
  } catch {
    if (db.inTransaction) db.exec('ROLLBACK');
  }
}

function listen(db: Database, { file, scratch }: ReaderData, registry: ReadonlyMap<string, Read>): void {
  const kind = metaOf(db, 'kind') as WorkspaceKind;
  let dictionary = new Dictionary(db);
  const cache = new LruCache(CACHE_BYTES);
  const lasting = new Map<string, unknown>();
  let sentences = new SentenceBook([]);
  const readRevision = db.prepare("SELECT value FROM meta WHERE key = 'revision'").pluck();
  // Rises when numbers of partitions, types or aggregates are taken back: nothing that rests on them may be kept.
  const readLayout = db.prepare("SELECT value FROM meta WHERE key = 'layout'").pluck();
  let cachedRevision = -1;
  let cachedLayout = readLayout.get();

  async function answer(call: Call): Promise<void> {
    try {
      const read = registry.get(call.name);
      if (read === undefined) throw new HindcastError('procedure.unknown', { procedure: call.name });
      db.exec('BEGIN');
      const revision = readRevision.get() as number;
      if (revision !== cachedRevision) cache.clear();
      cachedRevision = revision;
      cache.begin();
      const layout = readLayout.get();
      if (layout !== cachedLayout) {
        for (const kept of lasting.values()) (kept as Partial<Disposable>)[Symbol.dispose]?.();
        lasting.clear();
        dictionary = new Dictionary(db);
        cachedLayout = layout;
      }
      const context: ReadContext = {
        db,
        file,
        kind,
        revision,
        cache,
        lasting,
        dictionary,
        sentences,
        mayGiveWay: true,
        ...(scratch === undefined ? {} : { scratch }),
        throwIfAborted() {
          if (isRaised(call.cancel)) throw new HindcastError('cancelled', { what: call.name });
        },
      };
      context.throwIfAborted();
      setCancelled(() => isRaised(call.cancel));
      const value = await withSandbox(() => read(context, call.args));
      post({ kind: 'answer', id: call.id, value });
    } catch (error) {
      if (error instanceof GiveWay) post({ kind: 'again', id: call.id });
      else post({ kind: 'failed', id: call.id, error: toWire(storeFault(error, file)) });
    } finally {
      endTransaction(db);
    }
  }

  port.on('message', (message: Call | SayMessage | { kind: 'close' }) => {
    if (!('kind' in message)) void answer(message);
    else if (message.kind === 'say') sentences = new SentenceBook(message.sentences);
    else {
      db.close();
      port.close();
    }
  });
  post({ kind: 'ready', facts: { kind, revision: readRevision.get() as number } });
}

/** Answers these reads, by name, until it is told to close. Called once, by the entry of the thread. */
export function answerReads(reads: object): void {
  const data = workerData as ReaderData;
  const { file, check, pulse } = data;
  if (pulse !== undefined) setPulse(new Int32Array(pulse));
  let db: Database | null = null;
  try {
    db = openForReading(file, { check });
    listen(db, data, new Map(Object.entries(reads) as [string, Read][]));
  } catch (error) {
    db?.close();
    post({ kind: 'refused', error: toWire(storeFault(error, file)) });
    port.close();
  }
}
