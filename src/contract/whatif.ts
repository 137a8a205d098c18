/**
 * What would be: another reducer, or another log, folded beside the real ones. Everything that comes out of here is
 * hypothetical: it is marked so in every answer and export, and nothing of it can be published or sealed.
 */
import { z } from 'zod';
import {
  AggregateRef,
  Count,
  CoverageBadge,
  Cut,
  EventRow,
  JsonText,
  Millis,
  Page,
  RecordId,
} from './common.ts';
import { CompareRow } from './compare.ts';
import { job, nothing, query } from './procedure.ts';

const Data = z.string().max(500_000);
/**
 * The event behind which another comes, by record id; null: it becomes the first. Inserted events have negative ids:
 * −1 is inserted by the first change of the list, −2 by the second, …
 */
const After = z.number().int().max(Number.MAX_SAFE_INTEGER).nullable();

/** One change of a hypothetical log; payloads are JSON text. The changes are made in their order. */
export const LogChange = z.union([
  z.object({ change: z.literal('skip'), id: RecordId }).strict(),
  z
    .object({ change: z.literal('edit'), id: RecordId, data: Data, type: z.string().max(500).optional() })
    .strict(),
  z.object({ change: z.literal('move'), id: RecordId, after: After }).strict(),
  z
    .object({ change: z.literal('insert'), after: After, type: z.string().min(1).max(500), data: Data })
    .strict(),
]);
export type LogChange = z.infer<typeof LogChange>;

export const Hypothesis = z
  .object({
    /** Another reducer; `json`: a declarative one as JSON text. Null: the real one. */
    reducer: z
      .object({ language: z.enum(['json', 'javascript', 'typescript']), text: z.string().max(500_000) })
      .strict()
      .nullable(),
    /** Events left out of every stream: an expression of the filter language. Null: none. */
    without: z.string().max(10_000).nullable(),
    /** Another log of one aggregate. */
    overlay: z
      .object({ ref: AggregateRef, changes: z.array(LogChange).min(1).max(500) })
      .strict()
      .nullable(),
  })
  .strict();
export type Hypothesis = z.infer<typeof Hypothesis>;

/** Which streams are folded. A projection brings its reducer, aggregate types and topics. */
export const WhatIfScope = z.union([
  z.object({ kind: z.literal('aggregate'), ref: AggregateRef }).strict(),
  z.object({ kind: z.literal('type'), type: z.string().max(500) }).strict(),
  z.object({ kind: z.literal('projection'), name: z.string().max(200) }).strict(),
]);
export type WhatIfScope = z.infer<typeof WhatIfScope>;

export const WhatIfQuestion = z
  .object({
    scope: WhatIfScope,
    cut: Cut,
    /** The real reducer by name; null: the one of the projection, or the one meant for the aggregate type. */
    reducer: z.string().max(200).nullable(),
    hypothesis: Hypothesis,
  })
  .strict();
export type WhatIfQuestion = z.infer<typeof WhatIfQuestion>;

/** A row of a projection by another key than the aggregate: its events may lie in many of these. */
export const ProjectedRow = z.object({ projection: z.string().max(200), key: z.string() }).strict();
export type ProjectedRow = z.infer<typeof ProjectedRow>;

/** What has a state: a whole aggregate, or a row. */
export const Folded = z.union([AggregateRef, ProjectedRow]);
export type Folded = z.infer<typeof Folded>;

/** A path whose value differs at the end. Long values are given by their beginning, ending in “…”. */
export const DifferingPath = z.object({
  path: z.string(),
  real: z.string().nullable(),
  hypothetical: z.string().nullable(),
  /** hypothetical − real, exact; null where one is no number. */
  delta: z.string().nullable(),
});
export type DifferingPath = z.infer<typeof DifferingPath>;

export const DifferingRow = z.object({
  ref: Folded,
  /** Events of it within the cut. */
  events: Count,
  /** The first event after which the states differ; negative: an inserted one. */
  firstId: z.number().int(),
  firstType: z.string(),
  firstAt: Millis,
  /** Place of that event in the aligned list of `whatif.events`. */
  firstIndex: Count,
  /** The states are equal again at the end of the stream. */
  healed: z.boolean(),
  /** Paths that differ at the end; the first of them are listed. */
  paths: Count,
  changes: z.array(DifferingPath),
  /** The largest |delta| of its paths, exact; null: no number differs. */
  size: z.string().nullable(),
  /** Only the first events of it were folded so far, and all that is said here is as of the last of these. */
  isPreliminary: z.boolean(),
});
export type DifferingRow = z.infer<typeof DifferingRow>;

export const PathSummary = z.object({
  path: z.string(),
  aggregates: Count,
  /** Sum of all deltas, exact; null where some are no numbers. */
  sum: z.string().nullable(),
});

