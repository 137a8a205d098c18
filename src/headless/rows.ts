import { isUtf8 } from 'node:buffer';
import type { AggregateRef, Cut, EventRow } from '../contract/common.ts';
import { HindcastError } from '../contract/errors.ts';
import type { EventFilter, RecordDetail, TimelineRow } from '../contract/events.ts';
import { LIMITS } from '../contract/limits.ts';
import { parseJson } from '../core/json.ts';
import type { Json } from '../core/model.ts';
import { parsePlace } from './arguments.ts';
import { at, exact } from './output.ts';
import type { Session } from './session.ts';

/** A row of a list as one JSON line: flat, with exact numbers. */
export function rowDocument(row: EventRow): Record<string, unknown> {
  const { place, aggregate, recordedAt, occurredAt, tone: _tone, letter: _letter, ...rest } = row;
  return {
    ...rest,
    topic: place.topic,
    partition: place.partition,
    offset: exact(place.offset),
    recordedAt: at(recordedAt),
    occurredAt: occurredAt === null ? null : at(occurredAt),
    aggregateType: aggregate?.type ?? null,
    aggregateId: aggregate?.id ?? null,
  };
}

type Part = 'key' | 'value' | { header: number };
type Bytes = RecordDetail['valueBytes'];

/** All bytes of a part of a record; a detail holds only the first of a long one. */
async function wholeBytes(
  session: Session,
  id: number,
  part: Part,
  given: NonNullable<Bytes>,
): Promise<Buffer> {
  if (!given.cut) return Buffer.from(given.text, given.encoding);
  const chunks: Uint8Array[] = [];
  for (let offset = 0; offset < given.size; offset += LIMITS.bytesChunk) {
    const span = { offset, length: LIMITS.bytesChunk };
    chunks.push((await session.services.events.bytes({ id, part, ...span }, session.context)).bytes);
  }
  return Buffer.concat(chunks);
}

/** Text when the bytes are UTF-8, else `{"base64": …}`. */
async function bytesDocument(session: Session, id: number, part: Part, given: Bytes): Promise<Json> {
  if (given === null) return null;
  const bytes = await wholeBytes(session, id, part, given);
  return isUtf8(bytes) ? bytes.toString('utf8') : { base64: bytes.toString('base64') };
}

async function valueDocument(session: Session, { row, value, valueBytes }: RecordDetail): Promise<Json> {
  if (value !== null) return parseJson(value);
  const bytes = await bytesDocument(session, row.id, 'value', valueBytes);
  if (typeof bytes !== 'string' || !valueBytes?.cut) return bytes;
  try {
    return parseJson(bytes);
  } catch {
    return bytes;
  }
}

/** A record as one JSON line with its key, value and headers in full; every digit of the value is kept. */
export async function recordDocument(session: Session, row: EventRow): Promise<Record<string, unknown>> {
  const detail = await session.services.events.get({ id: row.id }, session.context);
  const headers: Json[] = [];
  for (const [number, { key, value }] of detail.headers.entries())
    headers.push({ key, value: await bytesDocument(session, row.id, { header: number }, value) });
  return {
    ...rowDocument(row),
    key: await bytesDocument(session, row.id, 'key', detail.keyBytes),
    headers,
    value: await valueDocument(session, detail),
    reason: detail.reason,
    problems: detail.problems,
  };
}

/** One row for a person. */
export function rowLine(row: EventRow): string {
  const { topic, partition, offset } = row.place;
  const mark = row.verdict === 'committed' ? '' : ` [${row.verdict}]`;
  return `${at(row.recordedAt)}  ${topic}:${partition}:${offset}${mark}  ${row.sentence}`;
}

/** Rows that fit the filter, at most `limit`, page by page. */
export async function* eventRows(
  session: Session,
  filter: EventFilter,
  limit: number,
): AsyncGenerator<EventRow[]> {
  for (let from = 0; from < limit; from += LIMITS.pageRows) {
    const count = Math.min(LIMITS.pageRows, limit - from);
    const page = await session.services.events.query({ filter, from, count }, session.context);
    yield page.rows;
    if (from + page.rows.length >= page.total || page.rows.length === 0) return;
  }
}

export interface Subject {
  ref: AggregateRef;
  cut: Cut;
  reducer: string | null;
}

/** Every event of a stream, in the order of its list. */
export async function* streamRows(session: Session, subject: Subject): AsyncGenerator<TimelineRow> {
  for (let from = 0; ; from += LIMITS.pageRows) {
    const page = await session.services.aggregates.events(
      { ...subject, from, count: LIMITS.pageRows },
      session.context,
    );
    yield* page.rows;
    if (from + page.rows.length >= page.total || page.rows.length === 0) return;
  }
}

/** The event of a stream at TOPIC:PARTITION:OFFSET. @throws HindcastError record.unknown */
export async function rowAtPlace(session: Session, subject: Subject, text: string): Promise<TimelineRow> {
  const wanted = parsePlace(text);
  if (wanted)
    for await (const row of streamRows(session, subject)) {
      const { topic, partition, offset } = row.place;
      if (topic === wanted.topic && partition === wanted.partition && offset === wanted.offset) return row;
    }
  throw new HindcastError('record.unknown', { place: `${text} in the stream of this aggregate` });
}
