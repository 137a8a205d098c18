/** From a decoded chunk to a frame: envelope fields, hashes, name numbers, and which offsets were not there. */
import { type CaptureFields, extractEnvelope } from '../../core/envelope/decode.ts';
import type { Headers, RawRecord } from '../../core/envelope/record.ts';
import { decodeHeaders } from '../kafka/headers.ts';
import type { DecodeProblem } from '../kafka/recordBatch.ts';
import { FLAG, type RecordColumns } from '../kafka/recordColumns.ts';
import { type BatchPart, cutBlocks } from '../store/blocks.ts';
import {
  allocateRows,
  type FramePostings,
  type MissingRow,
  type RecordFrame,
  type RowColumns,
  type RowCounts,
} from '../store/frame.ts';
import { hash53, hashOfBytes } from '../store/ids.ts';
import type { NameIds } from '../store/nameIds.ts';
import { POSTING } from '../store/postingPages.ts';
import { LIST_ROWS, PostingList } from '../store/postings.ts';
import { packState } from '../store/recordState.ts';
import type { TopicMapping } from '../store/topicMapping.ts';
import { KIND, VERDICT } from '../store/values.ts';
import { MAX_ID, MAX_TYPE } from './limits.ts';
import { type ScannedRow, ScannedRows } from './scannedRows.ts';

/** More gaps than this in one chunk are kept as one row with their count. */
const MAX_GAP_ROWS = 16;

export interface PartitionCursor {
  partitionNo: number;
  topic: string;
  /** Next offset expected. */
  position: number;
  /** Highest recorded time so far; −Infinity before the first record. */
  mono: number;
  mapping: TopicMapping;
}

/** The parts of a fetched chunk that matter here; an import makes its own. */
export interface RecordChunk {
  columns: RecordColumns;
  /** Whose encoded records become blocks; null: the columns are of no batches. */
  batches: readonly BatchPart[] | null;
  verdict: Uint8Array;
  problems: readonly DecodeProblem[];
  nextOffset: number;
  logStart: number;
  highWatermark: number;
  /** −1: not known. */
  lastStable: number;
  removed: { from: number; to: number } | null;
}

/** One row of columns as the envelope code wants it; texts and headers are made only when they are asked for. */
export class RowRecord implements RawRecord {
  readonly topic: string;
  readonly #columns: RecordColumns;
  readonly #bytes: Buffer;
  #row = 0;

  constructor(topic: string, columns: RecordColumns) {
    this.topic = topic;
    this.#columns = columns;
    const { buffer, byteOffset, byteLength } = columns.bytes;
    this.#bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
  }

  at(row: number): this {
    this.#row = row;
    return this;
  }

  get key(): Uint8Array | null {
    const length = this.#columns.keyLength[this.#row]!;
    if (length < 0) return null;
    const start = this.#columns.keyStart[this.#row]!;
    return this.#bytes.subarray(start, start + length);
  }

  /** Whether the key is this text. */
  keyIs(text: string): boolean {
    const length = this.#columns.keyLength[this.#row]!;
    if (length < text.length) return false;
    const start = this.#columns.keyStart[this.#row]!;
    return this.#bytes.toString('utf8', start, start + length) === text;
  }

  get value(): Uint8Array | string | null {
    const length = this.#columns.valueLength[this.#row]!;
    if (length < 0) return null;
    const start = this.#columns.valueStart[this.#row]!;
    const text = this.#bytes.toString('utf8', start, start + length);
    // A replacement character may be one of the text's own; only the checking decoder knows. It also drops a BOM.
    if (text.includes('\ufffd') || text.charCodeAt(0) === 0xfeff)
      return this.#bytes.subarray(start, start + length);
    return text;
  }

