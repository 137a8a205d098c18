/**
 * Compensating events: a new event, in the envelope shape of its stream, that corrects the effect of an earlier one.
 * Here it is drafted, edited and turned into bytes; clock, ids and the cluster's name are handed in, and the same
 * input gives the same bytes.
 */
import { correctionData } from './compensation-data.ts';
import { suggestType } from './compensation-type.ts';
import type { CompensationDraft, CompensationInput, DraftField, SourceRecord } from './compensation-types.ts';
import type { EnvelopeMapping } from './envelope/mappings.ts';
import type { Headers } from './envelope/record.ts';
import {
  canonicalJson,
  exactNumber,
  formatJson,
  isJsonObject,
  isNumeric,
  parseJson,
  sha256Hex,
} from './json.ts';
import type { Json, JsonObject, StandardField, StreamEvent } from './model.ts';
import { formatPath, getPath, parsePath, setPath } from './path.ts';
import { formatTime } from './time.ts';

export type { CompensationDraft, CompensationInput, DraftField, SourceRecord } from './compensation-types.ts';

export const IDEMPOTENCY_HEADER = 'idempotency-key';
/** Headers that belong to one delivery of one event. */
const OWN_HEADER = /^(?:idempotency[-_]key|event[-_]?id|message[-_]?id|.*retry.*|.*attempt.*)$/i;

/** The hint of an empty causation id: the one field that may stay empty although it is not edited. */
export const CORRECTS_NOTHING = 'corrects no event';

const encoder = new TextEncoder();

/** The place of a standard field in this template: where it is declared, else the first path of the mapping. */
function placeOf(
  mapping: EnvelopeMapping,
  field: StandardField,
  value: Json,
  headers: Headers,
): string | null {
  const paths = mapping.fields[field]?.paths ?? [];
  return paths.find((path) => isThere(path, value, headers)) ?? null;
}

function isThere(path: string, value: Json, headers: Headers): boolean {
  if (path.startsWith('header:')) return headers.some(([name]) => name === path.slice('header:'.length));
  return getPath(value, parsePath(path)) !== undefined;
}

/** A time in the notation that the template uses: ISO text, or an epoch number of the same magnitude. */
function timeLike(template: Json | undefined, now: number): Json {
  if (!isNumeric(template)) return formatTime(now);
  const size = Math.abs(Number(template));
  if (size < 1e11) return exactNumber((now / 1000).toFixed(Number.isInteger(size) ? 0 : 3));
  if (size < 1e14) return now;
  return exactNumber(`${now}${size < 1e17 ? '000' : '000000'}`);
}

/** A new id in the stream's style: `evt_…` keeps its prefix. */
function idLike(template: string | null, id: string): string {
  const prefix = /^([A-Za-z]+_)/.exec(template ?? '')?.[1];
  return prefix === undefined ? id : `${prefix}${id.replaceAll('-', '')}`;
}

function sameKind(template: Json | undefined, text: string): Json {
  return isNumeric(template) ? exactNumber(text) : text;
}

/**
 * Deterministic: the same correction of the same event has the same key, whoever drafts it and whenever. A draft that
 * corrects no event has its payload in the key instead.
 */
export function idempotencyKeyOf(draft: Omit<CompensationDraft, 'idempotencyKey' | 'fields'>): string {
  const subject = draft.correctedEventId ?? canonicalJson(payloadOf(draft));
  const parts = [
    draft.cluster,
    draft.topic,
    draft.aggregateType,
    draft.aggregateId,
    subject,
    draft.eventType,
  ];
  return `comp:${sha256Hex(canonicalJson(parts))}`;
}

/** The payload of a draft, null when it has none. */
export function payloadOf(draft: Pick<CompensationDraft, 'mapping' | 'value'>): Json {
  for (const path of draft.mapping.dataPath) {
    const data = getPath(draft.value, parsePath(path));
    if (data !== undefined && data !== null) return data;
  }
  return null;
}

interface Builder {
  value: Json;
  headers: [string, Uint8Array | null][];
  fields: DraftField[];
}

function put(to: Builder, place: string, content: Json, editable: boolean, hint: string): void {
  if (place.startsWith('header:')) {
    const name = place.slice('header:'.length);
    const text = typeof content === 'string' ? content : formatJson(content);
    const at = to.headers.findIndex(([each]) => each === name);
    const header: [string, Uint8Array] = [name, encoder.encode(text)];
    if (at === -1) to.headers.push(header);
    else to.headers[at] = header;
    to.fields.push({ name: `header ${name}`, value: text, editable, hint });
    return;
  }
  to.value = setPath(to.value, parsePath(place), content);
  to.fields.push({ name: place, value: content, editable, hint });
}

