import { z } from 'zod';
import { Millis } from './common.ts';
import { ErrorValue } from './errors.ts';
import { nothing, query, stream } from './procedure.ts';

/** What of the engine's knowledge has changed; the page asks again for what hangs on it. */
export const ChangedScope = z.enum([
  'connections',
  'workspace',
  'events',
  'projections',
  'jobs',
  'receipts',
  'search',
  'notebook',
  'sentences',
]);
export type ChangedScope = z.infer<typeof ChangedScope>;

export const JobState = z.object({
  id: z.string(),
  kind: z.enum([
    'capture',
    'follow',
    'recheck',
    'projection',
    'workspace',
    'export',
    'import',
    'index',
    'check',
    'keyframes',
    'what-if',
    'invariants',
    'mapping',
  ]),
  title: z.string(),
  status: z.enum(['running', 'done', 'incomplete', 'failed', 'cancelled']),
  startedAt: Millis,
  endedAt: Millis.nullable(),
  /** Things done and to do in `unit`; total null: not known yet. */
  done: z.number(),
  total: z.number().nullable(),
  unit: z.string(),
  perSecond: z.number().nullable(),
  remainingMs: z.number().nullable(),
  /** What it is doing now, or how it ended, in a sentence. */
  note: z.string(),
  error: ErrorValue.nullable(),
});
export type JobState = z.infer<typeof JobState>;

export const system = {
  info: query(
    nothing,
    z.object({
      version: z.string(),
      node: z.string(),
      pid: z.number(),
      startedAt: Millis,
      door: z.enum(['desktop', 'browser', 'test']),
      /** How secrets are kept on this machine, in words. */
      secrets: z.string(),
      /** How often the engine was started again after a crash in this session. */
      restarts: z.number(),
      user: z.string(),
    }),
  ),
  changed: stream(nothing, z.object({ scopes: z.array(ChangedScope) })),
};

export const jobs = {
  list: query(nothing, z.array(JobState)),
  cancel: query(z.object({ id: z.string() }).strict(), nothing),
  /** All jobs of this session, at most ten times a second while something moves. */
  watch: stream(nothing, z.array(JobState)),
};
