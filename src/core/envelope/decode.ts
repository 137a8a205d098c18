/**
 * From record to event. `decodeRecord` keeps every digit and says where each field is from; `extractEnvelope` reads
 * only what the store indexes, at the speed of JSON.parse. Both agree on every field they share.
 */
import { isJsonObject, JsonProblem, parseApproximate, parseJson } from '../json.ts';
import type { Envelope, Json, RecordKind, StandardField } from '../model.ts';
import { getPath } from '../path.ts';
import { occurredMillis } from '../time.ts';
import { type CompiledMapping, derive, readFrom } from './compiled.ts';
import {
  bareEnvelope,
  chooseMapping,
  envelopeOf,
  KEYED,
  payloadOf,
  type TopicHints,
  WHOLE_NUMBER,
} from './fields.ts';
import type { EnvelopeMapping } from './mappings.ts';
import { type RawRecord, textOf, undecodableReason } from './record.ts';

export interface DecodedRecord {
  kind: RecordKind;
  /** Why it is no event, in words; absent for events. */
  reason?: string;
  envelope?: Envelope;
  /** The whole value; absent when it is no JSON or null bytes. */
  value?: Json;
  /** The payload, unwrapped. */
  data?: Json;
  /** Fields that are there but cannot be read as what they should be, repeated keys, and assumptions made. */
  problems: string[];
}

const TOMBSTONE_REASON = 'Tombstone: the value is null';

/** Why JSON that no envelope fits is shown as a plain record. */
function plainReason(value: Json, record: RawRecord): string {
  if (isJsonObject(value)) {
    return record.key === null
      ? 'JSON that fits no envelope mapping, and no key'
      : 'JSON that fits no envelope mapping';
  }
  const what =
    value === null
      ? 'null'
      : Array.isArray(value)
        ? 'a list'
        : `a ${typeof value === 'object' ? 'number' : typeof value}`;
  return `JSON, but ${what} and not an object: no envelope mapping fits`;
}

/**
 * Decodes a record exactly. `mapping` is its topic's; a record that does not fit it is tried against the built-in
 * ones, and what fits none stays visible with the reason.
 */
export function decodeRecord(
  record: RawRecord,
  mapping: EnvelopeMapping | null,
  hints: TopicHints = {},
): DecodedRecord {
  if (record.value === null) {
    return {
      kind: 'tombstone',
      reason: TOMBSTONE_REASON,
      envelope: bareEnvelope(mapping, record, hints),
      problems: [],
    };
  }
  const text = textOf(record.value);
  let value: Json;
  const duplicates: string[] = [];
  try {
    if (text === null) throw new JsonProblem('not UTF-8', 0);
    value = parseJson(text, { duplicates });
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    return undecodable(record, mapping, hints, text === null ? null : error);
  }
  const problems = duplicates.map((path) => `The key ${path} is repeated; the last value counts`);
  const fitting = chooseMapping(mapping, value, record);
  if (fitting === null) {
    const envelope = bareEnvelope(null, record, {});
    return { kind: 'plain', reason: plainReason(value, record), envelope, value, data: value, problems };
  }
  if (mapping !== null && fitting.mapping !== mapping && fitting !== KEYED) {
    problems.push(`Fits “${fitting.mapping.title}”, not the topic’s “${mapping.title}”`);
  }
  const payload = payloadOf(fitting, value);
  const envelope = envelopeOf(fitting, value, record, payload.path.map(String), problems);
  const decoded = { envelope, value, data: payload.data, problems };
  if (envelope.eventType !== undefined) return { kind: 'event', ...decoded };
  return { kind: 'plain', reason: plainReason(value, record), ...decoded };
}

/** A value that is no JSON: an event all the same when its headers are a CloudEvent, else undecodable. */
function undecodable(
  record: RawRecord,
  mapping: EnvelopeMapping | null,
  hints: TopicHints,
  problem: JsonProblem | null,
): DecodedRecord {
  const reason = undecodableReason(record.value!, problem);
  const fitting = chooseMapping(mapping, undefined, record);
  if (fitting === null) {
    return { kind: 'undecodable', reason, envelope: bareEnvelope(mapping, record, hints), problems: [] };
  }
  const problems = [reason];
  return {
    kind: 'event',
    envelope: envelopeOf(fitting, undefined, record, [], problems),
    data: null,
    problems,
  };
}

/** What the store keeps of a record in columns of its own. */
export interface CaptureFields {
  kind: RecordKind;
  /** Empty for a record without a type. */
  type: string;
  aggregateType: string | null;
  aggregateId: string | null;
  /** Declared aggregate version; null also when it is beyond 2^53 (the envelope then has its text). */
  version: number | null;
  occurredAt: number | null;
  eventId: string | null;
  correlationId: string | null;
  causationId: string | null;
  /** Name of the mapping that fitted; null for tombstones and undecodable records. */
  mapping: string | null;
  reason?: string;
}

/** Found a number whose digits JSON.parse may have lost. */
const INEXACT = Symbol('inexact');

