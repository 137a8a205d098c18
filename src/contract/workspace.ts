import { z } from 'zod';
import { Count, CoverageBadge, Int64, Millis } from './common.ts';
import { job, nothing, query } from './procedure.ts';
import { workspaceWork } from './workspaceWork.ts';

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
  /** A recording that is not what was saved: what is damaged and where. Null: nothing known to be. */
  damage: z.string().nullable(),
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
    'undecodable',
    'not-asked',
    'not-read',
    'open-transaction',
    'before-workspace',
  ]),
  note: z.string(),
});
export type MissingRange = z.infer<typeof MissingRange>;

const Range = z.object({ from: Int64, to: Int64 });

/** What of a partition was looked through for the records of one key. */
export const KeyCoverage = Range.extend({
  /** As text; bytes that are no UTF-8 are shown replaced. */
  key: z.string(),
  /** Offsets of the range that were looked through, or are stored anyway. */
  looked: Int64,
  /** Deleted or unreadable before they could be looked through. */
  unseen: Int64,
  notRead: Int64,
});

/**
 * What the workspace holds of one partition. Every offset of the asked ranges is in exactly one class:
 * asked = stored + control + absent + retention + unreadable + notRead. Stored and kept for a key are together
 * committed + aborted + open.
 * Every offset of the log up to its end is: end = beforeWorkspace + asked + notAsked.
 * `unaccounted` is what such a sum lacks: always 0, or the workspace is damaged.
 */
export const PartitionCoverage = z.object({
  topic: z.string(),
  partition: Count,
  /** Kafka's id of this incarnation of the topic; null where the cluster tells none. */
  topicId: z.string().nullable(),
  /** Not null: the cluster has another log under this name by now; why this one was set aside, in words. */
  aside: z.string().nullable(),
  /** First offset asked for, and the one after the last. */
  askedFrom: Int64,
  askedTo: Int64,
  askedRanges: z.array(Range),
  nextOffset: Int64,
  /** One after the last offset of the log, as far as the cluster told. */
  end: Int64,
  /** Offsets that were deleted from the log before the workspace began: nobody asked for them. */
  beforeWorkspace: Int64,
  notAsked: Int64,
  asked: Int64,
  stored: Int64,
  control: Int64,
  /** Offsets that the broker did not return although it returned later ones: compacted away. */
  absent: Int64,
  retention: Int64,
  unreadable: Int64,
  notRead: Int64,
  committed: Int64,
  aborted: Int64,
  open: Int64,
  unaccounted: Int64,
  /** Records outside the asked ranges that were kept for their keys. */
  keptByKey: Int64,
  keys: z.array(KeyCoverage),
  missing: z.array(MissingRange),
  /** Every offset since the log's start at the first capture is accounted for and readable. */
  complete: z.boolean(),
  lastCaptureAt: Millis.nullable(),
});
export type PartitionCoverage = z.infer<typeof PartitionCoverage>;

/** What a fresh read of the cluster says of the stored records of one partition. */
export const PartitionRecheck = z.object({
  topic: z.string(),
  partition: Count,
  /** Records and markers that were compared: equal + different + gone. */
  compared: Int64,
  equal: Int64,
  different: Int64,
  /** On the cluster no longer: deleted or compacted. */
  gone: Int64,
  /** Offsets where the cluster has a record now and the workspace says that there is none. */
  extra: Int64,
  /** Not compared, because the reading ended before. */
  notCompared: Int64,
  /** The first ones that differ or are extra, and what of each. */
  differences: z.array(z.object({ offset: Int64, what: z.string() })),
  /** Why reading ended early, in words. */
  problem: z.string().nullable(),
});
export type PartitionRecheck = z.infer<typeof PartitionRecheck>;

export const workspace = {
  ...workspaceWork,
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
  /** Compares what is stored with a fresh read of the cluster, byte for byte. Nothing is written. */
  recheck: job(z.object({ connectionId: z.string(), topics: z.array(z.string()).nullable() }).strict()),
  /** What the last recheck of the open workspace found; null: there was none since it was opened. */
  rechecked: query(
    nothing,
    z
      .object({
        jobId: z.string(),
        state: z.enum(['equal', 'different', 'incomplete']),
        endedAt: Millis,
        partitions: z.array(PartitionRecheck),
      })
      .nullable(),
  ),
};
