/** Hands items from several producers to one consumer, holding the producers back when it is full. */
export class ChunkQueue<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  readonly #waitingProducers: (() => void)[] = [];
  #wakeConsumer: (() => void) | null = null;
  #ended = false;
  #error: unknown;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves when there is room again; at once after the end. */
  async push(item: T): Promise<void> {
    if (this.#ended) return;
    this.#items.push(item);
    this.#wakeConsumer?.();
    if (this.#items.length >= this.#capacity)
      await new Promise<void>((done) => this.#waitingProducers.push(done));
  }

  /** No more items; with an error, the consumer gets it after the items that are there. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wakeConsumer?.();
    for (const release of this.#waitingProducers.splice(0)) release();
  }

  async *drain(): AsyncGenerator<T> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) {
        this.#waitingProducers.shift()?.();
        yield item;
        continue;
      }
      if (this.#ended) {
        if (this.#error !== undefined) throw this.#error;
        return;
      }
      await new Promise<void>((done) => {
        this.#wakeConsumer = done;
      });
      this.#wakeConsumer = null;
    }
  }
}
