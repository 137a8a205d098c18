/** What following topics is asked for, how it goes, and how it ended. */
import type { KafkaConnection } from '../kafka/types.ts';

export interface FollowRequest {
  /** Lives in memory only; crosses into the capture thread by structured clone. */
  connection: KafkaConnection;
  topics: string[];
}

export interface FollowProgress {
  /** New records in the workspace since following began, without markers. */
  stored: number;
  /** Bytes of their keys, values and headers. */
  bytes: number;
  partitions: number;
  /** Offsets up to the ends that the brokers told last. */
  behind: number;
  /** What it waits for, in a sentence; null: for nothing but new records. */
  waits: string | null;
}

export interface FollowOutcome {
  stored: number;
  bytes: number;
  /** What was not followed when it ended, in a sentence. */
  waits: string | null;
}
