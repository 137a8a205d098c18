/** The writer's side of an import from a file: what fits is stored, what is there already is compared, the rest refused. */
import type { Database } from 'better-sqlite3';
import type { Span } from '../../core/ranges.ts';
import { extractFrame, type PartitionCursor } from '../capture/extract.ts';
import { mappingOf, toChunk } from '../capture/importWrites.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { NameIds } from '../store/nameIds.ts';
import { beginCapture } from '../store/partitions.ts';
import { RecordBytes } from '../store/recordBytes.ts';
import { monoBefore } from '../store/rewrite.ts';
import type { WriteContext } from '../workers/context.ts';
import type { TransferRecord } from './transferRow.ts';

const ROWS_PER_CHUNK = 2_000;

export interface ImportedBatch {
  stored: number;
  /** Records that are there already, with the same bytes and time. */
  same: number;
  /** Places in the given list, with the reason. */
  refused: { at: number; problem: string }[];
}

interface Lane {
  topic: string;
  partition: number;
  no: number | null;
  /** One after the last offset that the workspace holds of the partition or that this batch brings. */
  next: number;
  /** `next` before this batch. */
  held: number;
  accepted: TransferRecord[];
}

/** Offsets must rise inside a partition. @throws HindcastError `capture.running`, `disk.full` */
export function importRecords(
  context: WriteContext,
  { records, end }: { records: readonly TransferRecord[]; end: boolean },
): ImportedBatch {
  const writer = context.records();
  const result: ImportedBatch = { stored: 0, same: 0, refused: [] };
  const lanes = sortOut(context.db, records, result);
  if (lanes.length > 0) store(context, lanes, result);
  if (end) writer.sortPostings();
  return result;
}

function sortOut(db: Database, records: readonly TransferRecord[], result: ImportedBatch): Lane[] {
  const find = db.prepare(
    `SELECT p.no, p.next_offset AS next FROM partition p JOIN topic t ON t.id = p.topic_id
     WHERE t.name = ? AND p.partition = ?`,
  );
  const bytes = new RecordBytes(db);
  const lanes = new Map<string, Lane>();
  for (const [at, record] of records.entries()) {
    const { topic, partition, offset } = record;
    const key = `${partition}/${topic}`;
    let lane = lanes.get(key);
    if (lane === undefined) {
      const known = find.get(topic, partition) as { no: number; next: number } | undefined;
      const next = known?.next ?? 0;
      lane = { topic, partition, no: known?.no ?? null, next, held: next, accepted: [] };
      lanes.set(key, lane);
    }
    if (offset >= lane.next) {
      lane.accepted.push(record);
      lane.next = offset + 1;
      continue;
    }
    const problem = problemOf(db, bytes, lane, record);
    if (problem === null) result.same += 1;
    else result.refused.push({ at, problem });
  }
  return [...lanes.values()].filter(({ accepted }) => accepted.length > 0);
}

const same = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : Buffer.compare(a, b) === 0;

/** Null: the workspace has this very record. */
function problemOf(db: Database, bytes: RecordBytes, lane: Lane, record: TransferRecord): string | null {
  const { topic, partition, offset } = record;
  const place = `${topic} [${partition}] offset ${offset}`;
  if (offset >= lane.held)
    return `${place} does not rise: the file has offset ${lane.next - 1} of this partition before it`;
  const id = lane.no! * OFFSET_SPAN + offset;
  const row = db.prepare('SELECT ts FROM record WHERE id = ?').get(id) as { ts: number } | undefined;
  if (row === undefined)
    return `${place} is before ${lane.held}, up to which the workspace has read this partition, and is not in it`;
  const body = bytes.body(id);
  const isSame =
    row.ts === record.timestamp &&
    same(body.key, record.key) &&
    same(body.value, record.value) &&
    same(body.headers, record.headers);
  return isSame ? null : `${place} is in the workspace with other bytes or another time`;
}

function store(context: WriteContext, lanes: readonly Lane[], result: ImportedBatch): void {
  const writer = context.records();
  const topics = new Set(lanes.map(({ topic }) => topic));
  // Nothing is asked of a cluster: what the file has is what was asked, see `spans`.
  const plan = beginCapture(writer, {
    clusterId: null,
    topics: [...topics].map((name) => ({ name, kafkaId: null })),
    partitions: lanes.map(({ topic, partition }) => ({ topic, partition, askedFrom: null, low: 0, high: 0 })),
    at: Date.now(),
  });
  const names = new NameIds(context.db);
  for (const [index, lane] of lanes.entries()) {
    const { no, start, next } = plan.partitions[index]!;
    const cursor: PartitionCursor = {
      partitionNo: no,
      topic: lane.topic,
      position: next,
      mono: monoBefore(context.db, no, next) ?? Number.NEGATIVE_INFINITY,
      mapping: { mapping: null, hints: {}, reason: '' },
    };
    for (let at = 0; at < lane.accepted.length; at += ROWS_PER_CHUNK) {
      context.throwIfAborted();
      const part = lane.accepted.slice(at, at + ROWS_PER_CHUNK);
      const offsets = part.map(({ offset }) => offset);
      const chunk = toChunk(
        part.map(({ headers, ...record }) => ({ ...record, headers: [], encodedHeaders: headers })),
        offsets,
      );
      // What waits for its transaction goes on waiting.
      if (start < next) chunk.lastStable = start;
      writer.begin();
      cursor.position = offsets[0]!;
      cursor.mapping = mappingOf(writer, lane.topic, chunk);
      writer.apply({ ...extractFrame(chunk, cursor, names), missing: [], spans: runsOf(offsets) });
      result.stored += part.length;
    }
  }
  writer.commit();
}

/** Offsets that follow each other, as ranges. */
function runsOf(offsets: readonly number[]): Span[] {
  const runs: Span[] = [];
  for (const offset of offsets) {
    const last = runs.at(-1);
    if (last?.to === offset) last.to = offset + 1;
    else runs.push({ from: offset, to: offset + 1 });
  }
  return runs;
}
