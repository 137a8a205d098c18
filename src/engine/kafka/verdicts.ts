// Which records count: Kafka sends records of aborted transactions too, with a list that marks them (KIP-98).
import type { BatchSummary } from './recordBatch.ts';

/** The standing of a record. `open`: beyond the last stable offset, to be read again when it has moved on. */
export const VERDICT = { committed: 0, aborted: 1, open: 2, control: 3 } as const;

/** What of a batch matters for transactions. */
type Standing = Pick<
  BatchSummary,
  'rowStart' | 'rowEnd' | 'lastOffset' | 'producerId' | 'transactional' | 'control'
>;

export interface AbortedTransaction {
  producerId: bigint;
  firstOffset: number;
}

/**
 * Tells the standing of the records of one response. Its batches must come in order, in one call or in several: the
 * judge remembers which abort markers it has passed.
 */
export class Judge {
  readonly #beyondStable: boolean;
  readonly #upcoming: readonly AbortedTransaction[];
  readonly #aborting = new Set<bigint>();
  #next = 0;

  /** @param aborted the list of a read_committed response; null: the batches lie beyond the last stable offset */
  constructor(aborted: readonly AbortedTransaction[] | null) {
    this.#beyondStable = aborted === null;
    this.#upcoming = [...(aborted ?? [])].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** The standing of each of `rows` rows, in which `batches` are the next ones of the response. */
  judge(rows: number, batches: readonly Standing[]): Uint8Array {
    const verdict = new Uint8Array(rows);
    for (const { rowStart, rowEnd, lastOffset, producerId, transactional, control } of batches) {
      while (this.#next < this.#upcoming.length && this.#upcoming[this.#next]!.firstOffset <= lastOffset)
        this.#aborting.add(this.#upcoming[this.#next++]!.producerId);
      if (control !== null) {
        verdict.fill(VERDICT.control, rowStart, rowEnd);
        if (control === 'abort') this.#aborting.delete(producerId);
      } else if (transactional) {
        // Beyond the last stable offset nobody says yet which transactions were aborted; other records are final.
        if (this.#beyondStable) verdict.fill(VERDICT.open, rowStart, rowEnd);
        else if (this.#aborting.has(producerId)) verdict.fill(VERDICT.aborted, rowStart, rowEnd);
      }
    }
    return verdict;
  }
}
