/** What crosses between the capture thread and the writer thread, over a port of their own. */
import type { RecordFrame } from '../store/frame.ts';
import type { WireError } from '../workers/messages.ts';

export interface PartitionBegin {
  topic: string;
  partition: number;
  /** First offset that is wanted; null: the workspace goes on where it stands, from the log's start when it is new. */
  askedFrom: number | null;
  /** One after the last offset that is wanted; absent: up to `high`. */
  askedTo?: number;
  low: number;
  high: number;
  /** The stored records from this offset on are no longer those of the cluster. */
  lostFrom?: number | null;
}

export interface CaptureBegin {
  clusterId: string | null;
  topics: { name: string; kafkaId: string | null }[];
  partitions: PartitionBegin[];
  at: number;
  /** Only records of this key are wanted. */
  key?: Uint8Array | null;
  /** For a capture that follows: indexes stay live and commits come soon. It may begin again with more partitions. */
  live?: boolean;
}

/** Offsets [from, to) that are to be read. */
export interface Work {
  from: number;
  to: number;
  /** Keep only the records of this key. */
  key: Uint8Array | null;
  /** Highest recorded time before it; null when nothing is stored there. */
  mono: number | null;
}

/** What is kept under another name, because the cluster has another log by now. */
export interface SetAside {
  topic: string;
  label: string;
  reason: 'recreated' | 'truncated';
  partition?: number;
  /** First offset that is another record on the cluster. */
  from?: number;
}

/** Where each partition stands in the workspace once the capture has begun. */
export interface CapturePlan {
  partitions: {
    topic: string;
    partition: number;
    no: number;
    /** Where following goes on: everything before it is final. */
    start: number;
    /** One after the last stored offset: beyond `start` where records of an open transaction are read again. */
    next: number;
    /** Highest recorded time before `start`; null when nothing is stored there. */
    mono: number | null;
    /** In the order of offsets. */
    work: Work[];
  }[];
  /** Stored mappings by topic, as text. */
  mappings: Record<string, string>;
  /** Offsets that turned out to be deleted before they were read. */
  retention: number;
  aside: SetAside[];
}

export type ToSink =
  | { kind: 'begin'; begin: CaptureBegin }
  | { kind: 'mapping'; topic: string; text: string }
  | { kind: 'frame'; frame: RecordFrame }
  | { kind: 'end' };

export interface SinkTotals {
  /** New records: without markers, and without those that came a second time. */
  records: number;
  rows: number;
  bytes: number;
  readMs: number;
  indexMs: number;
}

export type FromSink =
  | { kind: 'plan'; plan: CapturePlan }
  | { kind: 'credit'; bytes: number; records: number; written: number }
  | { kind: 'indexing' }
  | { kind: 'ended'; totals: SinkTotals }
  | { kind: 'failed'; error: WireError };
