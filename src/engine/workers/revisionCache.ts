import type { RevisionCache } from './context.ts';

const DEFAULT_BYTES = 1024;

/** Least recently used goes first once the rough sizes add up to more than the limit. */
export class LruCache implements RevisionCache {
  readonly #entries = new Map<string, { value: unknown; bytes: number }>();
  readonly #limit: number;
  #bytes = 0;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get<T>(key: string, build: () => T, bytes?: (value: T) => number): T {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.value as T;
    }
    const value = build();
    const size = bytes?.(value) ?? DEFAULT_BYTES;
    this.#entries.set(key, { value, bytes: size });
    this.#bytes += size;
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#limit || oldest === key) break;
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
