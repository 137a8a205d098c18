/** From a decoded chunk to a frame: envelope fields, hashes, name numbers, and which offsets were not there. */
import { type CaptureFields, extractEnvelope } from '../../core/envelope/decode.ts';
import type { Headers, RawRecord } from '../../core/envelope/record.ts';
import { decodeHeaders } from '../kafka/headers.ts';
import type { DecodeProblem } from '../kafka/recordBatch.ts';
import { FLAG, type RecordColumns } from '../kafka/recordColumns.ts';
import { allocateEnvelope, type EnvelopeColumns, type MissingRow, type RecordFrame } from '../store/frame.ts';
import { hash53 } from '../store/ids.ts';
import type { NameIds } from '../store/nameIds.ts';
import type { TopicMapping } from '../store/topicMapping.ts';
import { KIND, VERDICT } from '../store/values.ts';

/** Longest id that the contract lets through; a longer one stays in its record and names no aggregate. */
const MAX_ID = 4096;
const MAX_TYPE = 500;
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
  const envelope = allocateEnvelope(columns.count);
  const record = new RowRecord(cursor.topic, columns);
  let { mono } = cursor;
  for (let row = 0; row < columns.count; row++) {
    envelope.verdict[row] = chunk.verdict[row]!;
    if (chunk.verdict[row] === VERDICT.control) {
      // A marker carries the moment of the commit: it lies where its neighbours lie and never moves them.
      envelope.mono[row] = mono === Number.NEGATIVE_INFINITY ? firstTime(chunk, row) : mono;
      setControl(envelope, row);
      continue;
    }
    mono = Math.max(mono, columns.timestamp[row]!);
    envelope.mono[row] = mono;
    const { mapping, hints } = cursor.mapping;
    const id = setFields(envelope, row, extractEnvelope(record.at(row), mapping, hints), names);
    if (id !== null && record.keyIs(id)) columns.flags[row]! |= FLAG.keyIsAggregateId;
  }
  const from = chunk.removed?.from ?? cursor.position;
  const frame: RecordFrame = {
    partitionNo: cursor.partitionNo,
    columns,
    envelope,
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

function setControl(envelope: EnvelopeColumns, row: number): void {
  envelope.kind[row] = KIND.control;
  envelope.occurred[row] = Number.NaN;
  envelope.version[row] = Number.NaN;
  envelope.eventHash[row] = Number.NaN;
  envelope.correlationHash[row] = Number.NaN;
  envelope.causationHash[row] = Number.NaN;
}

const hashOf = (text: string | null): number => (text === null ? Number.NaN : hash53(text));

/** @returns the id of the aggregate, null when the record has none */
function setFields(
  envelope: EnvelopeColumns,
  row: number,
  fields: CaptureFields,
  names: NameIds,
): string | null {
  const { aggregateId, aggregateType, type } = fields;
  envelope.kind[row] = KIND[fields.kind];
  envelope.occurred[row] = fields.occurredAt ?? Number.NaN;
  envelope.version[row] = fields.version ?? Number.NaN;
  envelope.eventHash[row] = hashOf(fields.eventId);
  envelope.correlationHash[row] = hashOf(fields.correlationId);
  envelope.causationHash[row] = hashOf(fields.causationId);
  envelope.typeId[row] = type === '' ? 0 : names.type(type);
  const isNamed =
    aggregateId !== null &&
    aggregateId.length > 0 &&
    aggregateId.length <= MAX_ID &&
    (aggregateType ?? '').length <= MAX_TYPE;
  envelope.aggregateId[row] = isNamed ? names.aggregate(aggregateType ?? '', aggregateId) : 0;
  return isNamed ? aggregateId : null;
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