/** Zero may be what is left of a number that is too small for JavaScript. */
const isExact = (number: number): boolean => number !== 0 && Number.isSafeInteger(number);

function hasInexact(value: Json | undefined): boolean {
  if (!isJsonObject(value)) return false;
  for (const key of Object.keys(value)) {
    const found = value[key];
    if (typeof found === 'number' && !isExact(found)) return true;
  }
  return false;
}

function quickText(
  name: StandardField,
  mapping: CompiledMapping,
  value: Json,
  record: RawRecord,
  eventType: string | null,
): string | null | typeof INEXACT {
  const rule = mapping.fields[name];
  if (rule === undefined) return null;
  for (const place of rule.readers) {
    const found = readFrom(place, value, record);
    if (typeof found === 'string') {
      if (found !== '') return found;
    } else if (typeof found === 'number') {
      return isExact(found) ? String(found) : INEXACT;
    }
  }
  if (rule.derive === null) return null;
  // A domain id may be read from a number without its source text.
  const isDomain = rule.derive === 'domain-id' || rule.derive === 'domain-type';
  if (isDomain && hasInexact(getPath(value, ['metadata']))) return INEXACT;
  return derive(rule.derive, value, record, eventType)?.value ?? null;
}

function quickTime(mapping: CompiledMapping, value: Json, record: RawRecord): number | null | typeof INEXACT {
  for (const place of mapping.fields.occurredAt?.readers ?? []) {
    const found = readFrom(place, value, record);
    if (typeof found === 'number' && !isExact(found)) return INEXACT;
    const ms = found === undefined ? null : occurredMillis(found);
    if (ms !== null) return ms;
  }
  return null;
}

function exactFields(record: RawRecord, own: EnvelopeMapping | null, hints: TopicHints): CaptureFields {
  return captureFieldsOf(decodeRecord(record, own, hints));
}

/** The store's columns of a record that is already decoded. */
export function captureFieldsOf(decoded: DecodedRecord): CaptureFields {
  const { envelope, kind } = decoded;
  const version =
    envelope?.aggregateVersion === undefined ? Number.NaN : Number(envelope.aggregateVersion.value);
  const fields: CaptureFields = {
    kind,
    type: envelope?.eventType?.value ?? '',
    aggregateType: envelope?.aggregateType?.value ?? null,
    aggregateId: envelope?.aggregateId?.value ?? null,
    version: Number.isSafeInteger(version) ? version : null,
    occurredAt: envelope?.occurredAt?.value ?? null,
    eventId: envelope?.eventId?.value ?? null,
    correlationId: envelope?.correlationId?.value ?? null,
    causationId: envelope?.causationId?.value ?? null,
    mapping: kind === 'event' || kind === 'plain' ? (envelope?.mapping ?? null) : null,
  };
  if (decoded.reason !== undefined) fields.reason = decoded.reason;
  return fields;
}

/**
 * The store's columns of a record, fast: one JSON.parse and a look at each field. Whatever is unusual (not JSON, no
 * envelope, a number that JavaScript cannot hold) goes the exact way of {@link decodeRecord}.
 */
export function extractEnvelope(
  record: RawRecord,
  own: EnvelopeMapping | null,
  hints: TopicHints = {},
): CaptureFields {
  const text = textOf(record.value);
  if (text === null) return exactFields(record, own, hints);
  let value: Json;
  try {
    value = parseApproximate(text);
  } catch {
    return exactFields(record, own, hints);
  }
  const mapping = chooseMapping(own, value, record);
  if (mapping === null || mapping === KEYED) return exactFields(record, own, hints);
  const type = quickText('eventType', mapping, value, record, null);
  if (typeof type !== 'string') return exactFields(record, own, hints);
  const aggregateType = quickText('aggregateType', mapping, value, record, type);
  const aggregateId = quickText('aggregateId', mapping, value, record, type);
  const versionText = quickText('aggregateVersion', mapping, value, record, type);
  const eventId = quickText('eventId', mapping, value, record, type);
  const correlationId = quickText('correlationId', mapping, value, record, type);
  const causationId = quickText('causationId', mapping, value, record, type);
  const occurredAt = quickTime(mapping, value, record);
  if (
    aggregateType === INEXACT ||
    aggregateId === INEXACT ||
    versionText === INEXACT ||
    eventId === INEXACT ||
    correlationId === INEXACT ||
    causationId === INEXACT ||
    occurredAt === INEXACT
  ) {
    return exactFields(record, own, hints);
  }
  if (versionText !== null && !WHOLE_NUMBER.test(versionText)) return exactFields(record, own, hints);
  const version = versionText === null ? Number.NaN : Number(versionText);
  return {
    kind: 'event',
    type,
    aggregateType,
    aggregateId,
    version: Number.isSafeInteger(version) ? version : null,
    occurredAt,
    eventId,
    correlationId,
    causationId,
    mapping: mapping.mapping.name,
  };
}
