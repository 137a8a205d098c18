import { z } from 'zod';
import { Count, CoverageBadge, Cut, JsonText, Millis, PlaceOut, RecordId } from './common.ts';
import { LIMITS } from './limits.ts';
import { job, nothing, query } from './procedure.ts';

export const ProjectionName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'lower case letters, digits and underscore');

export const ProjectionStatus = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  builtIn: z.boolean(),
  version: Count,
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  source: z.string(),
  /** new: never built. stale: the definition changed, or the table is of an older one. */
  state: z.enum(['new', 'building', 'ready', 'stale', 'failed']),
  rows: Count,
  processed: Count,
  ignored: Count,
  failed: Count,
  /** Captured records that the table does not take in yet. */
  behind: Count,
  builtAt: Millis.nullable(),
  problem: z.string().nullable(),
});
export type ProjectionStatus = z.infer<typeof ProjectionStatus>;

export const projections = {
  list: query(
    nothing,
    z.object({ projections: z.array(ProjectionStatus), coverage: CoverageBadge.nullable() }),
  ),
  definition: query(
    z.object({ name: z.string() }).strict(),
    z.object({ definition: JsonText, builtIn: z.boolean() }),
  ),
  /** Validates and stores a definition (JSON text). */
  save: query(z.object({ definition: z.string().max(500_000) }).strict(), ProjectionStatus),
  remove: query(z.object({ name: ProjectionName }).strict(), nothing),
  /** Brings the table up to what is captured; `rebuild` starts from nothing. */
  run: job(z.object({ name: ProjectionName, rebuild: z.boolean() }).strict()),
  failures: query(
    z
      .object({ name: ProjectionName, from: Count, count: z.number().int().min(1).max(LIMITS.pageRows) })
      .strict(),
    z.object({
      total: Count,
      rows: z.array(z.object({ id: RecordId, place: PlaceOut, type: z.string(), message: z.string() })),
    }),
  ),
};

/** A cell keeps its type: numbers that JavaScript would change come as text with type integer or decimal. */
export const Cell = z.union([
  z.null(),
  z.string(),
  z.number(),
  z.object({ integer: z.string() }),
  z.object({ decimal: z.string() }),
  z.object({ base64: z.string() }),
]);
export type Cell = z.infer<typeof Cell>;

export const sql = {
  query: query(
    z
      .object({
        sql: z.string().min(1).max(100_000),
        cut: Cut,
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
  schema: query(
    nothing,
    z.array(
      z.object({
        table: z.string(),
        note: z.string(),
        columns: z.array(z.object({ name: z.string(), type: z.string() })),
      }),
    ),
  ),
};
