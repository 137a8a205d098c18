import type { MappedField, MappingDefinition } from '../../../contract/mappings.ts';
import { MAPPED_FIELDS } from '../../../contract/mappings.ts';
import { derivationsFor } from '../../../core/envelope/checkMapping.ts';
import type { Derivation } from '../../../core/envelope/mappings.ts';
import { formatPath, parsePath } from '../../../core/path.ts';

/** What each field is, for people. */
export const FIELD_WORDS: Record<MappedField, string> = {
  eventType: 'Event type',
  aggregateType: 'Aggregate type',
  aggregateId: 'Aggregate id',
  aggregateVersion: 'Aggregate version',
  eventId: 'Event id',
  occurredAt: 'Occurred',
  recordedAt: 'Recorded',
  correlationId: 'Correlation id',
  causationId: 'Causation id',
  sagaId: 'Saga id',
  sequenceNumber: 'Sequence number',
  schemaVersion: 'Schema version',
  tenantId: 'Tenant',
  actor: 'Actor',
  source: 'Source',
  idempotencyKey: 'Idempotency key',
};

export const DERIVATION_WORDS: Record<Derivation, string> = {
  key: 'the record key',
  'json-key': 'the one member of a JSON key',
  'domain-id': 'the …_id of the metadata, or the key',
  'domain-type': 'the …_id of the metadata, or the key',
  topic: 'the topic’s name',
  'type-part': 'a part of the event type',
  'stream-id': 'the name of the stream',
  'stream-type': 'the name of the stream',
  'change-type': 'table and operation of a change',
  timestamp: 'its timestamp',
};

export { derivationsFor };

/** Paths as one text: `a.b, ["c,d"]`. */
export const pathsText = (paths: readonly string[] | undefined): string => (paths ?? []).join(', ');

/** Reads {@link pathsText} back: commas inside of quoted keys do not part. */
export function readPaths(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at);
    if (sign === '\\' && isQuoted) {
      part += sign + text.charAt(at + 1);
      at += 1;
    } else if (sign === ',' && !isQuoted) {
      parts.push(part);
      part = '';
    } else {
      if (sign === '"') isQuoted = !isQuoted;
      part += sign;
    }
  }
  return [...parts, part].map((each) => each.trim()).filter((each) => each !== '');
}

/** The mapping as one's own: a built-in one cannot be changed, and two of one name are not told apart. */
export function asOwn(mapping: MappingDefinition, topic: string): MappingDefinition {
  if (mapping.name.startsWith('own ')) return mapping;
  return { ...mapping, name: `own ${topic}`.slice(0, 100), title: `Mapping of ${topic}`.slice(0, 200) };
}

/** For a topic of which nothing is known: any JSON object, the key names the aggregate. */
export const EMPTY: MappingDefinition = {
  name: 'own',
  title: 'New mapping',
  fields: {
    aggregateType: { derive: 'topic' },
    aggregateId: { derive: 'key' },
    recordedAt: { derive: 'timestamp' },
  },
  dataPath: [''],
  recognise: [],
};

/** Reads a field from a place first, before those it was read from until now. */
export function pointAt(mapping: MappingDefinition, field: MappedField, path: string): MappingDefinition {
  const rule = mapping.fields[field] ?? {};
  const others = (rule.paths ?? []).filter((each) => each !== path);
  return withRule(mapping, field, { ...rule, paths: [path, ...others] });
}

export function withRule(
  mapping: MappingDefinition,
  field: MappedField,
  rule: { paths?: string[] | undefined; derive?: Derivation | undefined },
): MappingDefinition {
  const paths = rule.paths ?? [];
  const next = {
    ...(paths.length === 0 ? {} : { paths }),
    ...(rule.derive === undefined ? {} : { derive: rule.derive }),
  };
  const { [field]: _, ...fields } = mapping.fields;
  const isEmpty = Object.keys(next).length === 0;
  return { ...mapping, fields: isEmpty ? fields : { ...fields, [field]: next } };
}

/** Which fields a place is read for, in the order of the fields. */
export function readersOf(mapping: MappingDefinition, path: string): MappedField[] {
  const same = steps(path);
  return MAPPED_FIELDS.filter((field) => mapping.fields[field]?.paths?.some((each) => steps(each) === same));
}

/** One text for all ways to write a path; headers as they are. */
function steps(path: string): string {
  if (path.startsWith('header:')) return path;
  try {
    return formatPath(parsePath(path));
  } catch {
    return path;
  }
}

/** Whether two mappings say the same. */
export const isSameMapping = (a: MappingDefinition | null, b: MappingDefinition | null): boolean =>
  JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each)]),
  );
}

/** A pattern for topics like this one: its last part left open. */
export function proposedPattern(topic: string): string {
  const cut = topic.lastIndexOf('.');
  return cut < 1 ? topic : `${topic.slice(0, cut)}.*`;
}