export const WhatIfResult = z.object({
  /** Counts up with every run of this session; rows belong to one run. */
  run: Count,
  question: WhatIfQuestion,
  hypothetical: z.literal(true),
  /** In words: what differs from what is real, and over what. */
  title: z.string(),
  state: z.enum(['running', 'done', 'cancelled', 'failed']),
  startedAt: Millis,
  tookMs: z.number(),
  /** Milliseconds from the start to the first difference; null: none so far. */
  firstMs: z.number().nullable(),
  /** What is counted here as aggregates: those, or rows of a projection by another key. */
  of: z.enum(['aggregate', 'row']),
  aggregates: z.object({ done: Count, total: Count }),
  events: Count,
  differing: Count,
  /** So many of them have their rows kept for paging. */
  kept: Count,
  /** Of the kept ones: only their first events were folded so far; their rows say so. 0 when all is done. */
  preliminary: Count,
  /** Of those that differ and are not preliminary: equal again at the end. */
  healed: Count,
  /** The paths that differ at the end in most aggregates. */
  paths: z.array(PathSummary),
  /** Events that could not be applied wholly. */
  problems: z.object({ real: Count, hypothetical: Count }),
  /** What was not looked at, or could not be done, a sentence each. */
  notes: z.array(z.string()),
  coverage: CoverageBadge.nullable(),
  revision: Count,
});
export type WhatIfResult = z.infer<typeof WhatIfResult>;

const RowsQuestion = {
  /** size: largest |delta| first (of `path`, when given); first: by the first event that differs; id: by id. */
  sort: z.enum(['size', 'first', 'id']),
  /** Only aggregates in which this path differs at the end. */
  path: z.string().max(2000).nullable(),
  /** Part of an aggregate id. */
  search: z.string().max(4096),
};

const Subject = {
  ref: Folded,
  cut: Cut,
  reducer: z.string().max(200).nullable(),
  hypothesis: Hypothesis,
};

/** One place of the two lists laid side by side. */
export const AlignedEvent = z.object({
  index: Count,
  /**
   * skipped: only in the real log. inserted: only in the hypothetical one. moved: once in each, at different places.
   * row-from, row-to: edited so that its key is another, it belongs to another row, or comes from one.
   */
  mark: z.enum(['same', 'edited', 'skipped', 'inserted', 'moved-from', 'moved-to', 'row-from', 'row-to']),
  /** The event; of an inserted one its neighbour's place and times, its own type and sentence, and a negative id. */
  id: z.number().int(),
  row: EventRow.nullable(),
  type: z.string(),
  /** The two states differ after it. */
  differs: z.boolean(),
  /** What the reducer could not do, in words. */
  problem: z.object({ real: z.string().nullable(), hypothetical: z.string().nullable() }),
});
export type AlignedEvent = z.infer<typeof AlignedEvent>;

/** @throws `reducer.invalid`, `filter.invalid`, `projection.unknown`, `aggregate.unknown`, `whatif.unsupported` */
export const whatif = {
  /** Folds both over the scope. A new run takes the place of the one before. */
  run: job(WhatIfQuestion),
  /** The last run of this workspace in this session, also while it runs; null: none. */
  result: query(nothing, WhatIfResult.nullable()),
  rows: query(
    z.object({ run: Count, ...RowsQuestion, ...Page }).strict(),
    z.object({ rows: z.array(DifferingRow), total: Count }),
  ),
  /** The differing aggregates as a file; every column and the name say that they are hypothetical. A part at a time. */
  export: query(
    z.object({ run: Count, ...RowsQuestion, format: z.enum(['csv', 'ndjson']), from: Count }).strict(),
    z.object({
      name: z.string(),
      mediaType: z.string(),
      text: z.string(),
      /** Where the next part begins; null: this was the last. */
      next: Count.nullable(),
    }),
  ),
  /** Both lists of one aggregate, aligned. */
  events: query(
    z.object({ ...Subject, ...Page }).strict(),
    z.object({
      rows: z.array(AlignedEvent),
      total: Count,
      /** Place of the first one after which the states differ; null: they never do. */
      firstIndex: Count.nullable(),
      /** Changes of the overlay that could not be made, in words. */
      problems: z.array(z.object({ change: Count, message: z.string() })),
    }),
  ),
  /** Both states after one place of the aligned list (−1: before the first event) and what differs between them. */
  states: query(
    z
      .object({ ...Subject, index: z.number().int().min(-1), show: z.enum(['differences', 'all']), ...Page })
      .strict(),
    z.object({
      index: z.number().int(),
      real: z.object({ hash: z.string(), reducer: z.string() }),
      hypothetical: z.object({ hash: z.string(), reducer: z.string() }),
      /** a: real, b: hypothetical. */
      rows: z.array(CompareRow),
      total: Count,
      different: Count,
    }),
  ),
  /** The payload of an event, exact, to be edited; and the real reducer as text. */
  payload: query(z.object({ id: RecordId }).strict(), z.object({ type: z.string(), data: JsonText })),
  reducer: query(
    z.object({ scope: WhatIfScope, reducer: z.string().max(200).nullable() }).strict(),
    z.object({
      name: z.string(),
      version: z.number(),
      language: z.enum(['json', 'javascript', 'typescript']),
      text: z.string(),
      /** Which events it is given, as a definition of a projection says it. */
      source: z.object({
        aggregateTypes: z.array(z.string()).optional(),
        topics: z.array(z.string()).optional(),
      }),
      /** Others of that scope, by name. */
      names: z.array(z.string()),
    }),
  ),
};