/** The template without what belongs to the one event it was made for. */
function shell(input: CompensationInput, source: SourceRecord, notCarried: string[]): Json {
  const { value, envelope } = source.decoded;
  if (!isJsonObject(value)) return {};
  const dataPath = envelope?.dataPath ?? [];
  if (dataPath.length === 0) {
    // The body lies beside the envelope's keys: the envelope is kept, the body is drafted anew.
    const body = source.decoded.data;
    return Object.fromEntries(
      Object.entries(value).filter(([key]) => !isJsonObject(body) || !Object.hasOwn(body, key)),
    );
  }
  const claimed = new Set<string | number>(dataPath.slice(0, 1));
  for (const rule of Object.values(input.mapping.fields)) {
    for (const path of rule.paths ?? []) claimed.add(parsePath(path)[0] ?? '');
  }
  const kept: JsonObject = {};
  for (const key of Object.keys(value)) {
    const own = value[key]!;
    const carried = claimed.has(key) || own === null || typeof own !== 'object' || isNumeric(own);
    if (!carried) notCarried.push(formatPath([key]));
    kept[key] = carried ? own : null;
  }
  return kept;
}

function nextVersion(stream: readonly StreamEvent[]): number | null {
  let highest: number | null = null;
  for (const { version } of stream) if (version !== null) highest = Math.max(highest ?? version, version);
  return highest === null ? null : highest + 1;
}

/** Drafts the event: envelope from the stream's own shape, payload from the corrected event with its amount negated. */
export function draftCompensation(input: CompensationInput): CompensationDraft {
  const source = input.corrected ?? input.head;
  const { mapping, newIds, corrected } = input;
  const template = source.decoded.value ?? {};
  const notCarried: string[] = [];
  const eventType = corrected === undefined ? '' : suggestType(corrected.event.type, input.reducer);
  const to: Builder = { value: shell(input, source, notCarried), headers: [], fields: [] };
  for (const [name, content] of source.headers) {
    if (OWN_HEADER.test(name)) notCarried.push(`header ${name}`);
    else to.headers.push([name, content]);
  }
  const set = (field: StandardField, content: Json, editable: boolean, hint: string): void => {
    const place = placeOf(mapping, field, template, source.headers);
    if (place !== null) put(to, place, content, editable, hint);
  };
  const valueAt = (field: StandardField): Json | undefined => {
    const place = placeOf(mapping, field, template, source.headers);
    return place === null || place.startsWith('header:') ? undefined : getPath(template, parsePath(place));
  };
  const eventId = idLike(source.event.eventId, newIds.eventId);
  set('eventType', eventType, true, corrected === undefined ? 'required, in the past tense' : 'past tense');
  set('eventId', eventId, false, 'new');
  set('aggregateType', valueAt('aggregateType') ?? input.aggregateType, false, 'as the stream');
  set('aggregateId', valueAt('aggregateId') ?? input.aggregateId, false, 'as the stream');
  const version = nextVersion(input.stream);
  if (version !== null) {
    set('aggregateVersion', sameKind(valueAt('aggregateVersion'), String(version)), false, 'head + 1');
  }
  set('occurredAt', timeLike(valueAt('occurredAt'), newIds.now), true, 'now');
  set('recordedAt', timeLike(valueAt('recordedAt'), newIds.now), false, 'now');
  const correlation = source.decoded.envelope?.correlationId?.value;
  set(
    'correlationId',
    correlation ?? null,
    true,
    correlation === undefined ? 'none to carry over' : 'carried over',
  );
  set(
    'causationId',
    corrected?.event.eventId ?? null,
    false,
    corrected === undefined ? CORRECTS_NOTHING : 'the corrected event',
  );
  const sequence = source.decoded.envelope?.sequenceNumber?.value;
  if (sequence !== undefined && /^\d{1,15}$/.test(sequence)) {
    const next = sameKind(valueAt('sequenceNumber'), String(Number(sequence) + 1));
    set('sequenceNumber', next, true, 'next after this event’s; check it against the saga');
  }
  set('actor', newIds.actor, true, 'you');
  set('source', mapping.name.startsWith('cloudevents') ? '/hindcast' : 'hindcast', true, 'who writes it');
  const reference = getPath(to.value, ['metadata', 'event_ref']);
  if (typeof reference === 'string') put(to, 'metadata.event_ref', `compensation-${eventId}`, true, 'new');
  for (const field of correctionData(source, corrected !== undefined, mapping, to.value, notCarried)) {
    put(to, field.name, field.value, field.editable, field.hint);
  }
  const draft = {
    cluster: input.cluster,
    topic: source.event.topic,
    aggregateType: input.aggregateType,
    aggregateId: input.aggregateId,
    correctedEventId:
      corrected === undefined ? null : (corrected.event.eventId ?? placeText(corrected.event)),
    mapping,
    key: source.key,
    eventType,
    knownTypes: Object.keys(input.reducer.on).filter((type) => type !== '*' && !type.startsWith('$')),
    value: to.value,
    headers: to.headers,
    fields: to.fields,
    notCarried,
  };
  return withIdempotencyKey(draft);
}

