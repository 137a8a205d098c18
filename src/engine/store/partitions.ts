/** Registering topics and partitions at the begin of a capture, and where each goes on. */
import type { Database } from 'better-sqlite3';
import { HindcastError } from '../../contract/errors.ts';
import { retentionRow } from '../capture/extract.ts';
import type { CaptureBegin, CapturePlan, PartitionBegin } from '../capture/sinkMessages.ts';
import { MAX_PARTITIONS, OFFSET_SPAN } from './ids.ts';
import { metaOf, setMeta } from './open.ts';
import type { RecordWriter } from './recordWriter.ts';
import { VERDICT } from './values.ts';

interface Known {
  no: number;
  next: number;
  settled: number;
}

/**
 * Checks that this is the cluster and these are the topics the workspace already holds, and adds what is new.
 * Runs inside the writer's transaction.
 * @throws HindcastError `workspace.other-cluster`, `topic.recreated`
 */
export function beginCapture(writer: RecordWriter, begin: CaptureBegin): CapturePlan {
  const { db } = writer;
  writer.begin();
  checkCluster(db, begin.clusterId);
  const topicIds = new Map(begin.topics.map((topic) => [topic.name, registerTopic(db, topic)]));
  const plan: CapturePlan = { partitions: [], mappings: storedMappings(db), retention: 0 };
  for (const asked of begin.partitions) {
    const known = registerPartition(db, topicIds.get(asked.topic)!, asked, begin.at);
    const start = Math.max(known.settled, asked.low);
    // Records of an open transaction may be stored beyond the settled offset; only what was never read is lost.
    if (start > known.next) {
      writer.addMissing(known.no, retentionRow(known.next, start));
      plan.retention += start - known.next;
    }
    db.prepare(
      `UPDATE partition SET next_offset = max(next_offset, ?), settled_offset = max(settled_offset, ?) WHERE no = ?`,
    ).run(start, start, known.no);
    plan.partitions.push({
      topic: asked.topic,
      partition: asked.partition,
      no: known.no,
      start,
      next: Math.max(known.next, start),
      mono: monoBefore(db, known.no, start),
    });
  }
  return plan;
}

function checkCluster(db: Database, clusterId: string | null): void {
  if (clusterId === null) return;
  const found = metaOf(db, 'cluster_id') as string | null;
  if (found === null) setMeta(db, 'cluster_id', clusterId);
  else if (found !== clusterId)
    throw new HindcastError('workspace.other-cluster', { where: db.name, found, asked: clusterId });
}

function registerTopic(db: Database, topic: { name: string; kafkaId: string | null }): number {
  const known = db.prepare('SELECT id, kafka_id AS kafkaId FROM topic WHERE name = ?').get(topic.name) as
    | { id: number; kafkaId: string | null }
    | undefined;
  if (known === undefined)
    return Number(
      db.prepare('INSERT INTO topic (name, kafka_id) VALUES (?, ?)').run(topic.name, topic.kafkaId)
        .lastInsertRowid,
    );
  if (known.kafkaId !== null && topic.kafkaId !== null && known.kafkaId !== topic.kafkaId)
    throw new HindcastError('topic.recreated', { topic: topic.name });
  if (known.kafkaId === null && topic.kafkaId !== null)
    db.prepare('UPDATE topic SET kafka_id = ? WHERE id = ?').run(topic.kafkaId, known.id);
  return known.id;
}

function registerPartition(db: Database, topicId: number, asked: PartitionBegin, at: number): Known {
  const known = db
    .prepare(
      `SELECT no, next_offset AS next, settled_offset AS settled FROM partition
       WHERE topic_id = ? AND partition = ?`,
    )
    .get(topicId, asked.partition) as Known | undefined;
  if (known !== undefined) {
    const isIdUnknown = db.prepare('SELECT kafka_id FROM topic WHERE id = ?').pluck().get(topicId) === null;
    if (asked.high < known.next && isIdUnknown)
      throw new HindcastError('topic.recreated', { topic: asked.topic });
    db.prepare(
      `UPDATE partition SET asked_to = max(asked_to, ?), log_start = max(log_start, ?),
         high_watermark = max(high_watermark, ?), last_capture_at = ? WHERE no = ?`,
    ).run(asked.high, asked.low, asked.high, at, known.no);
    return known;
  }
  const no = db.prepare('SELECT coalesce(max(no) + 1, 0) FROM partition').pluck().get() as number;
  if (no >= MAX_PARTITIONS)
    throw new HindcastError('internal', {
      problem: `a workspace holds at most ${MAX_PARTITIONS} partitions; capture fewer topics into it`,
    });
  db.prepare(
    `INSERT INTO partition (no, topic_id, partition, asked_from, asked_to, next_offset, settled_offset,
       log_start, high_watermark, last_capture_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    no,
    topicId,
    asked.partition,
    asked.askedFrom,
    Math.max(asked.high, asked.askedFrom),
    asked.askedFrom,
    asked.askedFrom,
    asked.low,
    asked.high,
    at,
  );
  return { no, next: asked.askedFrom, settled: asked.askedFrom };
}

function storedMappings(db: Database): Record<string, string> {
  const rows = db.prepare('SELECT name, mapping FROM topic WHERE mapping IS NOT NULL').all() as {
    name: string;
    mapping: string;
  }[];
  return Object.fromEntries(rows.map(({ name, mapping }) => [name, mapping]));
}

/** The running maximum never falls along the offsets: the last record before has it. Markers do not count in it. */
export function monoBefore(db: Database, no: number, offset: number): number | null {
  const base = no * OFFSET_SPAN;
  const mono = db
    .prepare(
      `SELECT mono FROM record WHERE id >= ? AND id < ? AND verdict <> ${VERDICT.control} ORDER BY id DESC LIMIT 1`,
    )
    .pluck()
    .get(base, base + offset) as number | undefined;
  return mono ?? null;
}
