import { z } from 'zod';
import { Count, CoverageBadge, Int64, Millis } from './common.ts';
import { nothing, query } from './procedure.ts';

/** Letters, digits, dash, underscore, dot, space; never a path. */
export const WorkspaceName = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} _.-]{0,79}$/u);

export const WorkspaceInfo = z.object({
  name: z.string(),
  file: z.string(),
  kind: z.enum(['workspace', 'recording', 'demo']),
  readOnly: z.boolean(),
  clusterId: z.string().nullable(),
  sizeBytes: Count,
  records: Count,
  events: Count,
  topics: z.array(z.string()),
  firstRecordedAt: Millis.nullable(),
  lastRecordedAt: Millis.nullable(),
  coverage: CoverageBadge,
  /** Rises with every change of the captured data; caches of the page hang on it. */
  revision: Count,
});
export type WorkspaceInfo = z.infer<typeof WorkspaceInfo>;

export const MissingRange = z.object({
  from: Int64,
  /** Exclusive. */
  to: Int64,
  reason: z.enum([
    'compaction',
    'retention',
    'control',
    'undecodable',
    'not-asked',
    'not-read',
    'open-transaction',
  ]),
  note: z.string(),
});
export type MissingRange = z.infer<typeof MissingRange>;

/**
 * What the workspace holds of one partition. The counts add up:
 * asked = stored + control + absent + retention + unreadable + notRead. Aborted and open records are stored and
 * counted again beside.
 */
export const PartitionCoverage = z.object({
  topic: z.string(),
  partition: Count,
  /** First offset asked for and end offset seen at the start of the last capture (exclusive). */
  askedFrom: Int64,
  askedTo: Int64,
  nextOffset: Int64,
  asked: Int64,
  stored: Int64,
  control: Int64,
  /** Offsets that the broker did not return although it returned later ones: compacted away. */
  absent: Int64,
  retention: Int64,
  unreadable: Int64,
  notRead: Int64,
  aborted: Int64,
  open: Int64,
  missing: z.array(MissingRange),
  complete: z.boolean(),
  lastCaptureAt: Millis.nullable(),
});
export type PartitionCoverage = z.infer<typeof PartitionCoverage>;

export const workspace = {
  current: query(nothing, WorkspaceInfo.nullable()),
  list: query(
    nothing,
    z.array(
      z.object({
        name: z.string(),
        kind: z.enum(['workspace', 'demo']),
        sizeBytes: Count,
        changedAt: Millis.nullable(),
      }),
    ),
  ),
  create: query(z.object({ name: WorkspaceName }).strict(), WorkspaceInfo),
  open: query(z.object({ name: WorkspaceName }).strict(), WorkspaceInfo),
  openDemo: query(nothing, WorkspaceInfo),
  /** Opens a file that a dialog of the desktop window gave a token for. */
  openFile: query(z.object({ token: z.string() }).strict(), WorkspaceInfo),
  coverage: query(
    z.object({ topics: z.array(z.string()).nullable() }).strict(),
    z.object({ badge: CoverageBadge, partitions: z.array(PartitionCoverage) }),
  ),
};