/** Names a record without an event id by its place, which never changes. */
function placeText(event: StreamEvent): string {
  return `${event.topic}:${event.partition}:${event.offset}`;
}

/** Puts the key where the envelope declares one, and always into a header, where a duplicate can be looked for. */
function withIdempotencyKey(draft: Omit<CompensationDraft, 'idempotencyKey'>): CompensationDraft {
  const idempotencyKey = idempotencyKeyOf(draft);
  const to: Builder = { value: draft.value, headers: [...draft.headers], fields: [] };
  const place = placeOf(draft.mapping, 'idempotencyKey', draft.value, draft.headers);
  if (place !== null) put(to, place, idempotencyKey, false, 'derived');
  put(to, `header:${IDEMPOTENCY_HEADER}`, idempotencyKey, false, 'derived');
  const names = new Set(to.fields.map((field) => field.name));
  const fields = [...draft.fields.filter((field) => !names.has(field.name)), ...to.fields];
  return { ...draft, value: to.value, headers: to.headers, fields, idempotencyKey };
}

function currentType(draft: CompensationDraft, value: Json, headers: Headers): string {
  const place = placeOf(draft.mapping, 'eventType', value, headers);
  if (place?.startsWith('header:')) {
    const bytes = headers.find(([name]) => name === place.slice('header:'.length))?.[1];
    return bytes ? new TextDecoder().decode(bytes) : '';
  }
  const type = place === null ? undefined : getPath(value, parsePath(place));
  return typeof type === 'string' ? type : '';
}

function refreshed(
  draft: CompensationDraft,
  value: Json,
  headers: [string, Uint8Array | null][],
): CompensationDraft {
  const fields = draft.fields.map((field) => {
    if (field.name.startsWith('header ')) {
      const bytes = headers.find(([name]) => name === field.name.slice('header '.length))?.[1];
      return { ...field, value: bytes ? new TextDecoder().decode(bytes) : null };
    }
    return { ...field, value: getPath(value, parsePath(field.name)) ?? null };
  });
  return withIdempotencyKey({
    ...draft,
    value,
    headers,
    fields,
    eventType: currentType(draft, value, headers),
  });
}

/** The draft with one field set (`event_data.reason`, `header ce_type`). @throws PathProblem for a path that is blocked */
export function editDraft(draft: CompensationDraft, name: string, content: Json): CompensationDraft {
  if (!name.startsWith('header '))
    return refreshed(draft, setPath(draft.value, parsePath(name), content), draft.headers);
  const to: Builder = { value: draft.value, headers: [...draft.headers], fields: [] };
  put(to, `header:${name.slice('header '.length)}`, content, true, '');
  return refreshed(draft, draft.value, to.headers);
}

/** The draft with its whole value replaced by edited JSON text. @throws JsonProblem when the text is no JSON */
export function editDraftText(draft: CompensationDraft, text: string): CompensationDraft {
  return refreshed(draft, parseJson(text), draft.headers);
}

/** The exact bytes that will be published; the same draft always gives the same bytes. */
export function encodeCompensation(draft: CompensationDraft): {
  key: Uint8Array | null;
  value: Uint8Array;
  headers: [string, Uint8Array | null][];
} {
  return { key: draft.key, value: encoder.encode(formatJson(draft.value)), headers: draft.headers };
}
