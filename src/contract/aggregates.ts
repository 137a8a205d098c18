/** Aggregates: their list, the timeline of one, its states and who set what. */
import { z } from 'zod';
import { ListColumns, ListColumnsState } from './aggregateColumns.ts';
import { Cell } from './cell.ts';
import { clocking } from './clocks.ts';
import {
  AggregateRef,
  Count,
  CoverageBadge,
  Cut,
  EventRow,
  Id,
  Int64,
  JsonText,
  Millis,
  OrderNote,
  Page,
  RecordId,
  ReducerOut,
} from './common.ts';
import { comparing } from './compare.ts';
import { LIMITS } from './limits.ts';
import { query } from './procedure.ts';
import { upcasting } from './upcasting.ts';

export const AggregateRow = z.object({
  ref: AggregateRef,
  events: Count,
  topics: Count,
  /** Recorded times of its first and last event in the log. */
  firstAt: Millis,
  lastAt: Millis,
  /** Where these stand in the log, by which the list is ordered: see `logAt` of a record. */
  firstLogAt: Millis,
  lastLogAt: Millis,
  lastType: z.string(),
  /** Where the search text is: in the id (also without a search), else in the value of one of its events. */
  foundIn: z.enum(['id', 'event']),
  /** Values of the columns asked for; null: none were, or the projection has no row for it at that moment. */
  cells: z.array(Cell).nullable(),
});
export type AggregateRow = z.infer<typeof AggregateRow>;

export const ChangeOut = z.object({
  /** Display path such as `interest.posted_total` or `items[0].id`. */
  path: z.string(),
  kind: z.enum(['added', 'removed', 'changed']),
  before: JsonText.nullable(),
  after: JsonText.nullable(),
  delta: z.string().nullable(),
});
export type ChangeOut = z.infer<typeof ChangeOut>;

/** `reducer`: a name, or a name with a version (core/reducerPin); null: the one meant for the type. */
const Subject = { ref: AggregateRef, cut: Cut, reducer: z.string().max(200).nullable() };

export const TimelineInfo = z.object({
  ref: AggregateRef,
  /**
   * A human name found in the state (account number, name …) or null. Title and status are null as well while the
   * stream is long and no state of it was asked for yet: both are there afterwards.
   */
  title: z.string().nullable(),
  status: z.string().nullable(),
  /** Events of the stream, and how many of them the cut takes in. */
  total: Count,
  within: Count,
  topics: z.array(z.string()),
  /** Recorded time of the first and the last event in log order, as their records say it. */
  firstAt: Millis.nullable(),
  lastAt: Millis.nullable(),
  firstVersion: z.number().nullable(),
  lastVersion: z.number().nullable(),
  order: OrderNote,
  lastEventId: RecordId.nullable(),
  /**
   * States of the first so many events are reached within a frame; the job that makes the rest so, while one runs.
   * `of`: of so many (those within the cut).
   */
  keyframes: z.object({ ready: Count, of: Count, jobId: z.string().nullable() }),
  reducers: z.array(ReducerOut.extend({ builtIn: z.boolean() })),
  reducer: ReducerOut,
  coverage: CoverageBadge,
  revision: Count,
});
export type TimelineInfo = z.infer<typeof TimelineInfo>;

export const TimelineRow = EventRow.extend({
  /** Place in the list, from 0: the events within the cut in fold order, then those after it in log order. */
  index: Count,
  afterCut: z.boolean(),
  moved: z.boolean(),
  /** Faults of this event in words: version gap, same content as an earlier event, … */
  faults: z.array(z.string()),
});
export type TimelineRow = z.infer<typeof TimelineRow>;

/** The event that set a value: its place in the list, recorded time and declared version. */
export const SetBy = z.object({ index: Count, at: Millis, version: z.number().nullable() });
export type SetBy = z.infer<typeof SetBy>;

