/** What a compensation is made from: the stream, the event to correct, the head. Runs in a reader thread. */
import type { AggregateRef } from '../../contract/common.ts';
import { HindcastError } from '../../contract/errors.ts';
import {
  type CompensationDraft,
  draftCompensation,
  editDraft,
  type SourceRecord,
} from '../../core/compensation.ts';
import { builtInMapping, type EnvelopeMapping } from '../../core/envelope/mappings.ts';
import { headersOf } from '../../core/envelope/record.ts';
import type { Reducer, StreamEvent } from '../../core/model.ts';
import { orderStream } from '../../core/order.ts';
import { reducerFor } from '../../core/projections/builtin.ts';
import { metaOf } from '../store/open.ts';
import { decodeStored, loadStream, rawRecordOf, recordById, topicMappingOf } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';

export interface CompensationSource {
  /** Committed events in log order. */
  stream: StreamEvent[];
  last: StreamEvent;
  corrected: SourceRecord | null;
  /** The last event that has the shape of an event. */
  head: SourceRecord;
  mapping: EnvelopeMapping;
  reducer: Reducer;
  /** Of the captured records; null when the workspace does not know. */
  clusterId: string | null;
}

const invalid = (problem: string) => new HindcastError('compensate.invalid', { problem });

/** @throws HindcastError `aggregate.unknown`, `record.unknown`, `compensate.invalid`, `whatif.hypothetical` */
export function loadSource(
  context: ReadContext,
  ref: AggregateRef,
  correctedId: number | null,
): CompensationSource {
  // Events of a what-if have negative numbers: nothing of it may ever be published.
  if (correctedId !== null && correctedId < 0) throw new HindcastError('whatif.hypothetical');
  const stream = orderStream(loadStream(context, ref)).events;
  const last = stream.at(-1);
  if (last === undefined) throw new HindcastError('aggregate.unknown', { type: ref.type, id: ref.id });
  const headEvent = stream.findLast(({ kind }) => kind === 'event');
  if (headEvent === undefined) throw invalid('no record of this aggregate has the shape of an event');
  const corrected = correctedId === null ? null : correctedOf(context, stream, correctedId);
  const head = sourceRecord(context, headEvent);
  const { event, decoded } = corrected ?? head;
  const own = topicMappingOf(context, event.topic).mapping;
  const name = decoded.envelope?.mapping ?? '';
  const mapping = own?.name === name ? own : builtInMapping(name);
  if (mapping === null) throw invalid(`the envelope of ${event.topic} is not known`);
  const clusterId = metaOf(context.db, 'cluster_id') as string | null;
  return { stream, last, corrected, head, mapping, reducer: reducerFor(ref.type), clusterId };
}

function correctedOf(context: ReadContext, stream: StreamEvent[], id: number): SourceRecord {
  const event = stream.find((one) => one.id === id);
  if (event === undefined) throw invalid('the corrected record is not a committed event of this aggregate');
  if (event.kind !== 'event') throw invalid(`the corrected record is ${event.kind}, not an event`);
  return sourceRecord(context, event);
}

function sourceRecord(context: ReadContext, event: StreamEvent): SourceRecord {
  const row = recordById(context, event.id)!;
  const { key } = row;
  return { event, decoded: decodeStored(context, row), key, headers: headersOf(rawRecordOf(context, row)) };
}

export interface DraftNames {
  ref: AggregateRef;
  eventId: string;
  now: number;
  actor: string;
}

/** The draft as core makes it; one that corrects nothing begins with the type of the last event. */
export function baseDraft(source: CompensationSource, names: DraftNames): CompensationDraft {
  const draft = draftCompensation({
    cluster: source.clusterId ?? '',
    aggregateType: names.ref.type,
    aggregateId: names.ref.id,
    stream: source.stream,
    corrected: source.corrected ?? undefined,
    head: source.head,
    mapping: source.mapping,
    reducer: source.reducer,
    newIds: { eventId: names.eventId, now: names.now, actor: names.actor },
  });
  return draft.eventType === '' ? withType(draft, source.head.event.type) : draft;
}

/** The draft with another event type, at the place where its shape declares the type. @throws HindcastError `compensate.invalid` */
export function withType(draft: CompensationDraft, type: string): CompensationDraft {
  const paths = draft.mapping.fields.eventType?.paths ?? [];
  const names = paths.map((path) => (path.startsWith('header:') ? `header ${path.slice(7)}` : path));
  const field = draft.fields.find(({ name }) => names.includes(name));
  if (field === undefined) throw invalid('this shape has no field for the event type');
  return editDraft(draft, field.name, type);
}
