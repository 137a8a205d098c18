/** Records out of a workspace into files of common formats, and back. */
import { z } from 'zod';
import { Count } from './common.ts';
import { EventFilter } from './events.ts';
import { job, query } from './procedure.ts';
import { FileTarget } from './workspaceWork.ts';

export const TransferFormat = z.enum(['ndjson', 'csv', 'parquet']);
export type TransferFormat = z.infer<typeof TransferFormat>;

/** A line or row of a file that brought no record. */
export const BadLine = z.object({
  /** Line of the file, or row of a Parquet file; from 1. */
  line: Count,
  problem: z.string(),
});
export type BadLine = z.infer<typeof BadLine>;

export const ImportReport = z.object({
  format: TransferFormat.nullable(),
  lines: Count,
  stored: Count,
  /** Lines whose record the workspace holds already, with the same bytes. */
  same: Count,
  bad: Count,
  /** Every bad line; `bad` counts all of them. */
  rows: z.array(BadLine),
});

export const transfer = {
  /** What fits the filter, in log order, with key, value, headers, place and times. */
  exportEvents: job(z.object({ filter: EventFilter, format: TransferFormat, target: FileTarget }).strict()),
  /** Reads a file of any of the formats into the open workspace. The format is told by the content. */
  importFile: job(z.object({ token: z.string().max(200) }).strict()),
  /** How an import went, with its bad lines from `from` on. */
  importReport: query(
    z.object({ jobId: z.string(), from: Count, count: z.number().int().min(1).max(1000) }).strict(),
    ImportReport,
  ),
  /**
   * The address under which the browser door hands out the file that a job made; usable once. Null: the job wrote to
   * a place of the person's own, or made no file.
   */
  download: query(
    z.object({ jobId: z.string() }).strict(),
    z.object({ path: z.string(), name: z.string(), bytes: Count }).nullable(),
  ),
  /** A token and an address to PUT a file of this size to; the token then stands for the file. Browser door only. */
  upload: query(
    z.object({ name: z.string().min(1).max(300), bytes: Count }).strict(),
    z.object({ path: z.string(), token: z.string() }),
  ),
};
export type ImportReport = z.infer<typeof ImportReport>;
