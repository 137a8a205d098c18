/** The parts of a compensation: what it is drafted from, and the draft. */
import type { DecodedRecord } from './envelope/decode.ts';
import type { EnvelopeMapping } from './envelope/mappings.ts';
import type { Headers } from './envelope/record.ts';
import type { Json, Reducer, StreamEvent } from './model.ts';

/** An event with everything that was stored of it. */
export interface SourceRecord {
  event: StreamEvent;
  decoded: DecodedRecord;
  key: Uint8Array | null;
  headers: Headers;
}

export interface CompensationInput {
  /** The cluster's stable id (or name); part of the idempotency key. */
  cluster: string;
  aggregateType: string;
  aggregateId: string;
  /** Committed events of the aggregate in log order. */
  stream: readonly StreamEvent[];
  /** The event to be corrected; absent: a new event beside the last one. */
  corrected?: SourceRecord;
  /** The last event of the aggregate that was decoded; gives topic, key and shape when nothing is corrected. */
  head: SourceRecord;
  mapping: EnvelopeMapping;
  reducer: Reducer;
  newIds: { eventId: string; now: number; actor: string };
}

export interface DraftField {
  /** Path in the value (`event_data.amount`) or `header NAME`. */
  name: string;
  value: Json;
  editable: boolean;
  /** Where the value is from, or what is expected. */
  hint: string;
}

export interface CompensationDraft {
  cluster: string;
  topic: string;
  aggregateType: string;
  aggregateId: string;
  /** Id of the corrected event, null when the draft corrects none. */
  correctedEventId: string | null;
  mapping: EnvelopeMapping;
  /** Exactly the bytes of the stream's records, so that the partitioner puts it beside them. */
  key: Uint8Array | null;
  /** Type as it stands in the value or headers. */
  eventType: string;
  /** Types that the reducer knows, for a choice. */
  knownTypes: string[];
  fields: DraftField[];
  /** The whole event, as it will be written. */
  value: Json;
  headers: [string, Uint8Array | null][];
  idempotencyKey: string;
  /** What of the template was left out on purpose, as paths and header names. */
  notCarried: string[];
}
