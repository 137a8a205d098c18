import type { AggregateRef, Cut, EventRow } from '../contract/common.ts';
import { HindcastError } from '../contract/errors.ts';
import type { EventFilter, TimelineRow } from '../contract/events.ts';
import { LIMITS } from '../contract/limits.ts';
import { parsePlace } from './arguments.ts';
import { at, exact, plain } from './output.ts';
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

/** One row for a person. */
export function rowLine(row: EventRow): string {
  const { topic, partition, offset } = row.place;
  const mark = row.verdict === 'committed' ? '' : ` [${row.verdict}]`;
  return plain(`${at(row.recordedAt)}  ${topic}:${partition}:${offset}${mark}  ${row.sentence}`);
}

/** Every row that fits the filter, page by page. */
export async function* eventRows(session: Session, filter: EventFilter): AsyncGenerator<EventRow> {
  for (let from = 0; ; from += LIMITS.pageRows) {
    const page = await session.services.events.query(
      { filter, from, count: LIMITS.pageRows },
      session.context,
    );
    yield* page.rows;
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
