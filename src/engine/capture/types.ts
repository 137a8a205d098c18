/** What a capture is asked for, how it goes, and how it ended. */
import type { KafkaConnection } from '../kafka/types.ts';

/** Where to begin in a partition that the workspace does not hold yet. Offsets are below 2^40. */
export type CaptureFrom = 'earliest' | { time: number } | { offset: number };

export interface CaptureRequest {
  /** Lives in memory only; crosses into the capture thread by structured clone. */
  connection: KafkaConnection;
  topics: string[];
  from: CaptureFrom;
}

export interface CaptureProgress {
  phase: 'connecting' | 'reading' | 'indexing';
  /** Offsets passed and to pass in this capture; total null while connecting. */
  done: number;
  total: number | null;
  /** Records written in this capture, markers included. */
  stored: number;
  /** Bytes of keys, values and headers written. */
  bytes: number;
  /** Records a second over the last seconds; null before there is a rate. */
  perSecond: number | null;
  remainingMs: number | null;
}

export interface CaptureOutcome {
  /** complete: up to the end offsets seen at the start. incomplete: ended early, `problem` says why; all read is kept. */
  status: 'complete' | 'incomplete' | 'cancelled';
  problem: string | null;
  nextStep: string | null;
  topics: number;
  partitions: number;
  stored: number;
  bytes: number;
  /** Offsets that could not be had, by reason. */
  absent: number;
  retention: number;
  unreadable: number;
  notRead: number;
  /** Milliseconds of reading and of building indexes. */
  readMs: number;
  indexMs: number;
}

/** A record from elsewhere than a broker. */
export interface ImportRecord {
  topic: string;
  partition: number;
  /** Absent: the next one of its partition. Must rise inside a partition. */
  offset?: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  /** In order; a name may come twice; a value may be null. */
  headers: readonly (readonly [string, Uint8Array | null])[];
  /** Create time, ms since 1970. */
  timestamp: number;
  /** committed unless said; control: a transaction marker. */
  verdict?: 'committed' | 'aborted' | 'open' | 'control';
}

export interface ImportOutcome {
  stored: number;
  topics: number;
}
