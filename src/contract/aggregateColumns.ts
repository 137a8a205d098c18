/** Columns of a projection in the list of aggregates: which ones are asked for, and what they rest on. */
import { z } from 'zod';
import { Count } from './common.ts';

export const ListColumns = z
  .object({
    /** Its rows must be aggregates: a projection by `aggregateId`. */
    projection: z.string().max(200),
    /** Names of the columns that are wanted, in this order. */
    show: z.array(z.string().max(200)).max(200),
    /** Only aggregates of which this holds, in the filter language with columns as names; empty: all. */
    where: z.string().max(10_000),
    /** Instead of the order of the list; aggregates without a value come last. */
    sort: z
      .object({ column: z.string().max(200), descending: z.boolean() })
      .strict()
      .nullable(),
  })
  .strict();
export type ListColumns = z.infer<typeof ListColumns>;

export const ListColumnsState = z.object({
  projection: z.string(),
  /** Version of the definition that the values are of. */
  version: Count,
  /**
   * ready: the values are as of the cut. stale: they are, of a definition that was changed since. none: the projection
   * was never replayed, or keeps no history, so there are no values and neither `where` nor `sort` counts.
   */
  state: z.enum(['ready', 'stale', 'none']),
  /** All columns that there are. */
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  /** Of those asked for: texts too large to be kept for every moment. They have no values here. */
  withheld: z.array(z.string()),
  /** Captured records that the values do not take in yet. */
  behind: Count,
  /** Aggregates of which `where` cannot be said, because a value is missing or of another kind; not in the list. */
  unsaid: Count,
  /** Rows that were folded for this moment, because no interval tells it. */
  folded: Count,
});
export type ListColumnsState = z.infer<typeof ListColumnsState>;
