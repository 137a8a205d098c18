/** A mapping made ready to read records: paths split once, derivations bound. */

import { parseSlowly } from '../json-parser.ts';
import type { Json, StandardField } from '../model.ts';
import { canonicalNumber, isJsonObject, isNumeric } from '../numbers.ts';
import { getPath, type PathStep, parsePath } from '../path.ts';
import { type Derivation, type EnvelopeMapping, STREAM_PATHS } from './mappings.ts';
import { headerText, keyText, type RawRecord, textOf } from './record.ts';

const HEADER = 'header:';

/** A place that a rule reads: a path in the value or a header. */
export interface Reader {
  /** As it is shown: `metadata.event_id`, `header ce_id`. */
  from: string;
  header: string | null;
  path: PathStep[];
}

export interface CompiledField {
  readers: Reader[];
  derive: Derivation | null;
}

export interface CompiledMapping {
  mapping: EnvelopeMapping;
  fields: Partial<Record<StandardField, CompiledField>>;
  dataPaths: PathStep[][];
  /** Each inner list: one of these must hold a value. */
  recognise: Reader[][];
  /** Top-level keys that the fields read: not part of a payload that is the whole value. */
  claimedKeys: Set<string>;
}

function reader(text: string): Reader {
  if (text.startsWith(HEADER)) {
    const header = text.slice(HEADER.length);
    return { from: `header ${header}`, header, path: [] };
  }
  return { from: text, header: null, path: parsePath(text) };
}

const compiled = new WeakMap<EnvelopeMapping, CompiledMapping>();

/** Compiles once per mapping object. @throws PathProblem for a path that cannot be read. */
export function compileMapping(mapping: EnvelopeMapping): CompiledMapping {
  const known = compiled.get(mapping);
  if (known !== undefined) return known;
  const fields: CompiledMapping['fields'] = {};
  const claimedKeys = new Set<string>(['metadata']);
  for (const name of Object.keys(mapping.fields) as StandardField[]) {
    const rule = mapping.fields[name]!;
    const readers = (rule.paths ?? []).map(reader);
    fields[name] = { readers, derive: rule.derive ?? null };
    for (const { path } of readers) if (typeof path[0] === 'string') claimedKeys.add(path[0]);
  }
  const result: CompiledMapping = {
    mapping,
    fields,
    dataPaths: mapping.dataPath.map(parsePath),
    recognise: mapping.recognise.map((each) => each.split('|').map(reader)),
    claimedKeys,
  };
  compiled.set(mapping, result);
  return result;
}

/** What a reader finds; undefined when nothing or null is there. */
export function readFrom(place: Reader, value: Json | undefined, record: RawRecord): Json | undefined {
  if (place.header !== null) return headerText(record, place.header) ?? undefined;
  const found = getPath(value, place.path);
  return found === null ? undefined : found;
}

function isThere(place: Reader, value: Json | undefined, record: RawRecord): boolean {
  return place.header === null
    ? getPath(value, place.path) !== undefined
    : headerText(record, place.header) !== null;
}

/** True when every required place is there, be it null. */
export function fits(mapping: CompiledMapping, value: Json | undefined, record: RawRecord): boolean {
  if (mapping.recognise.length === 0) return isJsonObject(value);
  for (const alternatives of mapping.recognise) {
    let found = false;
    for (const place of alternatives) {
      if (isThere(place, value, record)) {
        found = true;
        break;
      }
    }
    if (!found) return false;
  }
  return true;
}

/** An id as text: text as it is, an integer with all its digits. Null for anything else, and for the empty text. */
export function idText(value: Json | undefined): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  return isNumeric(value) ? canonicalNumber(value) : null;
}

export interface Derived {
  value: string;
  from: string;
}

const DOMAIN_ID = /^(.+?)(?:_id|Id)$/;
/** Ids in the metadata that name something other than the thing the event is about. */
const NOT_DOMAIN = new Set([
  'event',
  'correlation',
  'causation',
  'tenant',
  'user',
  'actor',
  'saga',
  'session',
  'trace',
  'span',
  'request',
  'message',
  'parent',
  'source',
  'schema',
  'transaction',
  'command',
  'process',
  'client',
  'device',
  'workflow',
]);
const PREFIXED_KEY = /^([A-Za-z][A-Za-z_]*)[-:/](.+)$/;

/** `stud_cattle` → `StudCattle`. */
function pascalCase(name: string): string {
  return name
    .split(/[_\s-]+/)
    .filter((part) => part !== '')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
}

