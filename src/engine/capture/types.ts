/** What a capture is asked for, how it goes, and how it ended. */
import type { KafkaConnection } from '../kafka/types.ts';
import type { SetAside } from './sinkMessages.ts';

/**
 * What is wanted of each partition. go-on: what the workspace was asked for before and what came since; a partition that
 * it does not hold begins at the log's start. earliest: everything from the log's start on. latest: the last offsets of
 * every partition, newest: those of each topic over all its partitions in recorded order; markers among them. Offsets are below 2^40. What is stored already is not read again.
 */
export type CaptureFrom =
  | 'go-on'
  | 'earliest'
  | { time: number }
  | { offset: number }
  | { latest: number }
  | { newest: number };

/** The last moment or offset that is wanted, inclusive; a partition is left where a record is later than it. */
export type CaptureTo = { time: number } | { offset: number };

export interface CaptureRequest {
  /** Lives in memory only; crosses into the capture thread by structured clone. */
  connection: KafkaConnection;
  topics: string[];
  from: CaptureFrom;
  /** Absent: up to the end. */
  to?: CaptureTo;
  /** Only records with exactly this key; the partition that it hashes to is read first. */
  key?: Uint8Array;
}

export interface CaptureProgress {
  /** elsewhere: the key is looked for in the partitions that it does not hash to. */
  phase: 'connecting' | 'reading' | 'elsewhere' | 'indexing';
  /** What it waits for before it can begin, in a sentence; null: for nothing. */
  waits: string | null;
  /** Offsets passed and to pass in this capture; total null while connecting. */
  done: number;
  total: number | null;
  /** New records in the workspace, without markers. */
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
  /** New records in the workspace, without markers. */
  stored: number;
  bytes: number;
  /** What is kept under another name from now on, because the cluster has another log. */
  aside: SetAside[];
  /** Where records of the asked key were found; null: everything was asked for. */
  key: KeyFinding | null;
  /** Offsets that could not be had, by reason. */
  absent: number;
  retention: number;
  unreadable: number;
  notRead: number;
  /** Milliseconds of reading and of building indexes. */
  readMs: number;
  indexMs: number;
}

/** Records of a key in what this capture looked through. */
export interface KeyFinding {
  /** In the partitions that the key hashes to. */
  home: KeyPlace[];
  /** In all others; without those that have none. */
  elsewhere: KeyPlace[];
  /** Partitions that were looked through, beside the home ones. */
  others: number;
}

export interface KeyPlace {
  topic: string;
  partition: number;
  records: number;
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
  /** In place of `headers`: as Kafka encodes them (KIP-82). */
  encodedHeaders?: Uint8Array;
  /** create unless said. */
  timestampType?: 'create' | 'log-append';
  /** Part of a transaction that was committed; others than committed ones always are. */
  transactional?: boolean;
  /** Decimal; null or absent: none. */
  producerId?: string | null;
}

export interface ImportOutcome {
  stored: number;
  topics: number;
}
