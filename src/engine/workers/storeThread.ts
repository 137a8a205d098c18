/** The engine's end of one store thread: a queue of calls, one under way at a time, started again after a crash. */
import { type MessagePort, Worker } from 'node:worker_threads';
import { HindcastError } from '../../contract/errors.ts';
import { THREAD_LIMITS, workerUrl } from './locate.ts';
import { fromWire, raiseFlag, type ThreadMessage } from './messages.ts';
import { PendingCall } from './pendingCall.ts';
import { hangs, newPulse, watchScripts } from './watchScripts.ts';

export interface CallOptions {
  signal?: AbortSignal;
  onProgress?: (state: unknown) => void;
}

export interface StoreThreadOptions {
  /** See {@link watchScripts}. */
  stuckAfterMs?: number;
  entry: 'readerWorker' | 'checkWorker' | 'runWorker' | 'writerWorker';
  workerData: Record<string, unknown>;
  onChanged?: (revision: number) => void;
  log: (level: 'info' | 'warn' | 'error', message: string, facts?: Record<string, unknown>) => void;
}

export class StoreThread {
  readonly #options: StoreThreadOptions;
  #worker: Worker | null = null;
  #ready: Promise<unknown> | null = null;
  readonly #queue: PendingCall[] = [];
  #current: PendingCall | null = null;
  /** What every thread is told before its first call. */
  #told: unknown = null;
  #nextId = 1;
  #closed = false;
  readonly #pulse = newPulse();
  #endWatch = () => {};
  #isStuck = false;

  constructor(options: StoreThreadOptions) {
    this.#options = options;
  }

  /** Calls waiting or under way. */
  get load(): number {
    return this.#queue.length + (this.#current === null ? 0 : 1);
  }

  /** Starts the thread; what it knows of the file. @throws HindcastError when it cannot open the file */
  start(): Promise<unknown> {
    this.#ready ??= new Promise((resolve, reject) => {
      this.#endWatch = watchScripts(this.#pulse, () => this.#endStuck(), this.#options.stuckAfterMs);
      const worker = new Worker(workerUrl(this.#options.entry), {
        workerData: { ...this.#options.workerData, pulse: this.#pulse },
        resourceLimits: THREAD_LIMITS[this.#options.entry],
      });
      this.#worker = worker;
      if (this.#told !== null) worker.postMessage(this.#told);
      let crash: Error | null = null;
      let refused = false;
      worker.on('message', (message: ThreadMessage) => {
        if (message.kind === 'ready') resolve(message.facts);
        else if (message.kind === 'refused') {
          refused = true;
          reject(fromWire(message.error));
        } else this.#receive(message);
      });
      worker.on('error', (error) => {
        crash = error instanceof Error ? error : new Error(String(error));
      });
      worker.on('exit', (code) => {
        this.#endWatch();
        if (this.#worker === worker) this.#worker = null;
        this.#ready = null;
        const problem = crash?.message ?? `the ${this.#options.entry} thread ended with status ${code}`;
        const error = this.#isStuck
          ? hangs('in use')
          : new HindcastError('internal', { problem }, { cause: crash ?? undefined });
        this.#isStuck = false;
        reject(error);
        if (!this.#closed && !refused)
          this.#options.log('error', 'A store thread stopped', { entry: this.#options.entry, problem });
        // Only the call under way is lost; those that wait go to the next thread.
        if (this.#current !== null) this.#fail(this.#current, error);
      });
    });
    return this.#ready;
  }

  call(name: string, args: unknown, options: CallOptions = {}): Promise<unknown> {
    const { signal, onProgress } = options;
    if (this.#closed) return Promise.reject(new HindcastError('workspace.none'));
    if (signal?.aborted) return Promise.reject(new HindcastError('cancelled', { what: name }));
    return new Promise((resolve, reject) => {
      const pending = new PendingCall({ id: this.#nextId++, name, args }, resolve, reject, {
        ...{ signal, onProgress },
        isTakenBack: (cancelled) => this.#takeBack(cancelled),
      });
      this.#queue.push(pending);
      this.#pump();
    });
  }

  /** Tells the thread, and each that takes its place, outside the queue; what is asked after it is answered so. */
  tell(message: unknown): void {
    this.#told = message;
    this.#worker?.postMessage(message);
  }

  /** Hands a port to the thread, outside the queue. */
  async send(message: unknown, transfer: MessagePort[]): Promise<void> {
    await this.start();
    this.#worker?.postMessage(message, transfer);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const pending of this.#queue.splice(0))
      pending.reject(new HindcastError('cancelled', { what: pending.call.name }));
    if (this.#current !== null) raiseFlag(this.#current.call.cancel);
    const worker = this.#worker;
    if (worker === null) return;
    const ended = new Promise((done) => worker.once('exit', done));
    worker.postMessage({ kind: 'close' });
    await ended;
  }

  #pump(): void {
    if (this.#current !== null || this.#queue.length === 0) return;
    const pending = this.#queue.shift()!;
    this.#current = pending;
    this.start().then(
      () => this.#worker?.postMessage(pending.call),
      (error: Error) => this.#fail(pending, error),
    );
  }

  #receive(message: ThreadMessage): void {
    if (message.kind === 'changed') {
      this.#options.onChanged?.(message.revision);
      return;
    }
    const pending = this.#current;
    if (pending === null || !('id' in message) || message.id !== pending.call.id) return;
    if (message.kind === 'progress') pending.onProgress?.(message.state);
    else if (message.kind === 'again') {
      this.#current = null;
      if (this.#closed) pending.reject(new HindcastError('cancelled', { what: pending.call.name }));
      else this.#queue.push(pending);
      this.#pump();
    } else if (message.kind === 'answer') {
      this.#current = null;
      pending.resolve(message.value);
      this.#pump();
    } else if (message.kind === 'failed') this.#fail(pending, fromWire(message.error));
  }

  #fail(pending: PendingCall, error: Error): void {
    if (this.#current === pending) this.#current = null;
    pending.reject(error);
    this.#pump();
  }

  /** @returns whether it had not begun yet */
  #takeBack(pending: PendingCall): boolean {
    const at = this.#queue.indexOf(pending);
    if (at !== -1) this.#queue.splice(at, 1);
    return at !== -1;
  }

  #endStuck(): void {
    this.#isStuck = true;
    void this.#worker?.terminate();
  }
}
