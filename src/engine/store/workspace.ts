/** A workspace as the rest of the engine sees it: reads and writes by name, captures, and word of every change. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { HindcastError } from '../../contract/errors.ts';
import type { SentenceTemplate } from '../../contract/sentences.ts';
import { runRecheckThread } from '../capture/captureThread.ts';
import { FollowSession } from '../capture/followSession.ts';
import type { FollowOutcome, FollowProgress } from '../capture/followTypes.ts';
import type { RecheckOutcome, RecheckProgress, RecheckRequest } from '../capture/recheckTypes.ts';
import { startCapture } from '../capture/startCapture.ts';
import type { CaptureOutcome, CaptureProgress, CaptureRequest } from '../capture/types.ts';
import type { SayMessage } from '../workers/messages.ts';
import type { Reads } from '../workers/reads.ts';
import { StoreThread } from '../workers/storeThread.ts';
import type { Writes } from '../workers/writes.ts';
import { isHeldHere, lockWorkspace, type WorkspaceLock } from './lock.ts';
import { createFile, inspectFile, type WorkspaceKind } from './open.ts';
import { copyToRead, needsCopy, type ReadCopy } from './readOnlyPlace.ts';

export type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  facts?: Record<string, unknown>,
) => void;

export interface Workspace {
  /** What is read: a copy where nothing can be written beside it (readOnlyPlace.ts). */
  readonly file: string;
  /** Where the person knows it. */
  readonly place: string;
  readonly readOnly: boolean;
  readonly kind: WorkspaceKind;
  /** Runs a read function in a reader thread. @throws HindcastError; `cancelled` when the signal is aborted */
  read<K extends keyof Reads>(
    name: K,
    args: Parameters<Reads[K]>[1],
    options?: { signal?: AbortSignal },
  ): Promise<Awaited<ReturnType<Reads[K]>>>;
  /** Runs a write function in the one writer thread. @throws HindcastError `workspace.read-only` and others */
  write<K extends keyof Writes>(
    name: K,
    args: Parameters<Writes[K]>[1],
    options?: { signal?: AbortSignal; onProgress?: (state: unknown) => void },
  ): Promise<Awaited<ReturnType<Writes[K]>>>;
  /**
   * Reads topics up to the end offsets seen at the start. Resolves also when it ends early or is cancelled: what was
   * read is kept, and the next capture goes on there.
   * @throws HindcastError when it cannot begin: `capture.running`, `workspace.other-cluster`, `topic.unknown`, …
   */
  capture(
    request: CaptureRequest,
    options: { signal: AbortSignal; onProgress: (progress: CaptureProgress) => void },
  ): Promise<CaptureOutcome>;
  /**
   * Captures topics and goes on with what comes, until the signal fires. Steps aside while another capture runs.
   * @throws HindcastError as {@link Workspace.capture}; `capture.running` also when topics are followed already
   */
  follow(
    request: CaptureRequest,
    options: { signal: AbortSignal; onProgress: (progress: FollowProgress) => void },
  ): Promise<FollowOutcome>;
  /** Compares what is stored with a fresh read of the cluster; also beside a capture and in a recording. @throws HindcastError */
  recheck(
    request: RecheckRequest,
    options: { signal: AbortSignal; onProgress: (progress: RecheckProgress) => void },
  ): Promise<RecheckOutcome>;
  /** Rises with every change of the captured records. */
  revision(): number;
  /** Calls back after every change of records, at most once a second while a capture runs, and after every write. */
  onChange(listener: () => void): () => void;
  /** How events are said from now on, in every answer asked after it. */
  say(sentences: readonly SentenceTemplate[]): void;
  /** Calls back after every change of records, or of how they are said, as soon as it can be read. */
  onRevision(listener: () => void): () => void;
  /** Ends a running capture and all threads; what was committed stays. */
  close(): Promise<void>;
}

/** For lists, for streams, and for what takes long; those behind the first are started when they are needed. */
const READERS = 3;
/** Change nothing that was captured, or made of it. */
const QUIET_WRITES: ReadonlySet<keyof Writes> = new Set(['putDocument', 'removeDocument']);
/** While a capture runs, listeners hear of new records this often. */
const CHANGE_EVERY_MS = 1000;

/**
 * create: a new file. open: to read and write, locked against other processes; a recording opens read-only, and so does
 * a workspace in a folder that cannot be written.
 * read-only: nothing is locked and nothing is written, also while another process captures into it.
 * `scratch`: folder for what does not fit the memory while it is open; the system's unless said.
 * @throws HindcastError `workspace.exists`, `.missing`, `.not-ours`, `.newer`, `.damaged`, `.in-use`, `.read-only-place`
 */
