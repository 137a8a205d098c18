/** Compares what is stored with a fresh read of the cluster, byte for byte, inside a thread of its own. Writes nothing. */
import type { Database } from 'better-sqlite3';
import { HindcastError } from '../../contract/errors.ts';
import { joined, lengthOf, type Span, within } from '../../core/ranges.ts';
import type { ClusterClient } from '../kafka/clusterClient.ts';
import { type FetchedChunk, readPartitions } from '../kafka/fetchReader.ts';
import { KafkaFault } from '../kafka/types.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { rangesOf } from '../store/offsetBook.ts';
import { RecordBytes } from '../store/recordBytes.ts';
import { connectFor } from './connecting.ts';
import type { RecheckedPartition, RecheckOutcome, RecheckProgress, RecheckRequest } from './recheckTypes.ts';
import { asHindcastError } from './runCapture.ts';
import { differencesOf } from './sameRecord.ts';

export interface RecheckTask {
  request: RecheckRequest;
  /** Read-only, of the workspace. */
  db: Database;
  signal: AbortSignal;
  onProgress: (progress: RecheckProgress) => void;
}

/** Differences that are listed of each partition; all are counted. */
const LISTED = 20;
const GIVE_UP_MS = 30_000;
const PROGRESS_EVERY_MS = 100;

/** A partition on its way. */
interface Lane {
  no: number;
  kafkaId: string | null;
  aside: string | null;
  result: RecheckedPartition;
  /** Offsets of which the workspace says what is there. */
  known: Span[];
  todo: Span[];
  position: number;
}

/** @throws HindcastError when the cluster cannot be reached at all */
export async function runRecheck(task: RecheckTask): Promise<RecheckOutcome> {
  const { request, db, signal } = task;
  const lanes = lanesOf(db, request.topics);
  let client: ClusterClient | null = null;
  try {
    const connected = await connectFor(
      request.connection,
      { signal, isKnown: true, onWait: () => {} },
      async (cluster) => {
        const { clusterId: found } = request;
        if (found !== null && cluster.clusterId !== null && found !== cluster.clusterId)
          throw new HindcastError('workspace.other-cluster', {
            where: db.name,
            found,
            asked: cluster.clusterId,
          });
        await prepare(db, cluster, lanes);
      },
    );
    client = connected.client;
    return await new Recheck(task, client, lanes).run();
  } catch (error) {
    throw asHindcastError(error, request.connection);
  } finally {
    client?.close();
  }
}

function lanesOf(db: Database, topics: readonly string[] | null): Lane[] {
  const rows = db
    .prepare(
      `SELECT p.no, t.name AS topic, p.partition, t.kafka_id AS kafkaId, t.aside FROM partition p
       JOIN topic t ON t.id = p.topic_id ORDER BY t.name, p.partition`,
    )
    .all() as {
    no: number;
    topic: string;
    partition: number;
    kafkaId: string | null;
    aside: string | null;
  }[];
  const keyed = db.prepare(
    'SELECT from_offset AS "from", next_offset AS "to" FROM key_scan WHERE partition_no = ?',
  );
  return rows
    .filter(({ topic }) => topics === null || topics.includes(topic))
    .map(({ no, topic, partition, kafkaId, aside }): Lane => {
      const counts = { compared: 0, equal: 0, different: 0, gone: 0, extra: 0, notCompared: 0 };
      const known = rangesOf(db, 'read_range', no);
      const todo = joined([...known, ...(keyed.all(no) as Span[])]);
      const result = { topic, partition, ...counts, differences: [], problem: null };
      return { no, kafkaId, aside, result, known, todo, position: 0 };
    });
}

const storedIn = (db: Database, no: number, from: number, to: number): number =>
  db
    .prepare('SELECT count(*) FROM record WHERE id >= ? AND id < ?')
    .pluck()
    .get(no * OFFSET_SPAN + from, no * OFFSET_SPAN + to) as number;

function allGone(db: Database, { no, result }: Lane, problem: string): void {
  const count = storedIn(db, no, 0, OFFSET_SPAN);
  Object.assign(result, { compared: count, gone: count, problem });
}

/** Takes out what the cluster does not have any more, and limits the rest to what it has. */
async function prepare(db: Database, client: ClusterClient, lanes: Lane[]): Promise<void> {
  const topics = new Map<string, Lane[]>();
  for (const lane of lanes) {
    const { topic } = lane.result;
    if (lane.aside === null) topics.set(topic, [...(topics.get(topic) ?? []), lane]);
    else {
      allGone(db, lane, 'the cluster has another log under this name by now');
      lane.todo = [];
    }
  }
  for (const [topic, mine] of topics) {
    let ends: Map<number, { low: number; high: number }>;
    try {
      const { topicId } = await client.topic(topic);
      if (topicId !== null && mine[0]!.kafkaId !== null && topicId !== mine[0]!.kafkaId) {
        for (const lane of mine) {
          allGone(db, lane, 'the topic was deleted and created again');
          lane.todo = [];
        }
        continue;
      }
      const offsets = await client.offsetsFor([topic]);
      ends = new Map(
        offsets.flatMap(({ partition, low, high }) =>
          low === null || high === null
            ? []
            : [[partition, { low: Number(low), high: Number(high) }] as const],
        ),
      );
    } catch (error) {
      if (!(error instanceof KafkaFault) || error.retryable) throw error;
      for (const lane of mine) {
        lane.result.notCompared = storedIn(db, lane.no, 0, OFFSET_SPAN);
        lane.result.problem = error.message;
        lane.todo = [];
      }
      continue;
    }
    for (const lane of mine) limit(db, lane, ends.get(lane.result.partition));
  }
}