  readonly headers = (): Headers => {
    const start = this.#columns.headersStart[this.#row]!;
    const length = this.#columns.headersLength[this.#row]!;
    if (length <= 0) return [];
    return decodeHeaders(this.#bytes.subarray(start, start + length)).map(({ key, value }) => [key, value]);
  };

  get timestamp(): number {
    return this.#columns.timestamp[this.#row]!;
  }

  get timestampType(): 'CreateTime' | 'LogAppendTime' {
    return (this.#columns.flags[this.#row]! & FLAG.logAppendTime) === 0 ? 'CreateTime' : 'LogAppendTime';
  }

  /** A copy that outlives the chunk, for samples. */
  keep(): RawRecord {
    return {
      topic: this.topic,
      key: this.key?.slice() ?? null,
      value: typeof this.value === 'string' ? this.value : (this.value?.slice() ?? null),
      headers: this.headers().map(([name, value]) => [name, value?.slice() ?? null] as const),
      timestamp: this.timestamp,
      timestampType: this.timestampType,
    };
  }
}

/** Makes the frame of a chunk and moves the cursor behind it. */
export function extractFrame(chunk: RecordChunk, cursor: PartitionCursor, names: NameIds): RecordFrame {
  const { columns } = chunk;
  const rows = new RowMaker(columns);
  const record = new RowRecord(cursor.topic, columns);
  const { mapping, hints } = cursor.mapping;
  const scanned = ScannedRows.of(mapping, columns, cursor.topic, names);
  let { mono } = cursor;
  for (let row = 0; row < columns.count; row++) {
    const verdict = chunk.verdict[row]!;
    if (verdict === VERDICT.control) {
      // A marker carries the moment of the commit: it lies where its neighbours lie and never moves them.
      rows.addMarker(columns, row, mono === Number.NEGATIVE_INFINITY ? firstTime(chunk, row) : mono);
      continue;
    }
    mono = Math.max(mono, columns.timestamp[row]!);
    const found = scanned?.at(row) ?? null;
    if (found !== null) rows.addScanned(columns, row, { mono, verdict }, found);
    else
      rows.add(
        columns,
        row,
        { mono, verdict },
        record.at(row),
        extractEnvelope(record, mapping, hints),
        names,
      );
  }
  const from = chunk.removed?.from ?? cursor.position;
  const { blocks, bytes: blockBytes } = cutBlocks(columns, chunk.batches);
  const frame: RecordFrame = {
    partitionNo: cursor.partitionNo,
    ...rows.finish(),
    blocks,
    blockBytes,
    ...names.takeNew(),
    from,
    next: chunk.nextOffset,
    settled: chunk.lastStable < 0 ? settledWithin(chunk) : Math.min(chunk.nextOffset, chunk.lastStable),
    logStart: chunk.logStart,
    highWatermark: chunk.highWatermark,
    missing: findMissing(chunk, from),
  };
  cursor.mono = mono;
  cursor.position = chunk.nextOffset;
  return frame;
}

/** Recorded time of the first record behind a marker that begins its partition; the marker's own without one. */
function firstTime({ columns, verdict }: RecordChunk, marker: number): number {
  let row = marker;
  while (row < columns.count && verdict[row] === VERDICT.control) row += 1;
  return columns.timestamp[row < columns.count ? row : marker]!;
}

/** Without the broker's word on it: everything before the first open record. */
function settledWithin({ columns, verdict, nextOffset }: RecordChunk): number {
  const open = verdict.indexOf(VERDICT.open);
  return open === -1 || open >= columns.count ? nextOffset : columns.offset[open]!;
}

interface RowParts {
  kind: number;
  verdict: number;
  flags: number;
  /** 0: none. */
  typeId: number;
  /** 0: none. */
  aggregate: number;
  /** NaN, as in the next two: none. */
  occurred: number;
  version: number;
  eventHash: number;
  mono: number;
}

/** Builds the rows of a frame and what they are found by. */
class RowMaker {
  readonly #rows: RowColumns;
  readonly #counts: RowCounts = { stored: 0, events: 0, control: 0, aborted: 0, open: 0, bytes: 0 };
  readonly #list: PostingList;
  readonly #postings: FramePostings[] = [];

  constructor({ count, offset, timestamp, producerId }: RecordColumns) {
    const rows = allocateRows(count);
    rows.offset.set(offset.subarray(0, count));
    rows.timestamp.set(timestamp.subarray(0, count));
    rows.producerId.set(producerId.subarray(0, count));
    this.#rows = rows;
    this.#list = new PostingList(Math.min(count, LIST_ROWS));
  }

  addMarker(columns: RecordColumns, row: number, mono: number): void {
    this.#counts.control += 1;
    const rows = this.#rows;
    rows.state[row] = packState(KIND.control, VERDICT.control, columns.flags[row]!, 0);
    rows.occurred[row] = Number.NaN;
    rows.version[row] = Number.NaN;
    rows.eventHash[row] = Number.NaN;
    this.#common(columns, row, mono);
  }

  add(
    columns: RecordColumns,
    row: number,
    { mono, verdict }: { mono: number; verdict: number },
    record: RowRecord,
    fields: CaptureFields,
    names: NameIds,
  ): void {
    const list = this.#list;
    const place = row % LIST_ROWS;
    const { aggregateId, aggregateType, type, eventId, correlationId, causationId } = fields;
    const kind = KIND[fields.kind];
    const eventHash = eventId === null ? Number.NaN : hash53(eventId);
    if (eventId !== null) list.add(POSTING.event, eventHash, place);
    if (correlationId !== null) list.add(POSTING.correlation, hash53(correlationId), place);
    if (causationId !== null) list.add(POSTING.causation, hash53(causationId), place);
    let flags = columns.flags[row]!;
    let aggregate = 0;
    const isNamed =
      aggregateId !== null &&
      aggregateId.length > 0 &&
      aggregateId.length <= MAX_ID &&
      (aggregateType ?? '').length <= MAX_TYPE;
    if (isNamed) {
      aggregate = names.aggregate(aggregateType ?? '', aggregateId);
      list.add(POSTING.aggregate, aggregate, place);
      if (record.keyIs(aggregateId)) flags |= FLAG.keyIsAggregateId;
    }
    const occurred = fields.occurredAt ?? Number.NaN;
    const version = fields.version ?? Number.NaN;
    const typeId = type === '' ? 0 : names.type(type);
    this.#put(columns, row, { kind, verdict, flags, typeId, aggregate, occurred, version, eventHash, mono });
  }

  /** What the bytes told; the same as {@link RowMaker.add} makes of the record's fields. */
  addScanned(
    columns: RecordColumns,
    row: number,
    { mono, verdict }: { mono: number; verdict: number },
    { typeId, aggregate, isKey, occurred, version, eventHash, correlation, causation }: ScannedRow,
  ): void {
    const list = this.#list;
    const place = row % LIST_ROWS;
    if (!Number.isNaN(eventHash)) list.add(POSTING.event, eventHash, place);
    if (!Number.isNaN(correlation)) list.add(POSTING.correlation, correlation, place);
    if (!Number.isNaN(causation)) list.add(POSTING.causation, causation, place);
    if (aggregate !== 0) list.add(POSTING.aggregate, aggregate, place);
    const flags = columns.flags[row]! | (isKey ? FLAG.keyIsAggregateId : 0);
    const kind = KIND.event;
    this.#put(columns, row, { kind, verdict, flags, typeId, aggregate, occurred, version, eventHash, mono });
  }

  #put(columns: RecordColumns, row: number, put: RowParts): void {
    const rows = this.#rows;
    const { kind, verdict, flags, typeId } = put;
    if ((flags & FLAG.keyIsAggregateId) === 0) {
      const start = columns.keyStart[row]!;
      const length = columns.keyLength[row]!;
      if (length >= 0)
        this.#list.add(POSTING.key, hashOfBytes(columns.bytes, start, start + length), row % LIST_ROWS);
    }
    rows.aggregateId[row] = put.aggregate;
    rows.occurred[row] = put.occurred;
    rows.version[row] = put.version;
    rows.eventHash[row] = put.eventHash;
    rows.state[row] = packState(kind, verdict, flags, typeId);
    this.#counts.stored += 1;
    if (verdict === VERDICT.aborted) this.#counts.aborted += 1;
    else if (verdict === VERDICT.open) this.#counts.open += 1;
    else if (kind === KIND.event) this.#counts.events += 1;
    this.#common(columns, row, put.mono);
  }

  #common(columns: RecordColumns, row: number, mono: number): void {
    const rows = this.#rows;
    rows.mono[row] = mono;
    this.#counts.bytes +=
      Math.max(columns.keyLength[row]!, 0) +
      Math.max(columns.valueLength[row]!, 0) +
      Math.max(columns.headersLength[row]!, 0);
    if ((row + 1) % LIST_ROWS === 0 || row + 1 === rows.count) {
      const from = row - (row % LIST_ROWS);
      this.#postings.push(this.#list.finish(rows.offset.subarray(from, row + 1)));
    }
  }

