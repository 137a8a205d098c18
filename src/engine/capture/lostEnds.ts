/**
 * Finds partitions of which the cluster has lost the end since they were captured (an unclean leader election, a restored
 * broker): its log ends before what is stored, or an offset holds another record now. The last stored record of each
 * partition is read again for it, all of them in one request a broker.
 */
import type { Database, Statement } from 'better-sqlite3';
import type { ClusterClient } from '../kafka/clusterClient.ts';
import { type FetchedChunk, readPartitions } from '../kafka/fetchReader.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { RecordBytes } from '../store/recordBytes.ts';
import { differencesOf, type StoredWhole } from './sameRecord.ts';
import type { PartitionBegin } from './sinkMessages.ts';

/** A new leader may learn for a moment only where the log ends; this long its word is not believed. */
const GRACE_MS = 4_000;
const ASK_EVERY_MS = 500;
/** One record of each partition is wanted; a larger batch comes all the same. */
const PROBE_BYTES = 64 * 1024;
const GIVE_UP_MS = 10_000;

interface Held {
  no: number;
  next: number;
}

export interface LostEndsTask {
  client: ClusterClient;
  /** Read-only, of the workspace. */
  db: Database;
  topics: readonly { name: string; kafkaId: string | null }[];
  partitions: PartitionBegin[];
  signal: AbortSignal;
}

/** Notes in the partitions from which offset on the cluster has another log (`lostFrom`). @throws KafkaFault */
export async function findLostEnds(task: LostEndsTask): Promise<void> {
  const held = heldPartitions(task);
  if (held.size === 0) return;
  await waitForEnds(task, held);
  const stored = new StoredRecords(task.db);
  const probes = [...held].flatMap(([asked, { no, next }]) => {
    if (asked.high < next) asked.lostFrom = asked.high;
    const last = stored.lastBefore(no, asked.high);
    return last !== null && last >= asked.low ? [{ asked, no, offset: last }] : [];
  });
  for (const { asked, no, offset } of await differing(task, stored, probes))
    asked.lostFrom = await firstDifferent(task, stored, asked, no, offset);
}

/** The partitions of the log that the workspace has. Those of a topic that was created again are another log. */
function heldPartitions({ db, topics, partitions }: LostEndsTask): Map<PartitionBegin, Held> {
  const find = db.prepare(
    `SELECT p.no, p.next_offset AS next, t.kafka_id AS kafkaId FROM partition p JOIN topic t ON t.id = p.topic_id
     WHERE t.name = ? AND p.partition = ? AND p.stored + p.control > 0`,
  );
  const ids = new Map(topics.map(({ name, kafkaId }) => [name, kafkaId]));
  const held = new Map<PartitionBegin, Held>();
  for (const asked of partitions) {
    const found = find.get(asked.topic, asked.partition) as (Held & { kafkaId: string | null }) | undefined;
    const id = ids.get(asked.topic) ?? null;
    if (found !== undefined && (id === null || found.kafkaId === null || found.kafkaId === id))
      held.set(asked, found);
  }
  return held;
}

async function waitForEnds({ client, signal }: LostEndsTask, held: ReadonlyMap<PartitionBegin, Held>) {
  const isShort = ([asked, { next }]: [PartitionBegin, Held]) => asked.high < next;
  for (const until = performance.now() + GRACE_MS; performance.now() < until && !signal.aborted; ) {
    const short = [...held].filter(isShort);
    if (short.length === 0) return;
    await new Promise((done) => setTimeout(done, ASK_EVERY_MS));
    const topics = [...new Set(short.map(([{ topic }]) => topic))];
    const now = new Map(
      (await client.offsetsFor(topics)).map(({ topic, partition, high }) => [`${partition}/${topic}`, high]),
    );
    for (const [asked] of short) {
      const high = now.get(`${asked.partition}/${asked.topic}`);
      if (high === null || high === undefined) continue;
      // What came after the capture began is left for the next one.
      const end = Math.min(Number(high), held.get(asked)!.next);
      if (asked.askedTo === asked.high) asked.askedTo = Math.max(asked.high, end);
      asked.high = Math.max(asked.high, end);
    }
  }
}

interface Probe {
  asked: PartitionBegin;
  no: number;
  offset: number;
}

/** Those whose record is another one on the cluster. One that is gone (compacted away) says nothing. */
async function differing(
  { client, signal }: LostEndsTask,
  stored: StoredRecords,
  probes: readonly Probe[],
): Promise<Probe[]> {
  const byName = new Map(probes.map((probe) => [`${probe.asked.partition}/${probe.asked.topic}`, probe]));
  const partitions = probes.map(({ asked: { topic, partition }, offset }) => ({
    ...{ topic, partition },
    ...{ from: offset, to: offset + 1 },
  }));
  const found: Probe[] = [];
  for await (const chunk of readPartitions(client, {
    ...{ partitions, signal, maxBytesPerPartition: PROBE_BYTES, giveUpAfterMs: GIVE_UP_MS },
  })) {
    // Reading meets the same fault, waits it out or reports it.
    if (chunk.fault !== null) continue;
    const probe = byName.get(`${chunk.partition}/${chunk.topic}`)!;
    if (isOther(stored, probe, chunk)) found.push(probe);
  }
  return found;
}

function isOther(stored: StoredRecords, { no, offset }: Probe, { columns }: FetchedChunk): boolean {
  if (columns.count === 0 || columns.offset[0] !== offset) return false;
  return differencesOf(stored.at(no, offset), columns, 0).length > 0;
}

/** By halves: the log is the same up to an offset and another one from there on. */
async function firstDifferent(
  task: LostEndsTask,
  stored: StoredRecords,
  asked: PartitionBegin,
  no: number,
  known: number,
): Promise<number> {
  let different = known;
  for (let low = asked.low; low < different; ) {
    const middle = stored.lastBefore(no, Math.floor((low + different) / 2) + 1);
    if (middle === null || middle < low) {
      low = Math.floor((low + different) / 2) + 1;
      continue;
    }
    const [other] = await differing(task, stored, [{ asked, no, offset: middle }]);
    if (other === undefined) low = Math.floor((low + different) / 2) + 1;
    else different = middle;
  }
  return different;
}

/** Single records of the workspace, as they were stored. */
class StoredRecords {
  readonly #bytes: RecordBytes;
  readonly #row: Statement;
  readonly #last: Statement;

  constructor(db: Database) {
    this.#bytes = new RecordBytes(db);
    this.#row = db.prepare('SELECT ts AS timestamp, flags FROM record WHERE id = ?');
    this.#last = db
      .prepare('SELECT id FROM record WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1')
      .pluck();
  }

  at(no: number, offset: number): StoredWhole {
    const id = no * OFFSET_SPAN + offset;
    return { ...this.#bytes.body(id), ...(this.#row.get(id) as Pick<StoredWhole, 'timestamp' | 'flags'>) };
  }

  /** The last stored offset below a limit. */
  lastBefore(no: number, limit: number): number | null {
    const base = no * OFFSET_SPAN;
    const id = this.#last.get(base, base + limit) as number | undefined;
    return id === undefined ? null : id - base;
  }
}