export async function openWorkspace(
  file: string,
  options: { mode: 'create' | 'open' | 'read-only'; log: Log; scratch?: string },
): Promise<Workspace> {
  const path = resolve(file);
  const { mode, log, scratch = tmpdir() } = options;
  if (mode === 'read-only') return openReadOnly(path, log, scratch);
  // The lock comes first: looking into a file that this process has open would drop its locks.
  if (mode === 'open' && !existsSync(path)) throw new HindcastError('workspace.missing', { where: path });
  const known = mode === 'open' && !isHeldHere(path) ? inspectFile(path) : null;
  if (known !== null && !known.wal) return openReadOnly(path, log, scratch);
  const lock = lockOrNone(path, mode);
  if (lock === null) return openReadOnly(path, log, scratch);
  try {
    if (mode === 'create') createFile(path);
    const workspace = new OpenWorkspace(path, lock, log, scratch);
    await workspace.start();
    return workspace;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Null: the workspace is there and can be read, but lies where nothing can be written. @throws HindcastError */
function lockOrNone(path: string, mode: 'create' | 'open'): WorkspaceLock | null {
  try {
    return lockWorkspace(path);
  } catch (error) {
    const isReadable = error instanceof HindcastError && error.code === 'workspace.read-only-place';
    if (mode === 'create' || !isReadable) throw error;
    return null;
  }
}

async function openReadOnly(path: string, log: Log, scratch: string): Promise<Workspace> {
  const facts = isHeldHere(path) ? null : inspectFile(path);
  const copy = facts?.wal && needsCopy(path) ? await copyToRead(path, scratch) : null;
  if (copy !== null) log('info', 'A copy is read, because nothing can be written beside it', { file: path });
  const workspace = new OpenWorkspace(path, null, log, scratch, copy);
  try {
    await workspace.start();
  } catch (error) {
    copy?.remove();
    throw error;
  }
  return workspace;
}

/** What is read where the order of the log and the histories of projections are. */
const LISTS: ReadonlySet<string> = new Set(['aggregates.list', 'aggregates.types', 'aggregates.row']);

class OpenWorkspace implements Workspace {
  readonly file: string;
  readonly place: string;
  readonly readOnly: boolean;
  kind: WorkspaceKind = 'workspace';
  readonly #lock: WorkspaceLock | null;
  readonly #log: Log;
  readonly #scratch: string;
  readonly #copy: ReadCopy | null;
  #readers: StoreThread[] = [];
  #writer: StoreThread | null = null;
  #revision = 0;
  readonly #listeners = new Set<() => void>();
  readonly #revisionListeners = new Set<() => void>();
  #capture: { abort: AbortController; ended: Promise<unknown> } | null = null;
  #follow: { session: FollowSession; abort: AbortController; ended: Promise<unknown> } | null = null;
  readonly #rechecks = new Set<{ abort: AbortController; ended: Promise<unknown> }>();
  #changeTimer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(
    file: string,
    lock: WorkspaceLock | null,
    log: Log,
    scratch: string,
    copy: ReadCopy | null = null,
  ) {
    this.file = copy?.file ?? file;
    this.place = file;
    this.readOnly = lock === null;
    this.#lock = lock;
    this.#log = log;
    this.#scratch = scratch;
    this.#copy = copy;
  }

  async start(): Promise<void> {
    const log = this.#log;
    try {
      if (!this.readOnly) {
        const onChanged = (revision: number) => this.#changed(revision);
        this.#writer = new StoreThread({
          entry: 'writerWorker',
          workerData: { file: this.file },
          onChanged,
          log,
        });
        await this.#writer.start();
      }
      this.#readers = Array.from(
        { length: READERS },
        (_, index) =>
          new StoreThread({
            entry: 'readerWorker',
            workerData: { file: this.file, check: this.readOnly && index === 0, scratch: this.#scratch },
            log,
          }),
      );
      const facts = (await this.#readers[0]!.start()) as { kind: WorkspaceKind; revision: number };
      this.kind = facts.kind;
      this.#revision = facts.revision;
    } catch (error) {
      await Promise.all([...this.#readers, this.#writer].map((thread) => thread?.close()));
      throw error;
    }
    // After a crash in a bulk load they are missing; reads are right without them, only slow.
    if (!this.readOnly)
      this.write('ensureIndexes', {}).catch((error: Error) =>
        log('warn', 'Indexes could not be built', { file: this.file, problem: error.message }),
      );
  }

  read<K extends keyof Reads>(
    name: K,
    args: Parameters<Reads[K]>[1],
    options: { signal?: AbortSignal } = {},
  ): Promise<Awaited<ReturnType<Reads[K]>>> {
    if (this.#closed) return Promise.reject(new HindcastError('workspace.none'));
    return this.#readerFor(name).call(name, args, options) as Promise<Awaited<ReturnType<Reads[K]>>>;
  }

  /**
   * Lists keep their indexes of the log in one thread, streams theirs in another. What folds whole streams for one
   * answer has a third: who scrubs a million events must not wait for it.
   */
  #readerFor(name: string): StoreThread {
    const [lists, streams, folds] = this.#readers as [StoreThread, StoreThread, StoreThread];
    if (name.startsWith('invariants.') || name.startsWith('whatif.')) return folds;
    if (/^(workspace|notebook)\./.test(name)) return streams.load < lists.load ? streams : lists;
    return name.startsWith('events.') || LISTS.has(name) ? lists : streams;
  }

  async write<K extends keyof Writes>(
    name: K,
    args: Parameters<Writes[K]>[1],
    options: { signal?: AbortSignal; onProgress?: (state: unknown) => void } = {},
  ): Promise<Awaited<ReturnType<Writes[K]>>> {
    const writer = this.#writerOrThrow();
    const result = (await writer.call(name, args, options)) as Awaited<ReturnType<Writes[K]>>;
    if (!QUIET_WRITES.has(name)) this.#notify();
    return result;
  }

  async capture(
    request: CaptureRequest,
    options: { signal: AbortSignal; onProgress: (progress: CaptureProgress) => void },
  ): Promise<CaptureOutcome> {
    const writer = this.#writerOrThrow();
    if (this.#capture !== null) throw new HindcastError('capture.running');
    const abort = new AbortController();
    const cancel = () => abort.abort();
    options.signal.addEventListener('abort', cancel, { once: true });
    if (options.signal.aborted) cancel();
    const run = async () => {
      const goOn = await this.#follow?.session.stepAside();
      try {
        const { onProgress } = options;
        return await startCapture(this.file, writer, request, { signal: abort.signal, onProgress });
      } finally {
        goOn?.();
      }
    };
    const running = run();
    const capture = { abort, ended: running.catch(() => {}) };
    this.#capture = capture;
    try {
      return await running;
    } finally {
      this.#capture = null;
      options.signal.removeEventListener('abort', cancel);
      this.#notify();
    }
  }

  async follow(
    request: CaptureRequest,
    options: { signal: AbortSignal; onProgress: (progress: FollowProgress) => void },
  ): Promise<FollowOutcome> {
    const writer = this.#writerOrThrow();
    if (this.#capture !== null || this.#follow !== null) throw new HindcastError('capture.running');
    const abort = new AbortController();
    const signal = AbortSignal.any([options.signal, abort.signal]);
    const session = new FollowSession({ ...options, file: this.file, writer, request, signal });
    const running = session.run();
    this.#follow = { session, abort, ended: running.catch(() => {}) };
    try {
      return await running;
    } finally {
      this.#follow = null;
      this.#notify();
    }
  }

  async recheck(
    request: RecheckRequest,
    options: { signal: AbortSignal; onProgress: (progress: RecheckProgress) => void },
  ): Promise<RecheckOutcome> {
    if (this.#closed) throw new HindcastError('workspace.none');
    const abort = new AbortController();
    const running = runRecheckThread(this.file, request, {
      ...options,
      signal: AbortSignal.any([options.signal, abort.signal]),
    });
    const recheck = { abort, ended: running.catch(() => {}) };
    this.#rechecks.add(recheck);
    try {
      return await running;
    } finally {
      this.#rechecks.delete(recheck);
    }
  }

  say(sentences: readonly SentenceTemplate[]): void {
    const message: SayMessage = { kind: 'say', sentences };
    for (const reader of this.#readers) reader.tell(message);
    for (const listener of [...this.#revisionListeners]) listener();
  }

  revision(): number {
    return this.#revision;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onRevision(listener: () => void): () => void {
    this.#revisionListeners.add(listener);
    return () => this.#revisionListeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#capture?.abort.abort();
    this.#follow?.abort.abort();
    for (const { abort } of this.#rechecks) abort.abort();
    const rechecks = [...this.#rechecks].map(({ ended }) => ended);
    await Promise.all([this.#capture?.ended, this.#follow?.ended, ...rechecks]);
    if (this.#changeTimer !== null) clearTimeout(this.#changeTimer);
    this.#listeners.clear();
    this.#revisionListeners.clear();
    // The writer goes last: the last connection to close folds the write-ahead log into the file.
    await Promise.all(this.#readers.map((reader) => reader.close()));
    await this.#writer?.close();
    this.#lock?.release();
    this.#copy?.remove();
  }

  #writerOrThrow(): StoreThread {
    if (this.#closed) throw new HindcastError('workspace.none');
    if (this.#writer === null) throw new HindcastError('workspace.read-only', { where: this.place });
    return this.#writer;
  }

  #changed(revision: number): void {
    this.#revision = revision;
    for (const listener of [...this.#revisionListeners]) listener();
    if (this.#capture === null && this.#follow === null) this.#notify();
    else
      this.#changeTimer ??= setTimeout(() => {
        this.#changeTimer = null;
        this.#notify();
      }, CHANGE_EVERY_MS);
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
