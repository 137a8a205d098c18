/** Two points anywhere, side by side: what differs between their states, and which events lie between them. */
import { z } from 'zod';
import {
  AggregateRef,
  Count,
  CoverageBadge,
  Cut,
  EventRow,
  JsonText,
  Page,
  RecordId,
  ReducerOut,
} from './common.ts';
import { query } from './procedure.ts';

/** A place in a stream: before its first event, after the last one within the cut, or after one event (record id). */
export const ComparePlace = z.union([z.enum(['start', 'last']), RecordId]);
export type ComparePlace = z.infer<typeof ComparePlace>;

export const CompareSide = z
  .object({ ref: AggregateRef, cut: Cut, reducer: z.string().max(200).nullable(), at: ComparePlace })
  .strict();
export type CompareSide = z.infer<typeof CompareSide>;

export const ComparedSide = z.object({
  /** A human name found in the state, or null. */
  title: z.string().nullable(),
  /** Events of the stream, and how many of them the cut takes in. */
  total: Count,
  within: Count,
  /** Place in the list of the cut; −1: before the first event. */
  index: z.number().int(),
  event: EventRow.nullable(),
  /** The places one event earlier and later in that list; null at its ends. */
  earlier: ComparePlace.nullable(),
  later: ComparePlace.nullable(),
  hash: z.string(),
  order: z.enum(['log', 'occurred']),
  /** Events up to here that stand where they occurred instead of where they were recorded. */
  moved: Count,
  /** Events up to here that the reducer could not apply wholly. */
  problems: Count,
  reducer: ReducerOut,
  reducers: z.array(ReducerOut.extend({ builtIn: z.boolean() })),
  coverage: CoverageBadge,
});
export type ComparedSide = z.infer<typeof ComparedSide>;

/** A value as one line: short ones whole, long ones by their beginning and length in characters. */
export const ComparedValue = z.union([
  z.object({ json: JsonText }),
  z.object({ start: z.string(), characters: Count }),
  z.object({ list: Count }),
  z.object({ object: Count }),
]);
export type ComparedValue = z.infer<typeof ComparedValue>;

export const CompareRow = z.object({
  depth: Count,
  name: z.string(),
  /** Display path: in B, or in A for what only A has. Long names and paths say how many characters they have. */
  path: z.string(),
  kind: z.enum(['same', 'changed', 'added', 'removed']),
  a: ComparedValue.nullable(),
  b: ComparedValue.nullable(),
  /** b − a, exact. */
  delta: z.string().nullable(),
  /** Differences inside; null for what is no object or list on both sides. */
  inside: Count.nullable(),
});
export type CompareRow = z.infer<typeof CompareRow>;

/** a, b: only that side takes the event in. moved: both do, at different places. */
export const BetweenRow = EventRow.extend({ side: z.enum(['a', 'b', 'moved']) });
export type BetweenRow = z.infer<typeof BetweenRow>;

const Sides = { a: CompareSide, b: CompareSide };

/** Procedures of the `aggregates` namespace. @throws `aggregate.unknown`, `record.unknown`, `reducer.invalid` */
export const comparing = {
  compare: query(
    z.object(Sides).strict(),
    z.object({
      a: ComparedSide,
      b: ComparedSide,
      added: Count,
      removed: Count,
      changed: Count,
      /** Lines of both states aligned, and those of them that differ or hold a difference. */
      lines: Count,
      different: Count,
      /** Null: two different aggregates have no events between them. */
      between: z
        .object({
          onlyA: Count,
          onlyB: Count,
          moved: Count,
          /** The most frequent types first, and how many further types there are. */
          types: z.array(z.object({ type: z.string(), events: Count })),
          furtherTypes: Count,
        })
        .nullable(),
    }),
  ),
  compareRows: query(
    z.object({ ...Sides, show: z.enum(['differences', 'all']), ...Page }).strict(),
    z.object({ rows: z.array(CompareRow), total: Count }),
  ),
  /** The events between, in log order; none for two different aggregates. */
  compareEvents: query(
    z.object({ ...Sides, ...Page }).strict(),
    z.object({ rows: z.array(BetweenRow), total: Count }),
  ),
};
