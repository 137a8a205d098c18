/** The names a filter may ask for, what each is, and which of them a workspace keeps beside the bytes. */
import { nearest } from './nearest.ts';

type Kind = 'text' | 'number' | 'time' | 'word' | 'path' | 'bytes';

interface FieldFacts {
  kind: Kind;
  /** What it is, for a list of suggestions. */
  about: string;
  /** The only values it has. */
  words?: readonly string[];
  /** Kept as a column: told without reading the record's bytes. */
  column: boolean;
}

export const FIELDS = {
  topic: { kind: 'text', about: 'topic', column: true },
  partition: { kind: 'number', about: 'partition number', column: true },
  offset: { kind: 'number', about: 'offset in its partition', column: true },
  type: { kind: 'text', about: 'event type', column: true },
  aggregate: { kind: 'text', about: 'aggregate id', column: true },
  aggregateType: { kind: 'text', about: 'aggregate type', column: true },
  recorded: { kind: 'time', about: 'recorded time: the Kafka record timestamp', column: true },
  occurred: { kind: 'time', about: 'occurred time: the time inside the envelope', column: true },
  verdict: {
    kind: 'word',
    about: 'how its transaction ended',
    words: ['committed', 'aborted', 'open', 'control'],
    column: true,
  },
  kind: {
    kind: 'word',
    about: 'what the record turned out to be',
    words: ['event', 'plain', 'tombstone', 'undecodable', 'control'],
    column: true,
  },
  version: { kind: 'number', about: 'aggregate version that the event declares', column: false },
  size: { kind: 'number', about: 'bytes of the value', column: false },
  key: { kind: 'text', about: 'record key', column: false },
  eventId: { kind: 'text', about: 'event id', column: false },
  correlationId: { kind: 'text', about: 'correlation id', column: false },
  causationId: { kind: 'text', about: 'causation id', column: false },
  header: { kind: 'path', about: 'a record header: header.name', column: false },
  data: { kind: 'path', about: 'the payload: data.path', column: false },
  value: { kind: 'path', about: 'the whole value, envelope included: value.path', column: false },
  text: { kind: 'bytes', about: 'the value as it is written: text contains "…"', column: false },
} as const satisfies Record<string, FieldFacts>;

export type FieldName = keyof typeof FIELDS;

export const isFieldName = (name: string): name is FieldName => Object.hasOwn(FIELDS, name);
export const factsOf = (name: FieldName): FieldFacts => FIELDS[name];

/** Fields that an index of the workspace finds by their exact value. */
export const LOOKUP_FIELDS = ['eventId', 'correlationId', 'causationId', 'key'] as const;
export type LookupField = (typeof LOOKUP_FIELDS)[number];

/** The name that was probably meant. Names that other tools use for these fields are known as well. */
export function meantField(name: string): string | null {
  const lower = name.toLowerCase();
  if (Object.hasOwn(OTHER_NAMES, lower)) return OTHER_NAMES[lower]!;
  return nearest(name, Object.keys(FIELDS));
}

const OTHER_NAMES: Record<string, string> = {
  event_id: 'eventId',
  event_type: 'type',
  eventtype: 'type',
  aggregateid: 'aggregate',
  aggregate_id: 'aggregate',
  agg: 'aggregate',
  aggregate_type: 'aggregateType',
  correlation: 'correlationId',
  correlation_id: 'correlationId',
  causation: 'causationId',
  causation_id: 'causationId',
  recordedat: 'recorded',
  timestamp: 'recorded',
  ts: 'recorded',
  occurredat: 'occurred',
  payload: 'data',
  headers: 'header',
  status: 'verdict',
};
