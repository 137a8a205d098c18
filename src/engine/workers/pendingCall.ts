/** A call of a store thread and the promise of who waits for its answer. */
import { HindcastError } from '../../contract/errors.ts';
import { type Call, newCancelFlag, raiseFlag } from './messages.ts';

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

export class PendingCall {
  readonly call: Call;
  readonly onProgress: ((state: unknown) => void) | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #isTakenBack: (pending: PendingCall) => boolean;
  /**
   * Null once it is settled. Whatever a signal was told of outlives the collections of young objects, and its answer with it
   * as long as the promise can be reached from here: each collection then copied all last answers, 10 ms and more.
   */
  #waiting: Waiting | null;

  /** @param options `isTakenBack`: takes it out of the queue, and says whether it was still there */
  constructor(
    call: Omit<Call, 'cancel'>,
    resolve: Waiting['resolve'],
    reject: Waiting['reject'],
    options: {
      signal: AbortSignal | undefined;
      onProgress: ((state: unknown) => void) | undefined;
      isTakenBack: (pending: PendingCall) => boolean;
    },
  ) {
    this.call = { ...call, cancel: newCancelFlag() };
    this.#waiting = { resolve, reject };
    this.onProgress = options.onProgress;
    this.#isTakenBack = options.isTakenBack;
    this.#signal = options.signal;
    this.#signal?.addEventListener('abort', this, { once: true });
  }

  /** The signal was aborted: one under way is told to stop and answers by itself. */
  handleEvent(): void {
    raiseFlag(this.call.cancel);
    if (this.#isTakenBack(this)) this.reject(new HindcastError('cancelled', { what: this.call.name }));
  }

  resolve(value: unknown): void {
    this.#settled()?.resolve(value);
  }

  reject(error: Error): void {
    this.#settled()?.reject(error);
  }

  #settled(): Waiting | null {
    const waiting = this.#waiting;
    this.#waiting = null;
    this.#signal?.removeEventListener('abort', this);
    return waiting;
  }
}
