/** What a recheck is asked for, how it goes, and what it found. */
import type { KafkaConnection } from '../kafka/types.ts';

export interface RecheckRequest {
  /** Lives in memory only; crosses into the thread by structured clone. */
  connection: KafkaConnection;
  /** By their names in the workspace; null: all. */
  topics: string[] | null;
  /** Of the workspace; another cluster is not compared. Null: it does not know. */
  clusterId: string | null;
}

export interface RecheckProgress {
  /** Offsets passed and to pass. */
  done: number;
  total: number | null;
  different: number;
}

/** compared = equal + different + gone. */
export interface RecheckedPartition {
  topic: string;
  partition: number;
  compared: number;
  equal: number;
  different: number;
  gone: number;
  /** Records of the cluster at offsets where the workspace says that there is none. */
  extra: number;
  notCompared: number;
  differences: { offset: number; what: string }[];
  problem: string | null;
}

export interface RecheckOutcome {
  status: 'done' | 'cancelled';
  partitions: RecheckedPartition[];
}
