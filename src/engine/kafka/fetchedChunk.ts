// What a reader of partitions is given and gives.
import type { BatchSummary, DecodeProblem } from './recordBatch.ts';
import { allocateColumns, type RecordColumns } from './recordColumns.ts';
import type { KafkaFault } from './types.ts';

/** Offsets [from, to) of a partition; `to` is the end captured at the start, Infinity to follow it. */
export interface ReadRange {
  topic: string;
  partition: number;
  from: number;
  to: number;
}

export interface ReadOptions {
  partitions: ReadRange[];
  signal?: AbortSignal;
  /** Bytes one response may hold of a partition; a larger batch is read all the same. Default 1 MB. */
  maxBytesPerPartition?: number;
  /**
   * The bytes of a chunk (columns.bytes) are only lent until the next chunk is asked for, and cannot be transferred:
   * nothing is copied behind the columns. Default: they are the chunk's own.
   */
  lendBytes?: boolean;
  /** Milliseconds without any progress after which a partition is given up with a fault. Default 120,000. */
  giveUpAfterMs?: number;
  /** Ranges have no end: waits at the end of each partition for what comes. */
  follow?: FollowOptions;
}

/**
 * Following reads finished transactions only: it stands at the last stable offset until that moves, and says in a chunk
 * without records when the high watermark lies beyond it.
 */
export interface FollowOptions {
  /** Milliseconds between two requests to a broker near the end: what comes meanwhile comes together. */
  paceMs: number;
  /** Milliseconds a broker may wait for something new before it answers. */
  maxWaitMs: number;
  /** What a partition (`topic/0`) waits out; null: it goes on. */
  onWait(where: string, fault: KafkaFault | null): void;
}

/** Part of a partition, in offset order within that partition. */
export interface FetchedChunk {
  topic: string;
  partition: number;
  columns: RecordColumns;
  /** The standing of each row: see VERDICT. */
  verdict: Uint8Array;
  /** The batches of the rows; `packed` is good as long as it is held, also when bytes are lent. */
  batches: BatchSummary[];
  problems: DecodeProblem[];
  /** Everything before this offset has been seen; where to go on. */
  nextOffset: number;
  /** As the broker reported them with this chunk; −1 when it was not asked. */
  logStart: number;
  highWatermark: number;
  lastStable: number;
  /** Offsets that were asked for and that retention (or DeleteRecords) has removed. */
  removed: { from: number; to: number } | null;
  /** The range is read to its end. */
  done: boolean;
  /** Reading of this partition stopped here, before its end; the others go on. */
  fault: KafkaFault | null;
}

/** A chunk in which nothing has happened yet. */
export const emptyChunk = ({ topic, partition }: { topic: string; partition: number }): FetchedChunk => ({
  ...{ topic, partition },
  ...{ columns: allocateColumns(0, 0), verdict: new Uint8Array(0), batches: [], problems: [] },
  ...{ nextOffset: 0, logStart: -1, highWatermark: -1, lastStable: -1 },
  ...{ removed: null, done: false, fault: null },
});
