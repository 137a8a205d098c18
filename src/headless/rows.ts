import type { TimelineRow } from '../contract/aggregates.ts';
import type { AggregateRef, Cut, EventRow } from '../contract/common.ts';
import { HindcastError } from '../contract/errors.ts';
import type { EventFilter, ScanState } from '../contract/events.ts';
import { LIMITS } from '../contract/limits.ts';
import { parsePlace } from './arguments.ts';
import { at } from './output.ts';
import type { Session } from './session.ts';

const DOCUMENTS_AT_ONCE = 5000;

/** One row for a person. */
export function rowLine(row: EventRow): string {
  const { topic, partition, offset } = row.place;
  const mark = row.verdict === 'committed' ? '' : ` [${row.verdict}]`;
  const moved = row.logAt === row.recordedAt ? '' : ` [in the log at ${at(row.logAt)}]`;
  return `${at(row.recordedAt)}  ${topic}:${partition}:${offset}${mark}${moved}  ${row.sentence}`;
}

/** Searches the bytes, and the rows of a very large log, to the end. */
export async function searchToEnd(
  session: Session,
  filter: EventFilter,
  onState: (state: ScanState) => void,
): Promise<void> {
  for (;;) {
    const state = await session.services.events.scan({ filter }, session.context);
    onState(state);
    if (state.done) return;
  }
}

/** Lines of JSON of the records that fit the filter, at most `limit`. */
export async function* documentLines(
  session: Session,
  filter: EventFilter,
  limit: number,
): AsyncGenerator<string[]> {
  for (let from = 0; from < limit; ) {
    const count = Math.min(DOCUMENTS_AT_ONCE, limit - from);
    const { lines, total } = await session.services.events.documents(
      { filter, from, count },
      session.context,
    );
    if (lines.length > 0) yield lines;
    from += lines.length;
    if (from >= total || lines.length === 0) return;
  }
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
