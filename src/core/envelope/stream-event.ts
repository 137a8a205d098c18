/** Makes a decoded record ready to be ordered and folded. */
import type { Place, StreamEvent, Verdict } from '../model.ts';
import { captureFieldsOf, type DecodedRecord } from './decode.ts';

/** What the store knows of a record beside its content. */
export interface StoredPlace extends Place {
  id: number;
  recordedAt: number;
  monotonicAt: number;
  verdict: Verdict;
}

/** The event of a stream: where it is, and what it says. */
export function streamEventOf(place: StoredPlace, decoded: DecodedRecord): StreamEvent {
  const { type, version, occurredAt, eventId, kind } = captureFieldsOf(decoded);
  const event: StreamEvent = {
    id: place.id,
    topic: place.topic,
    partition: place.partition,
    offset: place.offset,
    recordedAt: place.recordedAt,
    monotonicAt: place.monotonicAt,
    verdict: place.verdict,
    occurredAt,
    version,
    type,
    eventId,
    kind,
    data: decoded.data ?? null,
    schemaVersion: decoded.envelope?.schemaVersion?.value ?? null,
  };
  if (decoded.value !== undefined) event.value = decoded.value;
  return event;
}
