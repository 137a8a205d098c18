/** Looking after a workspace: what is in it, making it smaller, checking it, taking parts out, saving it as a recording. */
import { z } from 'zod';
import { Count, CoverageBadge, Millis } from './common.ts';
import { job, nothing, query } from './procedure.ts';

/** What the workspace holds of one topic. */
export const TopicContents = z.object({
  topic: z.string(),
  kafkaId: z.string().nullable(),
  partitions: Count,
  /** Transaction markers are not counted. */
  records: Count,
  events: Count,
  /** Bytes of keys, values and headers as received. */
  bytes: Count,
  firstRecordedAt: Millis.nullable(),
  lastRecordedAt: Millis.nullable(),
  lastCaptureAt: Millis.nullable(),
  coverage: CoverageBadge,
});
export type TopicContents = z.infer<typeof TopicContents>;

/** A table or index of the file. */
export const FilePart = z.object({
  name: z.string(),
  kind: z.enum(['table', 'index']),
  /** What it is for, in words; empty where the name says it. */
  note: z.string(),
  /** Null: not measured. */
  bytes: Count.nullable(),
});

/** A file that belongs to the workspace and lies beside it or in the data folder. */
export const SideFile = z.object({
  what: z.string(),
  file: z.string(),
  bytes: Count,
  /** It can be deleted at any time: it is made again from the workspace. */
  isCache: z.boolean(),
});

/** Whether a recording is what it was when it was saved. */
export const SealState = z.object({
  /** none: it has no seal (a workspace, or saved by an early Hindcast). */
  state: z.enum(['none', 'checking', 'whole', 'damaged']),
  /** What is damaged and where; empty while there is nothing to say. */
  problem: z.string(),
  /** SHA-256 over the content, hexadecimal. */
  hash: z.string().nullable(),
  sealedAt: Millis.nullable(),
});
export type SealState = z.infer<typeof SealState>;

export const WorkspaceContents = z.object({
  topics: z.array(TopicContents),
  createdAt: Millis.nullable(),
  lastCaptureAt: Millis.nullable(),
  /** Format of the file and the newest this Hindcast knows. */
  format: Count,
  newestFormat: Count,
  pageBytes: Count,
  pages: Count,
  freePages: Count,
  /** Bytes of keys, values and headers of all topics. */
  recordBytes: Count,
  parts: z.array(FilePart),
  sideFiles: z.array(SideFile),
  seal: SealState,
});
export type SideFile = z.infer<typeof SideFile>;
export type WorkspaceContents = z.infer<typeof WorkspaceContents>;
export type FilePart = z.infer<typeof FilePart>;

export const CheckFinding = z.object({
  /** Place: a table, a topic with its partition, a range of offsets. */
  where: z.string(),
  problem: z.string(),
  /** What is still right and can be used. */
  usable: z.string(),
});
export type CheckFinding = z.infer<typeof CheckFinding>;

export const CheckPart = z.object({
  name: z.enum(['seal', 'file', 'positions', 'coverage', 'names', 'bytes']),
  title: z.string(),
  status: z.enum(['sound', 'damaged', 'not-checked']),
  /** What was looked at, in words. */
  looked: z.string(),
  findings: z.array(CheckFinding),
  /** Findings beyond those listed. */
  more: Count,
});
export type CheckPart = z.infer<typeof CheckPart>;

/** What an integrity check found. */
export const CheckReport = z.object({
  file: z.string(),
  startedAt: Millis,
  tookMs: z.number(),
  /** unfinished: cancelled, or a part could not be read; what was checked until then stands. */
  status: z.enum(['sound', 'damaged', 'unfinished']),
  parts: z.array(CheckPart),
  /** One sentence. */
  summary: z.string(),
  revision: Count,
});
export type CheckReport = z.infer<typeof CheckReport>;

/** What compacting needs and may give back. Bytes. */
export const CompactPlan = z.object({
  fileBytes: Count,
  /** Of free pages; packing the records anew may give more. */
  freeBytes: Count,
  neededBytes: Count,
  availableBytes: Count,
  /** Why it cannot be done now; null: it can. */
  problem: z.string().nullable(),
});
export type CompactPlan = z.infer<typeof CompactPlan>;

/** Where a file goes: a place chosen in a dialog of the desktop window, or a download of the browser door. */
export const FileTarget = z.union([
  z.object({ token: z.string().max(200) }).strict(),
  z.object({ download: z.string().min(1).max(200) }).strict(),
]);
export type FileTarget = z.infer<typeof FileTarget>;

const TopicName = z.string().min(1).max(249);

export const workspaceWork = {
  /** `measure`: also the sizes of tables and indexes, which reads the whole file. */
  contents: query(z.object({ measure: z.boolean() }).strict(), WorkspaceContents),
  compactPlan: query(nothing, CompactPlan),
  compact: job(nothing),
  check: job(nothing),
  /** The answer of the last check of this workspace in this session. */
  checkReport: query(nothing, CheckReport.nullable()),
  /** Removes what was captured of a topic. Refused while a capture runs. */
  deleteTopic: job(z.object({ topic: TopicName }).strict()),
  /** One file with everything in it, that opens read-only without a cluster. */
  saveRecording: job(z.object({ target: FileTarget }).strict()),
  /** Renames the open workspace. */
  rename: query(z.object({ name: z.string().max(200) }).strict(), z.object({ name: z.string() })),
  /** Deletes a workspace that is not open, with its side files. */
  remove: query(z.object({ name: z.string().max(200) }).strict(), nothing),
};
