import { z } from 'zod';
import { Cell } from './cell.ts';
import { Count, CoverageBadge, Cut, JsonText, Millis, Page, PlaceOut, RecordId } from './common.ts';
import { DefinitionTry, DefinitionVersion } from './definitionTry.ts';
import { LIMITS } from './limits.ts';
import { job, nothing, query } from './procedure.ts';
import { FileTarget } from './workspaceWork.ts';

export { Cell };

export const ProjectionName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'lower case letters, digits and underscore');

/** A result that is kept: how many rows a definition gave, from which events. */
export const ProjectionBuild = z.object({
  /** Version and hash of the definition that made it. */
  version: Count,
  hash: z.string(),
  rows: Count,
  processed: Count,
  ignored: Count,
  failed: Count,
  builtAt: Millis,
});
export type ProjectionBuild = z.infer<typeof ProjectionBuild>;

export const ProjectionStatus = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  builtIn: z.boolean(),
  version: Count,
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  source: z.string(),
  /** Types of the aggregates that its rows are; empty: all types. Null: rows are no aggregates. */
  aggregateTypes: z.array(z.string()).nullable(),
  /** new: never built. stale: the definition changed, or the table is of an older one. */
  state: z.enum(['new', 'building', 'ready', 'stale', 'failed']),
  rows: Count,
  processed: Count,
  ignored: Count,
  failed: Count,
  /** The lag: captured records that the table does not take in yet. */
  behind: Count,
  /**
   * The replay or retry under way, null: none. Its job counts events and carries `perSecond` and `remainingMs`; the
   * table that is ready answers until it is done.
   */
  jobId: z.string().nullable(),
  /** Results of earlier definitions, kept for `compare`, the latest first; each definition once. */
  kept: z.array(ProjectionBuild),
  /** What answers now; null: nothing was built. */
  present: ProjectionBuild.nullable(),
  /** What is kept to answer as of any earlier moment; null: such questions are folded. */
  history: z.object({ changes: Count, bytes: Count }).nullable(),
  builtAt: Millis.nullable(),
  problem: z.string().nullable(),
});
export type ProjectionStatus = z.infer<typeof ProjectionStatus>;

/** What became of a row: it is only in the later result, only in the earlier one, or in both with other values. */
export const RowChange = z.enum(['added', 'removed', 'changed']);

/** The results of two definitions of one projection, side by side. Rows by key. */
export const ProjectionComparison = z.object({
  before: ProjectionBuild,
  after: ProjectionBuild,
  /** False: the two rest on other events, so not every difference is the definition's doing. */
  sameEvents: z.boolean(),
  counts: z.object({ same: Count, changed: Count, added: Count, removed: Count }),
  /** Columns of both; `differs`: changed rows in which the values are not equal, 0 for a column of one side alone. */
  columns: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      change: z.enum(['kept', 'added', 'removed']),
      differs: Count,
    }),
  ),
  /** Rows that fit `show` and `column`, and the page of them. */
  total: Count,
  rows: z.array(
    z.object({
      key: z.string(),
      change: RowChange,
      /** Only what differs; null on the side that has no such row or column. */
      cells: z.array(z.object({ column: z.string(), before: Cell, after: Cell })),
    }),
  ),
});
export type ProjectionComparison = z.infer<typeof ProjectionComparison>;

export const projections = {
  list: query(
    nothing,
    z.object({ projections: z.array(ProjectionStatus), coverage: CoverageBadge.nullable() }),
  ),
  definition: query(
    z.object({ name: z.string() }).strict(),
    z.object({ definition: JsonText, builtIn: z.boolean() }),
  ),
  /**
   * What a definition that is being written makes of one row. `on`: the row's key; null: the engine takes one. Mistakes
   * of the definition are part of the answer.
   */
  try: query(
    z.object({ definition: z.string().max(500_000), on: z.string().max(4096).nullable(), cut: Cut }).strict(),
    DefinitionTry,
  ),
  /** The definition as it is and as it was saved before, newest first. */
  versions: query(z.object({ name: ProjectionName }).strict(), z.array(DefinitionVersion)),
  /** Validates and stores a definition (JSON text). */
  save: query(z.object({ definition: z.string().max(500_000) }).strict(), ProjectionStatus),
  remove: query(z.object({ name: ProjectionName }).strict(), nothing),
  /** Brings the table up to what is captured; `rebuild` starts from nothing. */
  run: job(z.object({ name: ProjectionName, rebuild: z.boolean() }).strict()),
  failures: query(
    z.object({ name: ProjectionName, ...Page }).strict(),
    z.object({
      total: Count,
      rows: z.array(z.object({ id: RecordId, place: PlaceOut, type: z.string(), message: z.string() })),
    }),
  ),
  /**
   * Folds the rows of failed events again, from the first event of each; `recordIds` null: of all failures. When the
   * definition has changed meanwhile, everything is replayed beside the table that answers.
   */
  retry: job(
    z
      .object({ name: ProjectionName, recordIds: z.array(RecordId).min(1).max(LIMITS.pageRows).nullable() })
      .strict(),
  ),
  /** What changes of the definition changed in the results; null: one of the two is not kept (any more). */
  compare: query(
    z
      .object({
        name: ProjectionName,
        /** Hashes of the definitions. Absent or null: the latest kept one, and the one that answers. */
        before: z.string().max(64).nullable().optional(),
        after: z.string().max(64).nullable().optional(),
        /** Null: all three. */
        show: RowChange.nullable(),
        /** Only rows in which this column differs. */
        column: z.string().max(200).nullable(),
        ...Page,
      })
      .strict(),
    ProjectionComparison.nullable(),
  ),
};

/** A statement, what its named parameters are (see core/sqlParameters), and the moment it is asked for. */
const Statement = {
  sql: z.string().min(1).max(100_000),
  parameters: z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string().max(100_000)).optional(),
  cut: Cut,
};
export const ResultFormat = z.enum(['csv', 'json', 'ndjson', 'parquet']);
export type ResultFormat = z.infer<typeof ResultFormat>;

export const sql = {
  query: query(
    z
      .object({
        ...Statement,
        limit: z.number().int().min(1).max(LIMITS.sqlRows),
      })
      .strict(),
    z.object({
      columns: z.array(z.object({ name: z.string(), type: z.string().nullable() })),
      rows: z.array(z.array(Cell)),
      /** More rows were to be had than the limit. */
      more: z.boolean(),
      tookMs: z.number(),
      coverage: CoverageBadge,
      /** In words: which moment the answer is for. */
      asOf: z.string(),
    }),
  ),
  /** How a statement would be answered. Nothing of it is run. */
  plan: query(
    z.object(Statement).strict(),
    z.object({
      steps: z.array(
        z.object({
          /** How deep it stands under the step it is part of, from 0. */
          depth: Count,
          words: z.string(),
          /** As SQLite says it. */
          detail: z.string(),
          /** It reads a whole table or sorts. */
          heavy: z.boolean(),
        }),
      ),
      tookMs: z.number(),
      asOf: z.string(),
    }),
  ),
  /** Asks again and writes all rows, not only those that were shown, into a file. */
  export: job(z.object({ ...Statement, format: ResultFormat, target: FileTarget }).strict()),
  /** What a statement may name: tables with their columns, and functions beside SQLite's own. */
  schema: query(
    nothing,
    z.object({
      tables: z.array(
        z.object({
          table: z.string(),
          note: z.string(),
          columns: z.array(z.object({ name: z.string(), type: z.string() })),
        }),
      ),
      functions: z.array(z.object({ name: z.string(), note: z.string() })),
    }),
  ),
};