/** A line of a state shown as a tree. */
export const StateLine = z.object({
  path: z.string(),
  /** Key or index in its parent. */
  name: z.string(),
  depth: Count,
  /** A leaf's value, or the value that was removed; shortened beyond 2,000 characters. Null: a branch. */
  value: JsonText.nullable(),
  /** An object or list with something in it. */
  branch: z.object({ kind: z.enum(['object', 'list']), members: Count, open: z.boolean() }).nullable(),
  change: ChangeOut.nullable(),
  /** Something inside this closed branch has changed. */
  changedInside: z.boolean(),
  setBy: SetBy.nullable(),
});
export type StateLine = z.infer<typeof StateLine>;

const TimelinePage = z.object({ rows: z.array(TimelineRow), total: Count });

/** The state after an event. */
const StateAfter = z.object({
  index: z.number().int(),
  /** Events that the state takes in, and how many of them were folded for this answer. */
  folded: Count,
  replayed: Count,
  /** Empty: asked for in brief and longer than `LIMITS.stateText`. `length`: of the whole, in characters. */
  state: JsonText,
  length: Count,
  /** SHA-256 of the canonical state. */
  hash: z.string(),
  /** Asked for in brief: the first ones, and how many there are beyond them. */
  changes: z.array(ChangeOut),
  changesOmitted: Count,
  /** Which event last set each leaf path; none when `state` is left out. */
  blame: z.array(SetBy.extend({ path: z.string() })),
  problems: z.array(z.object({ id: RecordId, message: z.string() })),
  tookMs: z.number(),
});