  finish(): Pick<RecordFrame, 'rows' | 'counts' | 'postings'> {
    return { rows: this.#rows, counts: this.#counts, postings: this.#postings };
  }
}

/** Offsets of [from, nextOffset) that brought no record, with the reason. */
function findMissing(chunk: RecordChunk, from: number): MissingRow[] {
  const { columns, nextOffset } = chunk;
  if (chunk.removed !== null) return [retentionRow(chunk.removed.from, chunk.removed.to)];
  const rows: MissingRow[] = chunk.problems.map((problem) => ({
    from: Math.max(problem.baseOffset, from),
    to: Math.min(problem.lastOffset + 1, nextOffset),
    count: 0,
    reason: 'undecodable' as const,
    note: problem.reason,
    bytes: problem.bytes,
  }));
  const unreadable = rows.filter((row) => row.to > row.from).sort((a, b) => a.from - b.from);
  for (const row of unreadable) row.count = row.to - row.from;
  const gaps: [number, number][] = [];
  let at = from;
  let problem = 0;
  const passTo = (offset: number) => {
    for (; problem < unreadable.length && unreadable[problem]!.from < offset; problem++) {
      const { from: start, to } = unreadable[problem]!;
      if (start > at) gaps.push([at, start]);
      at = Math.max(at, to);
    }
    if (offset > at) gaps.push([at, offset]);
  };
  for (let row = 0; row < columns.count; row++) {
    const offset = columns.offset[row]!;
    if (offset !== at) passTo(offset);
    at = offset + 1;
  }
  passTo(nextOffset);
  return [...unreadable, ...compactionRows(gaps)];
}

function compactionRows(gaps: [number, number][]): MissingRow[] {
  const note = 'compacted away, or the rest of an aborted or empty batch: the broker skipped it';
  if (gaps.length <= MAX_GAP_ROWS)
    return gaps.map(([from, to]) => ({
      from,
      to,
      count: to - from,
      reason: 'compaction',
      note,
      bytes: null,
    }));
  const count = gaps.reduce((sum, [from, to]) => sum + to - from, 0);
  return [
    {
      from: gaps[0]![0],
      to: gaps.at(-1)![1],
      count,
      reason: 'compaction',
      note: `${count} offsets in ${gaps.length} gaps of this range: ${note}`,
      bytes: null,
    },
  ];
}

export const retentionRow = (from: number, to: number): MissingRow => ({
  from,
  to,
  count: to - from,
  reason: 'retention',
  note: 'deleted from the topic (retention or DeleteRecords) before it was captured',
  bytes: null,
});
