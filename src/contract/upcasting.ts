/** Events of old schema versions beside what a reducer's upcasters make of them. */
import { z } from 'zod';
import { AggregateRef, Count, JsonText, RecordId } from './common.ts';
import { query } from './procedure.ts';

export const EventReading = z.object({
  type: z.string(),
  schemaVersion: z.string().nullable(),
  /** The payload, exact; null: it is longer than can be shown at once. */
  data: JsonText.nullable(),
  characters: Count,
});
export type EventReading = z.infer<typeof EventReading>;

/** Procedures of the `aggregates` namespace. @throws `record.unknown`, `reducer.invalid` */
export const upcasting = {
  /** One event as it was written and as the reducer folds it; null: no upcaster reads it, both are the same. */
  upcast: query(
    z.object({ ref: AggregateRef, reducer: z.string().max(200).nullable(), id: RecordId }).strict(),
    z
      .object({
        /** Which upcasters were applied, in words. */
        applied: z.array(z.string()),
        /** What they did not find. */
        problems: z.array(z.string()),
        written: EventReading,
        folded: EventReading,
      })
      .nullable(),
  ),
};
