/** Records of the store as events, decoded by core. */
import type { Statement } from 'better-sqlite3';
import type { AggregateRef } from '../../contract/common.ts';
import { type CompiledMapping, idText, readFrom } from '../../core/envelope/compiled.ts';
import { type DecodedRecord, decodeRecord } from '../../core/envelope/decode.ts';
import { chooseMapping, payloadOf } from '../../core/envelope/fields.ts';
import type { Headers, RawRecord } from '../../core/envelope/record.ts';
import { streamEventOf } from '../../core/envelope/stream-event.ts';
import { parseApproximate, parseJson } from '../../core/json.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import { decodeHeaders } from '../kafka/headers.ts';
import { FLAG } from '../kafka/recordColumns.ts';
import type { ReadContext } from '../workers/context.ts';
import type { Body } from './blocks.ts';
import type { Dictionary } from './dictionary.ts';
import { OFFSET_SPAN } from './ids.ts';
import { type RecordBytes, recordBytesOf } from './recordBytes.ts';
import { prepared } from './statements.ts';
import { headAt, loadColumns, type StreamHead } from './streamColumns.ts';
import { mappingFromText, type TopicMapping } from './topicMapping.ts';
import { VERDICTS } from './values.ts';

export type { StreamHead };

/** A row of the `record` table as SQLite gives it. */
export interface RecordRow {
  id: number;
  ts: number;
  mono: number;
  occurred: number | null;
  type_id: number | null;
  agg_id: number | null;
  version: number | null;
  kind: number;
  verdict: number;
  flags: number;
  producer_id: number | null;
}

/** A record with its bytes as they were received. */
export interface StoredRecord extends RecordRow, Body {}

const RECORD_COLUMNS = 'id, ts, mono, occurred, type_id, agg_id, version, kind, verdict, flags, producer_id';

const ROW_OF_ID = `SELECT ${RECORD_COLUMNS} FROM record WHERE id = ?`;
const ROWS_OF_IDS = `SELECT ${RECORD_COLUMNS.replace('id', 'r.id')} FROM json_each(?) AS wanted
  CROSS JOIN record AS r ON r.id = wanted.value`;

/** A statement over `record` that gives {@link RecordRow}s. `rest`: what follows the table's name. */
export const prepareRows = ({ db }: ReadContext, rest: string): Statement =>
  db.prepare(`SELECT ${RECORD_COLUMNS} FROM record ${rest}`);

/** The record of a row, with its bytes. */
export const withBytes = (context: ReadContext, row: RecordRow): StoredRecord => ({
  ...row,
  ...recordBytesOf(context).body(row.id),
});

/** The row of a record. */
export const rowOfId = ({ db }: ReadContext, id: number): RecordRow | undefined =>
  prepared(db, ROW_OF_ID, 'rows').get(id) as RecordRow | undefined;

/** One record with its bytes. */
export function recordById(context: ReadContext, id: number): StoredRecord | undefined {
  const row = rowOfId(context, id);
  return row === undefined ? undefined : withBytes(context, row);
}

/** Rows of these records, in this order; those that are gone are left out. CROSS keeps the order of the list. */
export const rowsOfIds = ({ db }: ReadContext, ids: readonly number[]): RecordRow[] =>
  prepared(db, ROWS_OF_IDS, 'rows').all(JSON.stringify(ids)) as RecordRow[];

const NO_MAPPING: TopicMapping = { mapping: null, hints: {}, reason: 'no record was JSON' };

/** The envelope mapping of a topic as the workspace keeps it. */
export function topicMappingOf(context: ReadContext, topic: string): TopicMapping {
  return context.cache.get(`mapping ${topic}`, () => {
    const text = context.db.prepare('SELECT mapping FROM topic WHERE name = ?').pluck().get(topic) as
      | string
      | null
      | undefined;
    return text === null || text === undefined ? NO_MAPPING : mappingFromText(text);
  });
}

const headersOfRow = ({ headers }: Body): Headers =>
  headers === null ? [] : decodeHeaders(headers).map(({ key, value }) => [key, value] as const);

/** The record as core wants it. */
export function rawRecordOf(context: ReadContext, row: StoredRecord): RawRecord {
  return {
    topic: context.dictionary.placeOf(row.id).topic,
    key: row.key,
    value: row.value,
    headers: () => headersOfRow(row),
    timestamp: row.ts,
    timestampType: (row.flags & FLAG.logAppendTime) === 0 ? 'CreateTime' : 'LogAppendTime',
  };
}

/** Decodes a stored record by its topic's mapping. Not for transaction markers. */
export function decodeStored(context: ReadContext, row: StoredRecord): DecodedRecord {
  const record = rawRecordOf(context, row);
  const { mapping, hints } = topicMappingOf(context, record.topic);
  return decodeRecord(record, mapping, hints);
}

/** One stored record as an event. Not for transaction markers. */
export function storedEventOf(context: ReadContext, row: StoredRecord, decoded: DecodedRecord): StreamEvent {
  const { topic, partition } = context.dictionary.placeOf(row.id);
  const offset = row.id % OFFSET_SPAN;
  const verdict = VERDICTS[row.verdict]!;
  const place = { id: row.id, topic, partition, offset, recordedAt: row.ts, monotonicAt: row.mono, verdict };
  return streamEventOf(place, decoded);
}

const BYTES_PER_EVENT = 1500;
const BYTES_PER_HEAD = 160;
const READ_AT_ONCE = 500;

/**
 * All events of an aggregate over all topics without their payloads, in partition and offset order, all verdicts;
 * empty when the aggregate is not known. Kept until the captured data changes: do not modify. Where a stream may be
 * long, {@link loadColumns} takes a third of the memory and of the time.
 */
