/**
 * Records of transactions that stay open while a topic is followed. The follow itself stands at the last stable offset;
 * what lies beyond it is stored as open, to be seen, and is written again when the follow comes by.
 */
import type { ClusterClient } from '../kafka/clusterClient.ts';
import { type FetchedChunk, readPartitions } from '../kafka/fetchReader.ts';
import { KafkaFault } from '../kafka/types.ts';
import type { RecordFrame } from '../store/frame.ts';
import type { PartitionCursor } from './extract.ts';

/** Most transactions end sooner than this; their records are then written once, with their commit. */
const OPEN_AFTER_MS = 1000;
const CHECK_EVERY_MS = 500;
const GIVE_UP_MS = 5_000;

interface Waiting {
  topic: string;
  partition: number;
  /** Of the follow: where the open transaction begins. */
  cursor: PartitionCursor;
  at: number;
  since: number;
  high: number;
  /** Behind the last record that was stored as open; null: none was. */
  shown: PartitionCursor | null;
}

export interface OpenTailOptions {
  client: ClusterClient;
  /** Makes and writes a frame when nobody else does; null from `make`: it is no longer wanted. */
  write(make: () => RecordFrame | null): Promise<void>;
  frame(chunk: FetchedChunk, cursor: PartitionCursor): RecordFrame;
}

export class OpenTail {
  readonly #options: OpenTailOptions;
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: OpenTailOptions) {
    this.#options = options;
  }

  /** Told of every chunk that the follow has taken, with the follow's cursor of its partition. */
  note({ topic, partition, highWatermark }: FetchedChunk, cursor: PartitionCursor): void {
    const name = `${partition}/${topic}`;
    if (highWatermark <= cursor.position) {
      if (highWatermark >= 0) this.#waiting.delete(name);
      return;
    }
    const known = this.#waiting.get(name);
    if (known === undefined || known.at !== cursor.position) {
      const shown = known?.shown ?? null;
      this.#waiting.set(name, {
        topic,
        partition,
        cursor,
        at: cursor.position,
        since: performance.now(),
        high: highWatermark,
        shown: shown !== null && shown.position > cursor.position ? shown : null,
      });
    } else known.high = Math.max(known.high, highWatermark);
  }

  /** Looks again and again until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(CHECK_EVERY_MS, signal);
      const long = [...this.#waiting.values()].filter(
        ({ since, high, at, shown }) =>
          performance.now() - since >= OPEN_AFTER_MS && high > (shown?.position ?? at),
      );
      if (signal.aborted || long.length === 0) continue;
      try {
        await this.#show(long, signal);
      } catch (error) {
        // The follow meets the same fault and says so.
        if (!(error instanceof KafkaFault)) throw error;
      }
    }
  }

  async #show(long: readonly Waiting[], signal: AbortSignal): Promise<void> {
    const { client, frame, write } = this.#options;
    const byName = new Map(long.map((each) => [`${each.partition}/${each.topic}`, each]));
    for (const each of long) each.shown ??= { ...each.cursor };
    const partitions = long.map(({ topic, partition, high, shown }) => ({
      topic,
      partition,
      from: shown!.position,
      to: high,
    }));
    for await (const chunk of readPartitions(client, { partitions, signal, giveUpAfterMs: GIVE_UP_MS })) {
      const waiting = byName.get(`${chunk.partition}/${chunk.topic}`)!;
      const shown = waiting.shown!;
      if (chunk.fault !== null || chunk.nextOffset <= shown.position) continue;
      await write(() => {
        // The transaction has ended meanwhile and the follow has gone on: it knows better.
        if (waiting.cursor.position !== waiting.at) return null;
        const made = frame(chunk, shown);
        return { ...made, settled: Math.min(made.settled, waiting.at) };
      });
    }
  }
}

/** Waits `ms`, or until the signal fires. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done();
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      done();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish, { once: true });
  });
}
