/** Registering topics and partitions at the begin of a capture, and what of each is to be read. */
import type { Database } from 'better-sqlite3';
import { HindcastError } from '../../contract/errors.ts';
import { joined, type Span, without } from '../../core/ranges.ts';
import type { CaptureBegin, CapturePlan, PartitionBegin, Work } from '../capture/sinkMessages.ts';
import { MAX_PARTITIONS } from './ids.ts';
import { below, between, rangesOf } from './offsetBook.ts';
import { metaOf, setMeta } from './open.ts';
import type { RecordWriter } from './recordWriter.ts';
import { monoBefore } from './rewrite.ts';
import { asideTopicOf, currentTopicOf, setPartitionAside } from './setAside.ts';

/** A partition as the workspace has it. */
interface Known {
  no: number;
  next: number;
  settled: number;
  /** First offset that was there when the workspace began. */
  first: number;
}

const DELETED = 'deleted from the topic (retention or DeleteRecords) before it was captured';

/**
 * Checks that this is the cluster the workspace holds, sets aside what is no longer the log of the cluster, and adds what
 * is new. Runs inside the writer's transaction.
 * @throws HindcastError `workspace.other-cluster`
 */
export function beginCapture(writer: RecordWriter, begin: CaptureBegin): CapturePlan {
  const { db } = writer;
  writer.begin();
  checkCluster(db, begin.clusterId);
  const plan: CapturePlan = { partitions: [], mappings: {}, retention: 0, aside: [] };
  const topicIds = new Map<string, number>();
  for (const topic of begin.topics) {
    const { id, aside } = currentTopicOf(writer, topic);
    topicIds.set(topic.name, id);
    if (aside !== null) plan.aside.push({ topic: topic.name, label: aside, reason: 'recreated' });
  }
  for (const { topic, partition, lostFrom } of begin.partitions) {
    if (lostFrom === undefined || lostFrom === null) continue;
    const label = asideTopicOf(db, topicIds.get(topic)!, plan.aside);
    if (setPartitionAside(writer, topicIds.get(topic)!, partition, label, lostFrom))
      plan.aside.push({ topic, label: label.name, reason: 'truncated', partition, from: lostFrom });
  }
  for (const asked of begin.partitions) {
    const known = registerPartition(db, topicIds.get(asked.topic)!, asked, begin.at);
    plan.partitions.push(planOf(writer, known, asked, begin.key ?? null, plan));
  }
  plan.mappings = storedMappings(db);
  return plan;
}

function planOf(
  writer: RecordWriter,
  known: Known,
  asked: PartitionBegin,
  key: Uint8Array | null,
  plan: CapturePlan,
): CapturePlan['partitions'][number] {
  const { db, book } = writer;
  const { no } = known;
  const want = wantedOf(db, known, asked);
  if (key === null) for (const span of want) book.add('asked_range', no, span);
  else askForKey(db, no, key, want, asked.low);
  const open = without(rangesOf(db, 'asked_range', no), rangesOf(db, 'read_range', no));
  plan.retention += book.giveUp(no, below(open, asked.low), DELETED);

  const read = rangesOf(db, 'read_range', no);
  const unsettled = between(read, known.settled, known.next);
  const fresh = key === null ? without(want, read) : [];
  const whole = between(joined([...fresh, ...unsettled]), asked.low, asked.high);
  const work = [
    ...whole.map((span): Work => ({ ...span, key: null, mono: null })),
    ...keyWork(db, no, asked, whole),
  ];
  work.sort((a, b) => a.from - b.from);
  for (const item of work) item.mono = monoBefore(db, no, item.from);

  // Records of transactions that were open when their offsets were deleted stay open for ever.
  const start = Math.max(known.settled, asked.low);
  db.prepare(
    'UPDATE partition SET next_offset = max(next_offset, ?), settled_offset = max(settled_offset, ?) WHERE no = ?',
  ).run(start, start, no);
  return {
    topic: asked.topic,
    partition: asked.partition,
    no,
    start,
    next: Math.max(known.next, start),
    mono: monoBefore(db, no, start),
    work,
  };
}

/** The offsets that are wanted now, of those that there are. */
function wantedOf(db: Database, { no, first, next }: Known, asked: PartitionBegin): Span[] {
  const to = Math.min(asked.askedTo ?? asked.high, asked.high);
  if (asked.askedFrom !== null) return joined([{ from: Math.max(asked.askedFrom, first), to }]);
  const before = rangesOf(db, 'asked_range', no);
  const isKeyOnly =
    before.length === 0 && db.prepare('SELECT 1 FROM key_scan WHERE partition_no = ?').get(no) !== undefined;
  if (isKeyOnly) return [];
  return joined([...before, { from: before.at(-1)?.to ?? Math.min(first, next), to }]);
}

