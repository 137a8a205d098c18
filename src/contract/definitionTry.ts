/** A projection's definition as it is being written: what is wrong with it, and what it makes of one row's events. */
import { z } from 'zod';
import { Cell } from './cell.ts';
import { AggregateRef, Count, JsonText, Millis, PlaceOut, RecordId } from './common.ts';

export const DefinitionProblem = z.object({
  /** Place in the definition, such as `columns[2].type`; empty: the whole. */
  path: z.string(),
  message: z.string(),
  /** Place in the program, from 1, where the problem lies in one. */
  line: Count.nullable(),
  column: Count.nullable(),
});
export type DefinitionProblem = z.infer<typeof DefinitionProblem>;

/** An event at which a definition could not do all that it says. */
export const TriedFailure = z.object({
  id: RecordId,
  place: PlaceOut,
  /** Which of the folded events, from 0. */
  index: Count,
  type: z.string(),
  message: z.string(),
  line: Count.nullable(),
  column: Count.nullable(),
});
export type TriedFailure = z.infer<typeof TriedFailure>;

export const TriedRow = z.object({
  key: z.string(),
  /** Set where the row is one aggregate. */
  aggregate: AggregateRef.nullable(),
  /** Events that were folded. */
  folded: Count,
  /** In words, when these are not all events of the row; null: they are. */
  partial: z.string().nullable(),
  processed: Count,
  ignored: Count,
  /** Null: longer than can be shown; `stateBytes` tells. */
  state: JsonText.nullable(),
  stateBytes: Count,
  /** All of them; the first are in `failures`. */
  failed: Count,
  failures: z.array(TriedFailure),
  /** The row as the table would hold it; null: none of the events is about it, so it would have no row. */
  columns: z
    .array(z.object({ name: z.string(), type: z.string(), value: Cell, note: z.string().nullable() }))
    .nullable(),
  /** The same events folded by the saved definition; null: there is none, or it is the same. */
  saved: z
    .object({
      version: Count,
      columns: z.array(z.object({ name: z.string(), value: Cell })),
      /** From the saved definition's state to this one's; the first of them. */
      changes: z.array(
        z.object({
          path: z.string(),
          kind: z.enum(['added', 'removed', 'changed']),
          before: JsonText.nullable(),
          after: JsonText.nullable(),
          delta: z.string().nullable(),
        }),
      ),
      changed: Count,
    })
    .nullable(),
});
export type TriedRow = z.infer<typeof TriedRow>;

export const DefinitionTry = z.object({
  /** Empty: the definition can be used. */
  problems: z.array(DefinitionProblem),
  /** Null: it cannot be used, no workspace is open, or there is no event for it. */
  row: TriedRow.nullable(),
  /** In words, why there is no row. */
  note: z.string().nullable(),
  tookMs: z.number(),
});
export type DefinitionTry = z.infer<typeof DefinitionTry>;

/** A definition as it was once saved. */
export const DefinitionVersion = z.object({
  /** SHA-256 (hex) of its content; spaces and the order of keys do not count. */
  hash: z.string(),
  /** Version that the reducer gives itself. */
  version: Count,
  savedAt: Millis.nullable(),
  definition: JsonText,
});
export type DefinitionVersion = z.infer<typeof DefinitionVersion>;