export const aggregates = {
  types: query(
    z.object({}).strict(),
    z.array(z.object({ type: z.string(), aggregates: Count, events: Count })),
  ),
  /**
   * Sorted by id, event count or last event. Counts committed events only. The search text is part of an id, upper and
   * lower case aside, or, from 4 characters on, stands as it is in the value of an event within the cut; those found by their id come first.
   */
  list: query(
    z
      .object({
        type: z.string().nullable(),
        search: z.string().max(4096),
        sort: z.enum(['id', 'events', 'last']),
        cut: Cut,
        /** Null or absent: no columns of a projection. @throws `projection.unknown`, `projection.not-by-aggregate` */
        columns: ListColumns.nullable().optional(),
        ...Page,
      })
      .strict(),
    z.object({
      rows: z.array(AggregateRow),
      total: Count,
      columns: ListColumnsState.nullable(),
      /**
       * How many records were searched for the text, of how many there are; asking for the first page again searches
       * on. Null: no values were searched.
       */
      searched: z.object({ records: Count, of: Count }).nullable(),
      coverage: CoverageBadge,
      revision: Count,
    }),
  ),
  /** The row of a projection for one aggregate as of a cut. @throws as `list` with columns */
  row: query(
    z.object({ ref: AggregateRef, cut: Cut, projection: z.string().max(200) }).strict(),
    z.object({
      state: ListColumnsState,
      /** Of the definition as it is now. */
      columns: z.array(z.object({ name: z.string(), type: z.string() })),
      /** In the order of these columns; null: there is no row at that moment. */
      cells: z.array(Cell).nullable(),
      tookMs: z.number(),
    }),
  ),
  /** The versions of a projection's reducer that are kept on this machine, the present one first; empty: there is none. */
  reducerVersions: query(
    z.object({ name: z.string().max(200) }).strict(),
    z.array(ReducerOut.extend({ isPresent: z.boolean(), savedAt: Millis.nullable() })),
  ),
  timeline: query(z.object(Subject).strict(), TimelineInfo),
  events: query(z.object({ ...Subject, ...Page }).strict(), TimelinePage),
  /**
   * Counts per bucket of recorded time, with faults and late arrivals, over the whole stream or a range of it. Each
   * answer costs its buckets and marks, not the length of the stream.
   */
  strip: query(
    z
      .object({
        ref: AggregateRef,
        cut: Cut,
        buckets: z.number().int().min(1).max(2000),
        /** Recorded time, both inclusive; absent: from the first, to the last event of the stream. */
        from: Millis.optional(),
        to: Millis.optional(),
      })
      .strict(),
    z.object({
      /** The first and last recorded time of the whole stream. */
      firstAt: Millis.nullable(),
      lastAt: Millis.nullable(),
      /** The range that the buckets divide evenly, both inclusive; null: the stream is empty. */
      from: Millis.nullable(),
      to: Millis.nullable(),
      counts: z.array(Count),
      /** The most frequent types of the range, at most 8; what is missing to `counts` are other types. */
      types: z.array(z.object({ type: z.string(), total: Count, counts: z.array(Count) })),
      /** False: a job still looks for faults, those found so far are given. */
      isChecked: z.boolean(),
      /** Events with faults, and late ones, per bucket. */
      faultCounts: z.array(Count),
      lateCounts: z.array(Count),
      /** The first of the range in the order of recorded time, and how many there are beyond them. */
      faults: z.array(z.object({ index: Count, at: Millis, text: z.string() })),
      faultsOmitted: Count,
      late: z.array(z.object({ index: Count, occurredAt: Millis, recordedAt: Millis })),
      lateOmitted: Count,
    }),
  ),
  /**
   * The state after the event at `index` of the list; −1: before the first event. `fromStart`: folded from the first
   * event, no keyframe is used; the state and its hash must be the same.
   */
  state: query(
    z
      .object({
        ...Subject,
        index: z.number().int().min(-1),
        fromStart: z.boolean().optional(),
        /** For a page: what is too long to be shown at once is left to `stateLines` and `stateText`. */
        brief: z.boolean().optional(),
      })
      .strict(),
    StateAfter,
  ),
  /** Lines of the tree of a state, for one that is too long to be sent whole. */
  stateLines: query(
    z
      .object({
        ...Subject,
        index: z.number().int().min(-1),
        /** Branches that a person opened or closed against what is usual. */
        toggled: z.array(z.string().max(2000)).max(2000),
        ...Page,
      })
      .strict(),
    z.object({ index: z.number().int(), rows: z.array(StateLine), total: Count }),
  ),
  /** A part of the text of a state, or of the value at a path in it (empty: all), indented by two spaces. */
  stateText: query(
    z
      .object({
        ...Subject,
        index: z.number().int().min(-1),
        path: z.string().max(2000),
        from: Count,
        count: z.number().int().min(1).max(LIMITS.stateText),
      })
      .strict(),
    /** Null: there is nothing at the path. `total`: characters. */
    z.object({ text: z.string().nullable(), total: Count }),
  ),
  /** Earlier values of one path: the events within the cut that changed it, in fold order. */
  history: query(
    z
      .object({
        ...Subject,
        path: z.string().max(2000),
        /** Only steps up to this index of the list: the last one given is who set what the state has there. */
        upTo: z.number().int().min(-1).optional(),
      })
      .strict(),
    z.object({
      path: z.string(),
      /** Steps in all, and those before the first one given: the newest are given. */
      total: Count,
      omitted: Count,
      /** The value before the first event; null: there was none. */
      initial: JsonText.nullable(),
      steps: z.array(
        z.object({ index: Count, id: RecordId, recordedAt: Millis, value: JsonText.nullable() }),
      ),
    }),
  ),
  /** Index in the list for a moment, a version, an event id or a place in Kafka. */
  locate: query(
    z
      .object({
        ...Subject,
        target: z.union([
          z.object({ time: Millis }),
          z.object({ version: z.number() }),
          z.object({ eventId: Id }),
          z.object({ recordId: RecordId }),
          z.object({ topic: z.string().max(300), partition: Count, offset: Int64 }),
        ]),
      })
      .strict(),
    z.object({ index: z.number().int().nullable() }),
  ),
  /**
   * What a timeline shows of a moment, in one answer: the state after the last event then (`index` −1: before the first),
   * in brief, and the page of the list that holds it, when pages of `page` events are counted from the first.
   */
  look: query(
    z.object({ ...Subject, time: Millis, page: Page.count }).strict(),
    z.object({ state: StateAfter, events: TimelinePage }),
  ),
  ...clocking,
  ...comparing,
  ...upcasting,
};