/** Notes that the offsets are wanted for a key; what was looked through before is not looked through again. */
function askForKey(db: Database, no: number, key: Uint8Array, want: readonly Span[], low: number): void {
  const from = Math.max(want[0]?.from ?? low, low);
  const to = Math.max(want.at(-1)?.to ?? from, from);
  const known = db
    .prepare('SELECT from_offset AS "from" FROM key_scan WHERE partition_no = ? AND key = ?')
    .get(no, key) as { from: number } | undefined;
  if (known === undefined)
    db.prepare(
      `INSERT INTO key_scan (partition_no, key, from_offset, to_offset, next_offset, settled_offset)
       VALUES (?, ?, ?, ?, ?, ?)`,
    ).run(no, key, from, to, from, from);
  else
    db.prepare(
      `UPDATE key_scan SET to_offset = max(to_offset, @to),
         from_offset = min(from_offset, @from),
         next_offset = CASE WHEN @from < from_offset THEN @from ELSE next_offset END,
         settled_offset = CASE WHEN @from < from_offset THEN @from ELSE settled_offset END
       WHERE partition_no = @no AND key = @key`,
    ).run({ no, key, from, to });
}

/**
 * What is left to be looked through for the keys that were asked for, records of open transactions once more.
 * @param whole is read anyway
 */
function keyWork(db: Database, no: number, { low, high }: PartitionBegin, whole: readonly Span[]): Work[] {
  const scans = db
    .prepare(
      `SELECT key, settled_offset AS "from", to_offset AS "to" FROM key_scan
       WHERE partition_no = ? AND settled_offset < to_offset`,
    )
    .all(no) as (Span & { key: Uint8Array })[];
  const read = joined([...rangesOf(db, 'read_range', no), ...whole]);
  const work: Work[] = [];
  for (const { key, ...span } of scans) {
    const gone = Math.min(Math.max(low - span.from, 0), span.to - span.from);
    if (gone > 0)
      db.prepare(
        `UPDATE key_scan SET lost = lost + max(0, @to - max(next_offset, @from)), settled_offset = @to,
           next_offset = max(next_offset, @to) WHERE partition_no = @no AND key = @key`,
      ).run({ no, key, from: span.from, to: span.from + gone });
    for (const part of between(without([span], read), low, high))
      work.push({ ...part, key: new Uint8Array(key), mono: null });
  }
  return work;
}

function checkCluster(db: Database, clusterId: string | null): void {
  if (clusterId === null) return;
  const found = metaOf(db, 'cluster_id') as string | null;
  if (found === null) setMeta(db, 'cluster_id', clusterId);
  else if (found !== clusterId)
    throw new HindcastError('workspace.other-cluster', { where: db.name, found, asked: clusterId });
}

function registerPartition(db: Database, topicId: number, asked: PartitionBegin, at: number): Known {
  const known = db
    .prepare(
      `SELECT no, next_offset AS next, settled_offset AS settled, first_log_start AS first FROM partition
       WHERE topic_id = ? AND partition = ?`,
    )
    .get(topicId, asked.partition) as Known | undefined;
  if (known !== undefined) {
    db.prepare(
      `UPDATE partition SET log_start = max(log_start, ?), high_watermark = max(high_watermark, ?),
         last_capture_at = ? WHERE no = ?`,
    ).run(asked.low, asked.high, at, known.no);
    return known;
  }
  // Never the number of a partition that was deleted: see deleteTopic.
  const free = db.prepare('SELECT coalesce(max(no) + 1, 0) FROM partition').pluck().get() as number;
  const no = Math.max(free, (metaOf(db, 'next_partition') as number | null) ?? 0);
  if (no >= MAX_PARTITIONS)
    throw new HindcastError('internal', {
      problem: `a workspace holds at most ${MAX_PARTITIONS} partitions; capture fewer topics into it`,
    });
  const first = asked.low;
  const next = Math.min(Math.max(asked.askedFrom ?? first, first), Math.max(asked.high, first));
  db.prepare(
    `INSERT INTO partition (no, topic_id, partition, next_offset, settled_offset, first_log_start, log_start,
       high_watermark, last_capture_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(no, topicId, asked.partition, next, next, first, asked.low, asked.high, at);
  return { no, next, settled: next, first };
}

function storedMappings(db: Database): Record<string, string> {
  const rows = db.prepare('SELECT name, mapping FROM topic WHERE mapping IS NOT NULL').all() as {
    name: string;
    mapping: string;
  }[];
  return Object.fromEntries(rows.map(({ name, mapping }) => [name, mapping]));
}
