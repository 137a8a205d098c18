/** Records of the store as events, decoded by core. */
import type { AggregateRef } from '../../contract/common.ts';
import { idText, readFrom } from '../../core/envelope/compiled.ts';
import { type DecodedRecord, decodeRecord } from '../../core/envelope/decode.ts';
import { chooseMapping, payloadOf } from '../../core/envelope/fields.ts';
import { type RawRecord, textOf } from '../../core/envelope/record.ts';
import { streamEventOf } from '../../core/envelope/stream-event.ts';
import { parseJson } from '../../core/json.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import { decodeHeaders } from '../kafka/headers.ts';
import { FLAG } from '../kafka/recordColumns.ts';
import type { ReadContext } from '../workers/context.ts';
import { OFFSET_SPAN } from './ids.ts';
import { mappingFromText, type TopicMapping } from './topicMapping.ts';
import { KINDS, VERDICTS } from './values.ts';

/** A row of the `record` table as SQLite gives it. */
export interface StoredRecord {
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
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: Uint8Array | null;
}

export const RECORD_COLUMNS =
  'id, ts, mono, occurred, type_id, agg_id, version, kind, verdict, flags, producer_id, key, value, headers';

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

/** The record as core wants it. */
export function rawRecordOf(context: ReadContext, row: StoredRecord): RawRecord {
  return {
    topic: context.dictionary.placeOf(row.id).topic,
    key: row.key,
    value: row.value,
    headers: () =>
      row.headers === null ? [] : decodeHeaders(row.headers).map(({ key, value }) => [key, value] as const),
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

/**
 * The same event as {@link storedEventOf} makes, without looking for repeated keys and without the fields that the
 * store has as columns: long streams are read this way. Anything unusual goes the exact way.
 */
export function quickEventOf(context: ReadContext, row: StoredRecord): StreamEvent {
  const kind = KINDS[row.kind]!;
  const exact = () => storedEventOf(context, row, decodeStored(context, row));
  if (kind !== 'event' && kind !== 'plain') return exact();
  const record = rawRecordOf(context, row);
  const text = textOf(record.value);
  if (text === null) return exact();
  let value: Json;
  try {
    value = parseJson(text);
  } catch {
    return exact();
  }
  const fitting = chooseMapping(topicMappingOf(context, record.topic).mapping, value, record);
  if (fitting === null) return exact();
  let eventId: string | null = null;
  for (const place of fitting.fields.eventId?.readers ?? []) {
    eventId = idText(readFrom(place, value, record));
    if (eventId !== null) break;
  }
  if (eventId === null && fitting.fields.eventId?.derive != null) return exact();
  const { topic, partition } = context.dictionary.placeOf(row.id);
  return {
    id: row.id,
    topic,
    partition,
    offset: row.id % OFFSET_SPAN,
    recordedAt: row.ts,
    monotonicAt: row.mono,
    verdict: VERDICTS[row.verdict]!,
    occurredAt: row.occurred,
    version: row.version,
    type: context.dictionary.typeName(row.type_id),
    eventId,
    kind,
    data: payloadOf(fitting, value).data,
    value,
  };
}

const BYTES_PER_EVENT = 1500;

/**
 * All events of an aggregate over all topics, in partition and offset order, all verdicts; empty when the aggregate
 * is not known. Kept until the captured data changes: do not modify.
 */
export function loadStream(context: ReadContext, ref: AggregateRef): readonly StreamEvent[] {
  return context.cache.get(
    `stream ${JSON.stringify([ref.type, ref.id])}`,
    () => {
      const aggregate = context.dictionary.aggregateId(ref);
      if (aggregate === null) return [];
      const rows = context.db
        .prepare(`SELECT ${RECORD_COLUMNS} FROM record WHERE agg_id = ?`)
        .iterate(aggregate) as IterableIterator<StoredRecord>;
      const events: StreamEvent[] = [];
      for (const row of rows) {
        if (events.length % 1000 === 999) context.throwIfAborted();
        events.push(quickEventOf(context, row));
      }
      return events.sort((a, b) => a.id - b.id);
    },
    (events) => events.length * BYTES_PER_EVENT,
  );
}
