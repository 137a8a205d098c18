/** What crosses between the capture thread and the writer thread, over a port of their own. */
import type { RecordFrame } from '../store/frame.ts';
import type { WireError } from '../workers/messages.ts';

export interface PartitionBegin {
  topic: string;
  partition: number;
  /** Where asking begins when the workspace does not hold the partition yet; earliest asks from 0. */
  askedFrom: number;
  low: number;
  high: number;
}

export interface CaptureBegin {
  clusterId: string | null;
  topics: { name: string; kafkaId: string | null }[];
  partitions: PartitionBegin[];
  at: number;
}

/** Where each partition stands in the workspace once the capture has begun. */
export interface CapturePlan {
  partitions: {
    topic: string;
    partition: number;
    no: number;
    /** First offset to read. */
    start: number;
    /** One after the last stored offset: beyond `start` where records of an open transaction are read again. */
    next: number;
    /** Highest recorded time before it; null when nothing is stored there. */
    mono: number | null;
  }[];
  /** Stored mappings by topic, as text. */
  mappings: Record<string, string>;
  retention: number;
}

export type ToSink =
  | { kind: 'begin'; begin: CaptureBegin }
  | { kind: 'mapping'; topic: string; text: string }
  | { kind: 'frame'; frame: RecordFrame }
  | { kind: 'end' };

export interface SinkTotals {
  rows: number;
  bytes: number;
  readMs: number;
  indexMs: number;
}

export type FromSink =
  | { kind: 'plan'; plan: CapturePlan }
  | { kind: 'credit'; bytes: number; rows: number; written: number }
  | { kind: 'indexing' }
  | { kind: 'ended'; totals: SinkTotals }
  | { kind: 'failed'; error: WireError };
