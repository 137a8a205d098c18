/** Some records of a captured topic, spread over its partitions and their length. */
import type { Database } from 'better-sqlite3';
import { HindcastError } from '../../contract/errors.ts';
import type { RawRecord } from '../../core/envelope/record.ts';
import { decodeHeaders } from '../kafka/headers.ts';
import { FLAG } from '../kafka/recordColumns.ts';
import type { Body } from '../store/blocks.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { RecordBytes } from '../store/recordBytes.ts';
import { VERDICT } from '../store/values.ts';

/** Records that a mapping is tried on. */
export const SAMPLES = 100;

/** Steps of this share are spread evenly and fall into step with nothing that repeats. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

export interface TopicRow {
  id: number;
  /** Name on the cluster: what the events themselves are of. */
  kafkaName: string;
  mapping: string | null;
}

/** @throws HindcastError `topic.not-held` */
export function topicRow(db: Database, topic: string): TopicRow {
  const row = db.prepare('SELECT id, kafka_name AS kafkaName, mapping FROM topic WHERE name = ?').get(topic);
  if (row === undefined) throw new HindcastError('topic.not-held', { topic });
  return row as TopicRow;
}

export const partitionsOf = (db: Database, topicId: number): number[] =>
  db
    .prepare('SELECT no FROM partition WHERE topic_id = ? ORDER BY partition')
    .pluck()
    .all(topicId) as number[];

/** Ids of up to so many records, ascending; transaction markers are left out. */
export function sampleIds(db: Database, partitions: readonly number[], count = SAMPLES): number[] {
  const edge = (order: 'ASC' | 'DESC') =>
    db.prepare(`SELECT id FROM record WHERE id >= ? AND id < ? ORDER BY id ${order} LIMIT 1`).pluck();
  const next = db
    .prepare(
      `SELECT id FROM record WHERE id >= ? AND id < ? AND verdict <> ${VERDICT.control} ORDER BY id LIMIT 1`,
    )
    .pluck();
  const spans = partitions.flatMap((no) => {
    const range = [no * OFFSET_SPAN, (no + 1) * OFFSET_SPAN] as const;
    const first = edge('ASC').get(...range) as number | undefined;
    return first === undefined ? [] : [{ first, last: edge('DESC').get(...range) as number, end: range[1] }];
  });
  const found = new Set<number>();
  const each = Math.ceil(count / Math.max(1, spans.length));
  for (const { first, last, end } of spans)
    for (let nth = 0; nth < each; nth++) {
      const from = first + Math.floor((last - first) * ((nth * GOLDEN) % 1));
      const id = next.get(from, end) as number | undefined;
      if (id !== undefined) found.add(id);
    }
  return [...found].sort((a, b) => a - b).slice(0, count);
}

/** A stored record as the envelope code of a capture sees it. @param facts as the `record` table has them */
export function rawRecord(
  topic: string,
  { key, value, headers }: Body,
  facts: { ts: number; flags: number },
): RawRecord {
  return {
    topic,
    key,
    value,
    headers: () =>
      headers === null
        ? []
        : decodeHeaders(headers).map(({ key: name, value: each }) => [name, each] as const),
    timestamp: facts.ts,
    timestampType: (facts.flags & FLAG.logAppendTime) === 0 ? 'CreateTime' : 'LogAppendTime',
  };
}

/** The records of these ids. */
export function rawRecords(db: Database, topic: string, ids: readonly number[]): RawRecord[] {
  const bytes = new RecordBytes(db);
  const read = db.prepare('SELECT ts, flags FROM record WHERE id = ?');
  return ids.map((id) => rawRecord(topic, bytes.body(id), read.get(id) as { ts: number; flags: number }));
}
