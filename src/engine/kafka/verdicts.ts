// Which records count: Kafka sends records of aborted transactions too, with a list that marks them (KIP-98).
import type { BatchSummary } from './recordBatch.ts';

/** The standing of a record. `open`: beyond the last stable offset, to be read again when it has moved on. */
export const VERDICT = { committed: 0, aborted: 1, open: 2, control: 3 } as const;

/**
 * The standing of each row.
 * @param aborted the list of a read_committed response; null: the rows lie beyond the last stable offset
 */
export function judge(
  rows: number,
  batches: readonly BatchSummary[],
  aborted: readonly { producerId: bigint; firstOffset: number }[] | null,
): Uint8Array {
  const verdict = new Uint8Array(rows);
  if (aborted === null) verdict.fill(VERDICT.open);
  const upcoming = [...(aborted ?? [])].sort((a, b) => a.firstOffset - b.firstOffset);
  const aborting = new Set<bigint>();
  let next = 0;
  for (const { rowStart, rowEnd, lastOffset, producerId, transactional, control } of batches) {
    while (next < upcoming.length && upcoming[next]!.firstOffset <= lastOffset)
      aborting.add(upcoming[next++]!.producerId);
    if (control !== null) {
      verdict.fill(VERDICT.control, rowStart, rowEnd);
      if (control === 'abort') aborting.delete(producerId);
    } else if (transactional && aborting.has(producerId)) {
      verdict.fill(VERDICT.aborted, rowStart, rowEnd);
    }
  }
  return verdict;
}
