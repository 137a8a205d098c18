import { z } from 'zod';
import { Count, Millis, Name } from './common.ts';
import { EventFilter } from './events.ts';
import { job, nothing, query } from './procedure.ts';

export const SavedFilter = z.object({
  id: z.string(),
  name: Name,
  filter: EventFilter,
  /** workspace: in its file, and goes along with it. machine: beside a recording that cannot be written. */
  place: z.enum(['workspace', 'machine']),
  changedAt: Millis,
});
export type SavedFilter = z.infer<typeof SavedFilter>;

export const FieldSample = z.object({
  /** As the filter language writes it: `data.amount`, `data.items[*].sku`, `header.tenant`. */
  field: z.string(),
  kind: z.enum(['text', 'number', 'boolean', 'null', 'list', 'object']),
  /** One of its values as a literal, shortened; empty for lists and objects. */
  example: z.string(),
  /** Records of the sample that have it. */
  records: Count,
});
export type FieldSample = z.infer<typeof FieldSample>;

export const TextIndex = z.object({
  topic: z.string(),
  /** Records whose words are in the index, and captured ones whose are not yet. */
  indexed: Count,
  behind: Count,
  bytes: Count,
  /** The job that builds it now. */
  jobId: z.string().nullable(),
});
export type TextIndex = z.infer<typeof TextIndex>;

const Topic = z.object({ topic: z.string().min(1).max(249) }).strict();

export const search = {
  /** Fields of some of the records that fit a filter, most frequent first. */
  fields: query(
    z.object({ filter: EventFilter }).strict(),
    z.object({ fields: z.array(FieldSample), records: Count }),
  ),
  /** By name. */
  saved: query(nothing, z.array(SavedFilter)),
  /** @throws `filter.exists`, `filter.invalid` */
  save: query(z.object({ name: Name, filter: EventFilter }).strict(), SavedFilter),
  /** @throws `filter.exists`, `filter.unknown` */
  rename: query(z.object({ id: z.string(), name: Name }).strict(), nothing),
  /** @throws `filter.unknown` */
  remove: query(z.object({ id: z.string() }).strict(), nothing),
  /** Full-text indexes there are or that are being built. */
  indexes: query(nothing, z.array(TextIndex)),
  /** Builds the full-text index of a topic, or takes in what was captured since. */
  index: job(Topic),
  removeIndex: query(Topic, nothing),
};
