import { z } from 'zod';
import { FILTER_LIMITS } from '../core/filter/limits.ts';
import { ListColumns, ListColumnsState } from './aggregateColumns.ts';
import { Cell } from './cell.ts';
import { clocking } from './clocks.ts';
import {
  AggregateRef,
  BytesOut,
  Count,
  CoverageBadge,
  Cut,
  EventRow,
  Id,
  Int64,
  JsonText,
  Millis,
  OrderNote,
  RecordId,
  RecordKind,
  ReducerOut,
  Verdict,
} from './common.ts';
import { comparing } from './compare.ts';
import { LIMITS } from './limits.ts';
import { bytesQuery, nothing, query, stream } from './procedure.ts';
import { upcasting } from './upcasting.ts';

/** All given conditions must hold. An absent field does not restrict. */
export const EventFilter = z
  .object({
    topics: z.array(z.string()).max(5000).optional(),
    types: z.array(z.string()).max(5000).optional(),
    aggregate: AggregateRef.optional(),
    /** Part of an aggregate id. */
    aggregateText: z.string().max(4096).optional(),
    /** The whole record key, as UTF-8 text. */
    key: z.string().max(100_000).optional(),
    eventId: Id.optional(),
    correlationId: Id.optional(),
    /** Recorded time, both inclusive. */
    from: Millis.optional(),
    to: Millis.optional(),
    kinds: z.array(RecordKind).optional(),
    verdicts: z.array(Verdict).optional(),
    /** An expression of the filter language (core/filter). */
    where: z.string().max(FILTER_LIMITS.text).optional(),
  })
  .strict();
export type EventFilter = z.infer<typeof EventFilter>;

/**
 * How far the bytes were searched. Counts of a filter that is not searched to its end are those so far; `spared` records
 * need not be looked at because the full-text index tells that they do not fit.
 */
export const ScanState = z.object({
  looked: Count,
  of: Count,
  matched: Count,
  done: z.boolean(),
  spared: Count,
});
export type ScanState = z.infer<typeof ScanState>;

/** Colours for event types. */
export const TYPE_COLOURS = 9;
/** `colour` is below {@link TYPE_COLOURS}. */
export const TypeColour = z.object({ type: z.string(), colour: Count });
export type TypeColour = z.infer<typeof TypeColour>;

const Page = { from: Count, count: z.number().int().min(1).max(LIMITS.pageRows) };

export const FieldOut = z.object({
  name: z.string(),
  value: z.string(),
  source: z.enum(['declared', 'derived']),
  from: z.string(),
});

export const RecordDetail = z.object({
  row: EventRow,
  mapping: z.string().nullable(),
  /** Why it is not an event, in words. */
  reason: z.string().nullable(),
  problems: z.array(z.string()),
  fields: z.array(FieldOut),
  /** The decoded value, exact; null when it is no JSON or too long to show at once. */
  value: JsonText.nullable(),
  dataPath: z.array(z.string()),
  valueBytes: BytesOut.nullable(),
  keyBytes: BytesOut.nullable(),
  headers: z.array(z.object({ key: z.string(), value: BytesOut.nullable() })),
  timestampType: z.enum(['create', 'log-append']),
  codec: z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd', 'unknown']),
  transactional: z.boolean(),
  producerId: z.string().nullable(),
  integrity: z.array(
    z.object({
      check: z.string(),
      verdict: z.enum(['PASS', 'FAIL', 'UNVERIFIABLE', 'ABSENT']),
      note: z.string(),
    }),
  ),
});
export type RecordDetail = z.infer<typeof RecordDetail>;

export const events = {
  /** Rows in log order: recorded time made monotonic per partition, topic, partition, offset. */
  query: query(
    z.object({ filter: EventFilter, ...Page }).strict(),
    z.object({
      rows: z.array(EventRow),
      /** Rows that fit the filter, and records in the workspace. */
      total: Count,
      of: Count,
      revision: Count,
      tookMs: z.number(),
      coverage: CoverageBadge,
      /** Null: the columns answered, no value had to be read. */
      scan: ScanState.nullable(),
    }),
  ),
  /** Searches on for a fraction of a second. @throws `filter.invalid` */
  scan: query(z.object({ filter: EventFilter }).strict(), ScanState),
  /** The counts of `query`, now and whenever the captured data change, a dozen times a second at most. */
  watch: stream(
    z.object({ filter: EventFilter }).strict(),
    z.object({ total: Count, of: Count, revision: Count }),
  ),
  /** Index of the first row recorded at or after a moment. */
  locate: query(z.object({ filter: EventFilter, time: Millis }).strict(), z.object({ index: Count })),
  histogram: query(
    z
      .object({
        filter: EventFilter,
        buckets: z.number().int().min(1).max(2000),
        from: Millis.nullable(),
        to: Millis.nullable(),
      })
      .strict(),
    z.object({
      from: Millis.nullable(),
      to: Millis.nullable(),
      /**
       * Records per bucket: all of the workspace, and those that fit the filter – its time range aside, unless bytes
       * have to be searched, which is done within the range and counted as far as it is.
       */
      all: z.array(Count),
      matching: z.array(Count),
    }),
  ),
  /** Counts by type and topic of what fits the filter with that field left out. */
  /** The colour of each type, the same everywhere in the workspace: types that are seen together differ if they can. */
  typeColours: query(nothing, z.array(TypeColour)),
  facets: query(
    z.object({ filter: EventFilter }).strict(),
    z.object({
      types: z.array(z.object({ type: z.string(), count: Count })),
      topics: z.array(z.object({ topic: z.string(), count: Count })),
      /** The bytes are not searched to the end: these are the counts so far. */
      partial: z.boolean(),
    }),
  ),
  /**
   * Records in full, each a line of JSON: at most `count`, fewer when they are long. For callers inside the engine's
   * process: an answer may be larger than a frame.
   */
  documents: query(
    z.object({ filter: EventFilter, from: Count, count: z.number().int().min(1).max(10_000) }).strict(),
    z.object({ lines: z.array(z.string()), total: Count, scan: ScanState.nullable() }),
  ),
  get: query(z.object({ id: RecordId }).strict(), RecordDetail),
  /** A part of the raw bytes of a record; header parts are numbered from 0. */
  bytes: bytesQuery(
    z
      .object({
        id: RecordId,
        part: z.union([z.enum(['key', 'value']), z.object({ header: Count })]),
        offset: Count,
        length: z.number().int().min(1).max(LIMITS.bytesChunk),
      })
      .strict(),
    z.object({ size: Count.nullable() }),
  ),
};

export const AggregateRow = z.object({
  ref: AggregateRef,
  events: Count,
  topics: Count,
  firstAt: Millis,
  lastAt: Millis,
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
  events: query(
    z.object({ ...Subject, ...Page }).strict(),
    z.object({ rows: z.array(TimelineRow), total: Count }),
  ),
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
    z.object({
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
    }),
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
  ...clocking,
  ...comparing,
  ...upcasting,
};