/** The thing the event is about: the one `…_id` of the metadata that is no technical id, else the key `cattle-42`. */
function domainOf(value: Json | undefined, record: RawRecord): { type: Derived; id: Derived } | null {
  const metadata = getPath(value, ['metadata']);
  if (isJsonObject(metadata)) {
    for (const key of Object.keys(metadata)) {
      const noun = DOMAIN_ID.exec(key)?.[1];
      if (noun === undefined || NOT_DOMAIN.has(noun)) continue;
      const id = idText(metadata[key]);
      if (id === null) continue;
      const from = `metadata.${key}`;
      return { type: { value: pascalCase(noun), from }, id: { value: id, from } };
    }
  }
  const match = PREFIXED_KEY.exec(keyText(record) ?? '');
  if (match === null) return null;
  return { type: { value: pascalCase(match[1]!), from: 'key' }, id: { value: match[2]!, from: 'key' } };
}

const EMPTY_TOPIC_PARTS = /^(?:events?|topics?|streams?|logs?|v?\d+|changes|cdc|public|dbo)$/i;
const topicNames = new Map<string, string>();

/** The last part of a topic's name that says what is in it: `crm.customer-preferences` → `customer-preferences`. */
export function topicNoun(topic: string): string {
  const known = topicNames.get(topic);
  if (known !== undefined) return known;
  const parts = topic.split('.').filter((part) => part !== '');
  const noun = parts.findLast((part) => !EMPTY_TOPIC_PARTS.test(part)) ?? topic;
  if (topicNames.size < 10_000) topicNames.set(topic, noun);
  return noun;
}

function streamOf(value: Json | undefined): { name: string; from: string } | null {
  for (const from of STREAM_PATHS) {
    const name = getPath(value, [from]);
    if (typeof name === 'string' && name !== '') return { name, from };
  }
  return null;
}

const CHANGES: Record<string, string> = {
  c: 'Created',
  u: 'Updated',
  d: 'Deleted',
  r: 'Read',
  t: 'Truncated',
};

function changeType(value: Json | undefined): Derived | null {
  const inside = getPath(value, ['op']) === undefined ? 'payload.' : '';
  const body = inside === '' ? value : getPath(value, ['payload']);
  const op = getPath(body, ['op']);
  const table = getPath(body, ['source', 'table']) ?? getPath(body, ['source', 'collection']);
  if (typeof op !== 'string') return null;
  const verb = Object.hasOwn(CHANGES, op) ? CHANGES[op]! : `Changed_${op}`;
  return { value: `${pascalCase(typeof table === 'string' ? table : 'row')}${verb}`, from: `${inside}op` };
}

/** The one member of a JSON key (`{"id": 7}` → `7`, also inside `payload`), else the key as it is. */
function jsonKey(record: RawRecord): Derived | null {
  const text = textOf(record.key);
  if (text?.startsWith('{')) {
    try {
      const key = parseSlowly(text);
      const inside = getPath(key, ['payload']);
      const body = isJsonObject(inside) ? inside : key;
      const members = isJsonObject(body) ? Object.keys(body) : [];
      const id = members.length === 1 ? idText((body as Record<string, Json>)[members[0]!]) : null;
      if (id !== null) return { value: id, from: `key ${members[0]}` };
    } catch {
      // Not JSON after all: the text itself is the id.
    }
  }
  const whole = keyText(record);
  return whole === null ? null : { value: whole, from: 'key' };
}

/** Concludes a field; null when there is nothing to conclude it from. */
export function derive(
  how: Derivation,
  value: Json | undefined,
  record: RawRecord,
  eventType: string | null,
): Derived | null {
  switch (how) {
    case 'key': {
      const key = keyText(record);
      return key === null ? null : { value: key, from: 'key' };
    }
    case 'json-key':
      return jsonKey(record);
    case 'domain-id':
      return domainOf(value, record)?.id ?? derive('key', value, record, eventType);
    case 'domain-type':
      return domainOf(value, record)?.type ?? derive('topic', value, record, eventType);
    case 'topic':
      return { value: topicNoun(record.topic), from: 'topic' };
    case 'type-part': {
      const part = eventType?.split('.').at(-2);
      if (part === undefined || part === '') return derive('topic', value, record, eventType);
      return { value: pascalCase(part), from: 'type' };
    }
    case 'stream-id':
    case 'stream-type': {
      const stream = streamOf(value);
      if (stream === null) return null;
      const cut = stream.name.indexOf('-');
      const [type, id] =
        cut < 1 ? [stream.name, stream.name] : [stream.name.slice(0, cut), stream.name.slice(cut + 1)];
      return { value: how === 'stream-id' ? id : type, from: stream.from };
    }
    case 'change-type':
      return changeType(value);
    case 'timestamp':
      return { value: String(record.timestamp), from: `timestamp (${record.timestampType ?? 'CreateTime'})` };
  }
}
