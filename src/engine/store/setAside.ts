/**
 * Topics and partitions whose log is no longer the one on the cluster: the topic was created again, or the log lost its
 * end and other records took the offsets. What was captured keeps its numbers under a name of its own, `orders~1`, and
 * the log of now is captured beside it. The two are never mixed.
 */
import type { Database } from 'better-sqlite3';
import { without } from '../../core/ranges.ts';
import { rangesOf } from './offsetBook.ts';
import type { RecordWriter } from './recordWriter.ts';

export type AsideReason = 'recreated' | 'truncated';

interface TopicRow {
  id: number;
  kafkaId: string | null;
}

/** The topic row that stands for the topic as it is on the cluster. `aside`: what the one before it is called now. */
export function currentTopicOf(
  writer: RecordWriter,
  topic: { name: string; kafkaId: string | null },
): { id: number; aside: string | null } {
  const { db } = writer;
  const known = db.prepare('SELECT id, kafka_id AS kafkaId FROM topic WHERE name = ?').get(topic.name) as
    | TopicRow
    | undefined;
  if (known === undefined) return { id: insertTopic(db, topic), aside: null };
  if (known.kafkaId !== null && topic.kafkaId !== null && known.kafkaId !== topic.kafkaId) {
    const label = nextLabel(db, topic.name);
    db.prepare("UPDATE topic SET name = ?, aside = 'recreated' WHERE id = ?").run(label, known.id);
    const partitions = db.prepare('SELECT no FROM partition WHERE topic_id = ?').pluck().all(known.id);
    const note = `of the topic ${topic.name} with the id ${known.kafkaId}, which was deleted and created again`;
    for (const no of partitions as number[]) closeAccount(writer, no, note);
    return { id: insertTopic(db, topic), aside: label };
  }
  if (known.kafkaId === null && topic.kafkaId !== null)
    db.prepare('UPDATE topic SET kafka_id = ? WHERE id = ?').run(topic.kafkaId, known.id);
  return { id: known.id, aside: null };
}

const insertTopic = (db: Database, { name, kafkaId }: { name: string; kafkaId: string | null }): number =>
  Number(
    db.prepare('INSERT INTO topic (name, kafka_name, kafka_id) VALUES (?, ?, ?)').run(name, name, kafkaId)
      .lastInsertRowid,
  );

function nextLabel(db: Database, name: string): string {
  const taken = db.prepare('SELECT count(*) FROM topic WHERE kafka_name = ?').pluck().get(name) as number;
  return `${name}~${taken}`;
}

/** The topic row for partitions of a topic that lost their end; one for all that are found at once. */
export function asideTopicOf(
  db: Database,
  topicId: number,
  found: readonly { label: string; topic: string; reason: AsideReason }[],
): { id: number; name: string } {
  const { kafkaName, kafkaId, mapping } = db
    .prepare('SELECT kafka_name AS kafkaName, kafka_id AS kafkaId, mapping FROM topic WHERE id = ?')
    .get(topicId) as { kafkaName: string; kafkaId: string | null; mapping: string | null };
  const known = found.find(({ topic, reason }) => topic === kafkaName && reason === 'truncated');
  if (known !== undefined)
    return {
      id: db.prepare('SELECT id FROM topic WHERE name = ?').pluck().get(known.label) as number,
      name: known.label,
    };
  const name = nextLabel(db, kafkaName);
  const { lastInsertRowid } = db
    .prepare(
      "INSERT INTO topic (name, kafka_name, kafka_id, mapping, aside) VALUES (?, ?, ?, ?, 'truncated')",
    )
    .run(name, kafkaName, kafkaId, mapping);
  return { id: Number(lastInsertRowid), name };
}

/** @param lostFrom the first offset that is another record now. @returns false when the workspace has no such partition */
export function setPartitionAside(
  writer: RecordWriter,
  topicId: number,
  partition: number,
  label: { id: number; name: string },
  lostFrom: number,
): boolean {
  const { db } = writer;
  const no = db
    .prepare('SELECT no FROM partition WHERE topic_id = ? AND partition = ?')
    .pluck()
    .get(topicId, partition) as number | undefined;
  if (no === undefined) return false;
  db.prepare('UPDATE partition SET topic_id = ? WHERE no = ?').run(label.id, no);
  closeAccount(
    writer,
    no,
    `the log lost its end: from offset ${lostFrom} on the cluster has other records, or none`,
  );
  return true;
}

/** What was asked and not read cannot be read any more. */
function closeAccount({ db, book }: RecordWriter, no: number, note: string): void {
  const left = without(rangesOf(db, 'asked_range', no), rangesOf(db, 'read_range', no));
  book.giveUp(no, left, 'gone from the cluster before it was captured');
  db.prepare('UPDATE partition SET note = ?, rewritten = rewritten + 1 WHERE no = ?').run(note, no);
}
