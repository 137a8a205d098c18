/** Counts what a follow does and what it waits for, and says so at most ten times a second. */
import type { KafkaFault } from '../kafka/types.ts';
import type { FollowProgress } from './followTypes.ts';

const EVERY_MS = 100;

export class FollowMeter {
  readonly #report: (progress: FollowProgress) => void;
  /** By partition or topic, in the order in which they began to wait. */
  readonly #waits = new Map<string, string>();
  readonly #behind = new Map<string, number>();
  #total = 0;
  #stored = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(report: (progress: FollowProgress) => void) {
    this.#report = report;
  }

  /** Forgets what the partitions of the round before were waiting for. */
  begin(partitions: readonly string[]): void {
    this.#waits.clear();
    this.#behind.clear();
    this.#total = 0;
    for (const name of partitions) this.#behind.set(name, 0);
    this.#soon();
  }

  wrote(rows: number, bytes: number): void {
    this.#stored = rows;
    this.#bytes = bytes;
    this.#soon();
  }

  /** @param offsets up to the end of the partition */
  behind(partition: string, offsets: number): void {
    this.#total += offsets - (this.#behind.get(partition) ?? 0);
    this.#behind.set(partition, offsets);
    this.#soon();
  }

  /** @param fault null: it goes on */
  waits(where: string, fault: KafkaFault | null): void {
    if (fault === null) this.#waits.delete(where);
    else this.#waits.set(where, fault.message);
    this.#soon();
  }

  get sentence(): string | null {
    const [first, ...others] = new Set(this.#waits.values());
    if (first === undefined) return null;
    return others.length === 0 ? first : `${first} (and ${others.length} more)`;
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#report({
        stored: this.#stored,
        bytes: this.#bytes,
        partitions: this.#behind.size,
        behind: this.#total,
        waits: this.sentence,
      });
    }, EVERY_MS);
  }
}
