/** A row of a list as the flat JSON document that the command line writes. */
import { parseJson } from '../core/json.ts';
import type { Json, JsonObject } from '../core/model.ts';
import { formatTime } from '../core/time.ts';
import type { EventRow } from './common.ts';

/** Flat, with exact numbers; what only the eye needs is left out. */
export function rowDocument<Row extends EventRow>(row: Row): JsonObject {
  const { place, aggregate, recordedAt, logAt, occurredAt, tone: _tone, letter: _letter, ...rest } = row;
  return {
    ...(rest as unknown as Record<string, Json>),
    topic: place.topic,
    partition: place.partition,
    offset: parseJson(place.offset),
    recordedAt: formatTime(recordedAt),
    ...(logAt === recordedAt ? {} : { logAt: formatTime(logAt) }),
    occurredAt: occurredAt === null ? null : formatTime(occurredAt),
    aggregateType: aggregate?.type ?? null,
    aggregateId: aggregate?.id ?? null,
  };
}