function limit(db: Database, lane: Lane, ends: { low: number; high: number } | undefined): void {
  const { no, result } = lane;
  if (ends === undefined) {
    result.notCompared = storedIn(db, no, 0, OFFSET_SPAN);
    result.problem = 'the partition has no leader that answers now';
    lane.todo = [];
    return;
  }
  const { low, high } = ends;
  const gone = storedIn(db, no, 0, low) + storedIn(db, no, high, OFFSET_SPAN);
  result.gone += gone;
  result.compared += gone;
  lane.todo = within(lane.todo, [{ from: low, to: high }]);
}

class Recheck {
  readonly #task: RecheckTask;
  readonly #client: ClusterClient;
  readonly #lanes: Lane[];
  readonly #total: number;
  #done = 0;
  #toldAt = 0;

  constructor(task: RecheckTask, client: ClusterClient, lanes: Lane[]) {
    this.#task = task;
    this.#client = client;
    this.#lanes = lanes;
    this.#total = lanes.reduce((sum, { todo }) => sum + lengthOf(todo), 0);
  }

  async run(): Promise<RecheckOutcome> {
    const { signal } = this.#task;
    let status: RecheckOutcome['status'] = 'done';
    const rounds = Math.max(0, ...this.#lanes.map(({ todo }) => todo.length));
    let round = 0;
    try {
      for (; round < rounds; round++) await this.#read(round);
    } catch (error) {
      if (!signal.aborted) throw error;
      status = 'cancelled';
    }
    for (const lane of this.#lanes)
      for (const { from, to } of lane.todo.slice(round))
        lane.result.notCompared += storedIn(this.#task.db, lane.no, Math.max(from, lane.position), to);
    return { status, partitions: this.#lanes.map(({ result }) => result) };
  }

  async #read(round: number): Promise<void> {
    const { signal, db } = this.#task;
    const byName = new Map<string, Lane>();
    const partitions = this.#lanes.flatMap((lane) => {
      const span = lane.todo[round];
      if (span === undefined) return [];
      const { topic, partition } = lane.result;
      lane.position = span.from;
      byName.set(`${partition}/${topic}`, lane);
      return [{ topic, partition, ...span }];
    });
    for await (const chunk of readPartitions(this.#client, {
      partitions,
      signal,
      giveUpAfterMs: GIVE_UP_MS,
    })) {
      const lane = byName.get(`${chunk.partition}/${chunk.topic}`)!;
      if (chunk.fault !== null) {
        lane.result.problem ??= chunk.fault.message;
        lane.result.notCompared += storedIn(db, lane.no, lane.position, lane.todo[round]!.to);
        lane.position = lane.todo[round]!.to;
      } else if (chunk.nextOffset > lane.position) {
        // One moment of the workspace for each chunk: a capture may be under way.
        db.transaction(() => this.#compare(lane, chunk))();
        this.#done += chunk.nextOffset - lane.position;
        lane.position = chunk.nextOffset;
      }
      this.#tell();
    }
  }

  #compare(lane: Lane, { columns, problems, nextOffset }: FetchedChunk): void {
    const { no, result, position } = lane;
    const base = no * OFFSET_SPAN;
    const bytes = new RecordBytes(this.#task.db);
    const rows = this.#task.db
      .prepare('SELECT id, ts AS timestamp, flags FROM record WHERE id >= ? AND id < ? ORDER BY id')
      .all(base + position, base + nextOffset) as { id: number; timestamp: number; flags: number }[];
    const note = (offset: number, what: string) => {
      if (result.differences.length < LISTED) result.differences.push({ offset, what });
    };
    let at = 0;
    const skipTo = (offset: number) => {
      for (; at < columns.count && columns.offset[at]! < offset; at++) {
        const other = columns.offset[at]!;
        if (other < position || !lane.known.some(({ from, to }) => other >= from && other < to)) continue;
        result.extra += 1;
        note(other, 'the cluster has a record here, the workspace has none');
      }
    };
    for (const { id, timestamp, flags } of rows) {
      const offset = id - base;
      skipTo(offset);
      result.compared += 1;
      if (at < columns.count && columns.offset[at] === offset) {
        const found = differencesOf({ ...bytes.body(id), timestamp, flags }, columns, at);
        at += 1;
        if (found.length === 0) result.equal += 1;
        else {
          result.different += 1;
          note(offset, `differs: ${found.join(', ')}`);
        }
      } else if (
        problems.some(({ baseOffset, lastOffset }) => offset >= baseOffset && offset <= lastOffset)
      ) {
        result.different += 1;
        note(offset, 'the cluster sends a batch here that cannot be decoded');
      } else result.gone += 1;
    }
    skipTo(nextOffset);
  }

  #tell(): void {
    const now = performance.now();
    if (now - this.#toldAt < PROGRESS_EVERY_MS) return;
    this.#toldAt = now;
    const different = this.#lanes.reduce((sum, { result }) => sum + result.different + result.extra, 0);
    this.#task.onProgress({ done: this.#done, total: this.#total, different });
  }
}
