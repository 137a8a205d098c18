import type { RevisionCache } from './context.ts';

const DEFAULT_BYTES = 1024;

interface Entry {
  value: unknown;
  bytes: number;
  /** In which turn it was used last. */
  turn: number;
}

/** Least recently used goes first once the rough sizes add up to more than the limit. */
export class LruCache implements RevisionCache {
  readonly #entries = new Map<string, Entry>();
  readonly #limit: number;
  #bytes = 0;
  /** 0: nothing has begun. */
  #turn = 0;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * What is used from here until the next call stays, whatever its size: parts of one answer that push each other out would
   * all be made anew for every answer.
   */
  begin(): void {
    this.#turn += 1;
  }

  get<T>(key: string, build: () => T, bytes?: (value: T) => number): T {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      known.turn = this.#turn;
      return known.value as T;
    }
    const value = build();
    const size = bytes?.(value) ?? DEFAULT_BYTES;
    this.#entries.set(key, { value, bytes: size, turn: this.#turn });
    this.#bytes += size;
    for (const [oldest, entry] of this.#entries) {
      const isInUse = oldest === key || (this.#turn > 0 && entry.turn === this.#turn);
      if (this.#bytes <= this.#limit || isInUse) break;
      this.#entries.delete(oldest);
      this.#bytes -= entry.bytes;
    }
    return value;
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }
}
