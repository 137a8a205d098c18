/** Reads the standard fields of a record, each with where it is from: declared by the event, or concluded. */
import { isJsonObject } from '../json.ts';
import type { Envelope, Field, Json, JsonObject, StandardField } from '../model.ts';
import { setOwn } from '../ownKey.ts';
import { getPath, type PathStep } from '../path.ts';
import { lacksZone, occurredMillis } from '../time.ts';
import { type CompiledMapping, compileMapping, derive, fits, idText, readFrom } from './compiled.ts';
import { BUILT_IN_MAPPINGS, type EnvelopeMapping, KEYED_MAPPING } from './mappings.ts';
import type { RawRecord } from './record.ts';

/** What is known of a topic beyond its mapping. */
export interface TopicHints {
  /** The one aggregate type of its events; names the stream of a record that does not say. */
  aggregateType?: string | null;
}

const TIME_FIELDS: ReadonlySet<StandardField> = new Set(['occurredAt', 'recordedAt']);
export const WHOLE_NUMBER = /^-?\d+$/;
const builtIns = BUILT_IN_MAPPINGS.map(compileMapping);
export const KEYED = compileMapping(KEYED_MAPPING);

/** The mapping that fits the value: the topic's own first, then the built-in ones; null when none does. */
export function chooseMapping(
  own: EnvelopeMapping | null,
  value: Json | undefined,
  record: RawRecord,
): CompiledMapping | null {
  if (own !== null && own !== KEYED_MAPPING) {
    const first = compileMapping(own);
    if (fits(first, value, record)) return first;
  }
  for (const each of builtIns)
    if (each.mapping !== own && each !== KEYED && fits(each, value, record)) return each;
  return fits(KEYED, value, record) ? KEYED : null;
}

/** The payload and where it is: the first path that holds something, else the first that is there as null. */
export function payloadOf(mapping: CompiledMapping, value: Json): { path: PathStep[]; data: Json } {
  let empty: PathStep[] | null = null;
  for (const path of mapping.dataPaths) {
    if (path.length === 0 && empty !== null) break;
    const data = getPath(value, path);
    if (data === null) empty ??= path;
    if (data === undefined || data === null) continue;
    const whole = path.length === 0 && isJsonObject(data);
    return { path, data: whole ? withoutEnvelope(mapping, data) : data };
  }
  return { path: empty ?? mapping.dataPaths[0] ?? [], data: null };
}

/** A body that lies beside the envelope's own keys. */
function withoutEnvelope(mapping: CompiledMapping, value: JsonObject): JsonObject {
  const body: JsonObject = {};
  let left = 0;
  for (const key of Object.keys(value)) {
    if (mapping.claimedKeys.has(key)) left += 1;
    else setOwn(body, key, value[key]);
  }
  return left === 0 ? value : body;
}

/** One field with its source; a value of the wrong kind is told in `problems` and then not taken. */
function readField(
  name: StandardField,
  mapping: CompiledMapping,
  value: Json | undefined,
  record: RawRecord,
  eventType: string | null,
  problems: string[],
): Field<string> | Field<number> | undefined {
  const rule = mapping.fields[name];
  if (rule === undefined) return undefined;
  for (const place of rule.readers) {
    const found = readFrom(place, value, record);
    if (found === undefined) continue;
    if (TIME_FIELDS.has(name)) {
      const ms = occurredMillis(found);
      if (ms !== null) {
        if (lacksZone(found)) problems.push(`${place.from} has no zone and is read as UTC: ${String(found)}`);
        return { value: ms, source: 'declared', from: place.from };
      }
    } else {
      const text = idText(found);
      if (text !== null && (name !== 'aggregateVersion' || WHOLE_NUMBER.test(text))) {
        return { value: text, source: 'declared', from: place.from };
      }
    }
    if (found !== '') problems.push(`${place.from} cannot be read as ${name}: ${describe(found)}`);
  }
  if (rule.derive === null) return undefined;
  const concluded = derive(rule.derive, value, record, eventType);
  if (concluded === null) return undefined;
  if (TIME_FIELDS.has(name))
    return { value: Number(concluded.value), source: 'derived', from: concluded.from };
  return { value: concluded.value, source: 'derived', from: concluded.from };
}

function describe(value: Json): string {
  if (Array.isArray(value)) return 'a list';
  if (isJsonObject(value)) return 'an object';
  return typeof value === 'string' ? `“${value.slice(0, 40)}”` : String(value);
}

export function envelopeOf(
  mapping: CompiledMapping,
  value: Json | undefined,
  record: RawRecord,
  dataPath: string[],
  problems: string[],
): Envelope {
  const envelope: Envelope = { mapping: mapping.mapping.name, dataPath };
  const type = readField('eventType', mapping, value, record, null, problems);
  if (type !== undefined) envelope.eventType = type as Field<string>;
  for (const name of Object.keys(mapping.fields) as StandardField[]) {
    if (name === 'eventType') continue;
    const field = readField(name, mapping, value, record, envelope.eventType?.value ?? null, problems);
    if (field !== undefined) (envelope as unknown as Record<string, unknown>)[name] = field;
  }
  return envelope;
}

/** Fields of a record whose value says nothing (tombstone, not JSON): concluded from key, topic and its neighbours. */
export function bareEnvelope(own: EnvelopeMapping | null, record: RawRecord, hints: TopicHints): Envelope {
  const mapping = compileMapping(own ?? KEYED_MAPPING);
  const envelope: Envelope = { mapping: mapping.mapping.name, dataPath: [] };
  const id = derive(mapping.fields.aggregateId?.derive ?? 'key', undefined, record, null);
  if (id !== null) envelope.aggregateId = { ...id, source: 'derived' };
  const how = mapping.fields.aggregateType?.derive ?? null;
  // The topic's name is only the type's name where the events of the topic use it as such.
  const usesTopic = mapping === KEYED || how === 'domain-type';
  if (typeof hints.aggregateType === 'string') {
    envelope.aggregateType = {
      value: hints.aggregateType,
      source: 'derived',
      from: 'other records of the topic',
    };
  } else if (usesTopic && how !== null) {
    const type = derive(how, undefined, record, null);
    if (type !== null) envelope.aggregateType = { ...type, source: 'derived' };
  }
  envelope.recordedAt = {
    value: record.timestamp,
    source: 'derived',
    from: `timestamp (${record.timestampType ?? 'CreateTime'})`,
  };
  return envelope;
}
