/** A bell that a producer rings and one consumer waits for; rings between two waits count as one. */
export class Signal {
  readonly #abort: AbortSignal;
  #rung = false;
  #wake: (() => void) | null = null;

  constructor(abort: AbortSignal) {
    this.#abort = abort;
  }

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves with true at the next ring, with false when aborted. */
  async wait(): Promise<boolean> {
    if (!this.#rung) await this.#sleep(null);
    this.#rung = false;
    return !this.#abort.aborted;
  }

  /** Waits `ms` milliseconds, or until aborted; rings do not shorten it. */
  async pause(ms: number): Promise<void> {
    await this.#sleep(ms);
  }

  #sleep(ms: number | null): Promise<void> {
    if (this.#abort.aborted) return Promise.resolve();
    return new Promise((done) => {
      const finish = () => {
        this.#abort.removeEventListener('abort', finish);
        clearTimeout(timer);
        this.#wake = null;
        done();
      };
      const timer = ms === null ? undefined : setTimeout(finish, ms);
      this.#abort.addEventListener('abort', finish, { once: true });
      if (ms === null) this.#wake = finish;
    });
  }
}