export function loadHeads(context: ReadContext, ref: AggregateRef): readonly StreamHead[] {
  return context.cache.get(
    `stream heads ${JSON.stringify([ref.type, ref.id])}`,
    () => {
      const columns = loadColumns(context, ref);
      return Array.from({ length: columns.count }, (_, row) => headAt(columns, row, context.dictionary));
    },
    (heads) => heads.length * BYTES_PER_HEAD,
  );
}

/** Of a topic that was created again, or whose log lost its end, a stream takes the latest log that has it: never both. */
export function latestLogOnly<H extends StreamHead>(dictionary: Dictionary, heads: H[]): H[] {
  if (dictionary.partitions().every(({ incarnation }) => incarnation === Infinity)) return heads;
  const latest = new Map<string, number>();
  for (const { id } of heads) {
    const { kafkaName, incarnation } = dictionary.placeOf(id);
    latest.set(kafkaName, Math.max(latest.get(kafkaName) ?? 0, incarnation));
  }
  return heads.filter(({ id }) => {
    const { kafkaName, incarnation } = dictionary.placeOf(id);
    return latest.get(kafkaName) === incarnation;
  });
}

type Readers = NonNullable<CompiledMapping['fields'][keyof CompiledMapping['fields']]>['readers'];

/** What the first of these places says that says anything. */
function firstText(readers: Readers | undefined, value: Json, record: RawRecord): string | null {
  for (const place of readers ?? []) {
    const text = idText(readFrom(place, value, record));
    if (text !== null) return text;
  }
  return null;
}

/** Stands in text where the bytes were no UTF-8 (it may have been there before, too). */
const REPLACED = '\ufffd';

/** Reads the payloads of events of which all else is at hand. Holds statements: make one per read. */
export class PayloadReader {
  readonly #context: ReadContext;
  readonly #bytes: RecordBytes;
  readonly #mappings = new Map<string, TopicMapping>();

  constructor(context: ReadContext) {
    this.#context = context;
    this.#bytes = recordBytesOf(context);
  }

  /** The same events as {@link storedEventOf} makes, in this order. */
  events(heads: readonly StreamHead[]): StreamEvent[] {
    return heads.map((head) => this.event(head));
  }

  /** The same event as {@link storedEventOf} makes. `text`: of its value, when it is at hand. */
  event(head: StreamHead, text = this.#textOf(head)): StreamEvent {
    const found = this.#read(head, text, parseJson);
    if (found === null) return this.#exact(head);
    const { fitting, value, record } = found;
    let eventId: string | null = null;
    if (head.eventHash !== null) {
      eventId = firstText(fitting.fields.eventId?.readers, value, record);
      if (eventId === null) return this.#exact(head);
    }
    const { id, topic, partition, offset, recordedAt, monotonicAt, verdict } = head;
    const { occurredAt, version, type, kind } = head;
    const { data } = payloadOf(fitting, value);
    return {
      id,
      topic,
      partition,
      offset,
      recordedAt,
      monotonicAt,
      verdict,
      occurredAt,
      version,
      type,
      eventId,
      kind,
      data,
      value,
      schemaVersion: firstText(fitting.fields.schemaVersion?.readers, value, record),
    };
  }

  /** The payload with JavaScript's numbers: good to tell that two differ, not that they are equal. */
  approximateData(head: StreamHead): Json {
    const found = this.#read(head, this.#textOf(head), parseApproximate);
    return found === null ? this.#exact(head).data : payloadOf(found.fitting, found.value).data;
  }

  #exact(head: StreamHead): StreamEvent {
    const row = this.#row(head);
    return storedEventOf(this.#context, row, decodeStored(this.#context, row));
  }

  #textOf({ id }: StreamHead): string | null {
    return this.#bytes.text(id);
  }

  #row({ id }: StreamHead): StoredRecord {
    return recordById(this.#context, id)!;
  }

  /** Null: not of the usual kind, the exact way has to read it. */
  #read(
    head: StreamHead,
    text: string | null,
    parse: (text: string) => Json,
  ): { fitting: CompiledMapping; value: Json; record: RawRecord } | null {
    if (head.kind !== 'event' && head.kind !== 'plain') return null;
    if (text === null || text.includes(REPLACED)) return null;
    let value: Json;
    try {
      value = parse(text);
    } catch {
      return null;
    }
    // Most mappings look at the value only: key and headers are read when one asks.
    const whole = () => this.#bytes.body(head.id);
    const record: RawRecord = {
      topic: head.topic,
      get key() {
        return whole().key;
      },
      value: text,
      headers: () => headersOfRow(whole()),
      timestamp: head.recordedAt,
    };
    const fitting = chooseMapping(this.#mapping(head.topic), value, record);
    return fitting === null ? null : { fitting, value, record };
  }

  #mapping(topic: string): TopicMapping['mapping'] {
    let known = this.#mappings.get(topic);
    if (known === undefined) {
      known = topicMappingOf(this.#context, topic);
      this.#mappings.set(topic, known);
    }
    return known.mapping;
  }
}

/** The events of {@link loadHeads} with their payloads. Kept until the captured data changes: do not modify. */
export function loadStream(context: ReadContext, ref: AggregateRef): readonly StreamEvent[] {
  return context.cache.get(
    `stream ${JSON.stringify([ref.type, ref.id])}`,
    () => {
      const payloads = new PayloadReader(context);
      const heads = loadHeads(context, ref);
      const events: StreamEvent[] = [];
      for (let from = 0; from < heads.length; from += READ_AT_ONCE) {
        context.throwIfAborted();
        for (const event of payloads.events(heads.slice(from, from + READ_AT_ONCE))) events.push(event);
      }
      return events;
    },
    (events) => events.length * BYTES_PER_EVENT,
  );
}
