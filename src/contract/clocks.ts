/** One aggregate's events on the plane of the two clocks: when each occurred against when it was recorded. */
import { z } from 'zod';
import { AggregateRef, Count, EventRow, Millis, Page } from './common.ts';
import { query } from './procedure.ts';

/** Both inclusive. */
export const TimeSpan = z.object({ from: Millis, to: Millis });
export type TimeSpan = z.infer<typeof TimeSpan>;

/**
 * late: recorded more than a day after it occurred. backdated: recorded when events that occurred later than it were
 * there already, beyond the tolerance of the clocks; occurred order moves it.
 */
export const ArrivalRow = EventRow.extend({ delayMs: Millis, late: z.boolean(), backdated: z.boolean() });
export type ArrivalRow = z.infer<typeof ArrivalRow>;

/** Procedures of the `aggregates` namespace. @throws `aggregate.unknown` */
export const clocking = {
  /** The committed events that declare when they occurred, counted in the cells of a grid over both clocks. */
  plane: query(
    z
      .object({
        ref: AggregateRef,
        columns: z.number().int().min(1).max(200),
        rows: z.number().int().min(1).max(150),
      })
      .strict(),
    z.object({
      events: Count,
      /** Those of them that say when they occurred; only they are on the plane. */
      dated: Count,
      late: Count,
      backdated: Count,
      toleranceMs: z.number(),
      /** What the columns and the rows divide evenly; null: no event is dated. */
      recorded: TimeSpan.nullable(),
      occurred: TimeSpan.nullable(),
      /** The cells that hold something, five numbers each: column, row, events, late ones, backdated ones. */
      cells: z.array(Count),
    }),
  ),
  /** The late and the backdated events in the order in which they were recorded. */
  arrivals: query(
    z.object({ ref: AggregateRef, ...Page }).strict(),
    z.object({ rows: z.array(ArrivalRow), total: Count }),
  ),
};
