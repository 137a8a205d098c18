/** Write functions around records: import, indexes. */
import { HindcastError } from '../../contract/errors.ts';
import { encodeHeaders } from '../kafka/headers.ts';
import { allocateColumns, FLAG, type RecordColumns } from '../kafka/recordColumns.ts';
import { savedMappingFor } from '../mapping/savedMappings.ts';
import { NameIds } from '../store/nameIds.ts';
import { beginCapture } from '../store/partitions.ts';
import type { RecordWriter } from '../store/recordWriter.ts';
import { monoBefore } from '../store/rewrite.ts';
import { detectTopicMapping, mappingFromText, mappingToText } from '../store/topicMapping.ts';
import { layoutChanged } from '../store/unusedNames.ts';
import { VERDICT } from '../store/values.ts';
import type { WriteContext } from '../workers/context.ts';
import { extractFrame, type PartitionCursor, type RecordChunk, RowRecord } from './extract.ts';
import type { ImportOutcome, ImportRecord } from './types.ts';

const ROWS_PER_CHUNK = 2000;
const SAMPLES = 50;

interface Lane {
  topic: string;
  partition: number;
  records: ImportRecord[];
  offsets: number[];
}

/** Records by partition, with the offsets they do not name. @throws HindcastError `input.invalid` */
function lanesOf(context: WriteContext, records: readonly ImportRecord[]): Lane[] {
  const nextOf = context.db
    .prepare(
      `SELECT next_offset FROM partition p JOIN topic t ON t.id = p.topic_id WHERE t.name = ? AND p.partition = ?`,
    )
    .pluck();
  const lanes = new Map<string, Lane & { next: number }>();
  for (const record of records) {
    const key = `${record.partition}/${record.topic}`;
    let lane = lanes.get(key);
    if (lane === undefined) {
      const next = (nextOf.get(record.topic, record.partition) as number | undefined) ?? 0;
      lane = { topic: record.topic, partition: record.partition, records: [], offsets: [], next };
      lanes.set(key, lane);
    }
    const offset = record.offset ?? lane.next;
    if (offset < lane.next)
      throw new HindcastError('input.invalid', {
        procedure: 'appendRecords',
        problem: `offset ${offset} of ${key} does not rise (the next is ${lane.next})`,
      });
    lane.records.push(record);
    lane.offsets.push(offset);
    lane.next = offset + 1;
  }
  return [...lanes.values()];
}

/** Records of one partition as a chunk that was read. */
export function toChunk(records: readonly ImportRecord[], offsets: readonly number[]): RecordChunk {
  const headers = records.map(
    ({ headers, encodedHeaders }) =>
      encodedHeaders ?? encodeHeaders(headers.map(([key, value]) => ({ key, value }))),
  );
  const size = records.reduce(
    (sum, { key, value }, row) => sum + (key?.length ?? 0) + (value?.length ?? 0) + headers[row]!.length,
    0,
  );
  const columns = allocateColumns(records.length, size);
  const verdict = new Uint8Array(records.length);
  let at = 0;
  const put = (bytes: Uint8Array | null, row: number, start: Int32Array, length: Int32Array) => {
    start[row] = at;
    length[row] = bytes === null ? -1 : bytes.length;
    if (bytes === null) return;
    columns.bytes.set(bytes, at);
    at += bytes.length;
  };
  records.forEach((record, row) => {
    columns.offset[row] = offsets[row]!;
    columns.timestamp[row] = record.timestamp;
    columns.producerId[row] = BigInt(record.producerId ?? -1);
    columns.sequence[row] = -1;
    put(record.key, row, columns.keyStart, columns.keyLength);
    put(record.value, row, columns.valueStart, columns.valueLength);
    put(headers[row]!, row, columns.headersStart, columns.headersLength);
    const standing = record.verdict ?? 'committed';
    verdict[row] = VERDICT[standing];
    columns.flags[row] =
      (2 << FLAG.magicShift) |
      (standing === 'committed' && record.transactional !== true ? 0 : FLAG.transactional) |
      (record.timestampType === 'log-append' ? FLAG.logAppendTime : 0) |
      (standing === 'control' ? FLAG.control : 0);
  });
  const full: RecordColumns = { ...columns, count: records.length };
  const nextOffset = offsets.at(-1)! + 1;
  return {
    columns: full,
    batches: null,
    verdict,
    problems: [],
    nextOffset,
    logStart: 0,
    highWatermark: nextOffset,
    lastStable: -1,
    removed: null,
  };
}

/** Detected once per topic, kept in the file. */
export function mappingOf(writer: RecordWriter, topic: string, chunk: RecordChunk) {
  const stored = writer.db.prepare('SELECT mapping FROM topic WHERE name = ?').pluck().get(topic) as
    | string
    | null;
  if (stored !== null) return mappingFromText(stored);
  const record = new RowRecord(topic, chunk.columns);
  const rows = Math.min(chunk.columns.count, SAMPLES);
  const samples = Array.from({ length: rows }, (_, row) => record.at(row).keep());
  const detected = detectTopicMapping(samples, savedMappingFor(writer.db, topic));
  if (detected.mapping?.toleranceMs !== undefined) layoutChanged(writer.db);
  if (detected.mapping !== null)
    writer.db.prepare('UPDATE topic SET mapping = ? WHERE name = ?').run(mappingToText(detected), topic);
  return detected;
}

function appendRecords(
  context: WriteContext,
  args: { records: ImportRecord[]; clusterId: string | null; end: boolean },
): ImportOutcome {
  const writer = context.records();
  const lanes = lanesOf(context, args.records);
  const topics = new Set(lanes.map(({ topic }) => topic));
  const plan = beginCapture(writer, {
    clusterId: args.clusterId,
    topics: [...topics].map((name) => ({ name, kafkaId: null })),
    partitions: lanes.map(({ topic, partition, offsets }) => ({
      topic,
      partition,
      askedFrom: 0,
      low: 0,
      high: offsets.at(-1)! + 1,
    })),
    at: Date.now(),
  });
  writer.commit();
  const names = new NameIds(context.db);
  lanes.forEach((lane, index) => {
    const { no, start, next } = plan.partitions[index]!;
    const mono = monoBefore(context.db, no, next);
    const cursor: PartitionCursor = {
      partitionNo: no,
      topic: lane.topic,
      position: next,
      mono: mono ?? Number.NEGATIVE_INFINITY,
      mapping: { mapping: null, hints: {}, reason: '' },
    };
    for (let at = 0; at < lane.records.length; at += ROWS_PER_CHUNK) {
      context.throwIfAborted();
      const end = at + ROWS_PER_CHUNK;
      const chunk = toChunk(lane.records.slice(at, end), lane.offsets.slice(at, end));
      // An import brings no offsets again: what waits for its transaction goes on waiting.
      if (start < next) chunk.lastStable = start;
      writer.begin();
      cursor.mapping = mappingOf(writer, lane.topic, chunk);
      writer.apply(extractFrame(chunk, cursor, names));
      context.progress({ done: Math.min(end, lane.records.length), topic: lane.topic });
    }
  });
  writer.commit();
  if (args.end) ensureIndexes(context, {});
  return { stored: args.records.length, topics: topics.size };
}

/** Makes look-ups quick after a load; at once when they are. */
function ensureIndexes(context: WriteContext, _args: Record<string, never>): { built: boolean } {
  return { built: context.records().sortPostings() };
}

export const importWrites = { appendRecords, ensureIndexes };
