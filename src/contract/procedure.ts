import { z } from 'zod';

/**
 * query: one answer. job: starts long work and answers with its id; the work is watched and cancelled through the
 * `jobs` namespace. stream: pushes values until cancelled; never rows, only cursors and counts.
 */
export type ProcedureKind = 'query' | 'job' | 'stream';

export interface Procedure<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  kind: ProcedureKind;
  input: I;
  output: O;
  /** The answer carries bytes beside its value (a binary tail). */
  bytes?: boolean;
}

export const nothing = z.object({}).strict();
export const JobRef = z.object({ jobId: z.string() });

export const query = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) =>
  ({ kind: 'query', input, output }) as const;
/** A query whose answer has a binary tail. */
export const bytesQuery = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) =>
  ({ kind: 'query', input, output, bytes: true }) as const;
export const job = <I extends z.ZodType>(input: I) => ({ kind: 'job', input, output: JobRef }) as const;
export const stream = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) =>
  ({ kind: 'stream', input, output }) as const;
