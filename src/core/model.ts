/**
 * The words of the domain as types; every layer speaks in these.
 * Times are milliseconds since 1970 (UTC). Offsets are JS numbers here because the store refuses offsets of 2^40
 * and above (they share an integer key with the partition number); on the wire they are decimal strings.
 */
import type { LosslessNumber } from 'lossless-json';

/**
 * A JSON value that keeps every digit. A number is a JS number only when its text is exactly what JavaScript would
 * print for it; any other number (`1250.00`, `9007199254740993`, `1e400`) is a {@link LosslessNumber} with its text.
 */
export type Json = null | boolean | string | number | LosslessNumber | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

/** Where a record is in Kafka. */
export interface Place {
  topic: string;
  partition: number;
  offset: number;
}

/** declared: the event says so itself. derived: concluded from key, topic, timestamp or order, and marked as such. */
export type FieldSource = 'declared' | 'derived';

/** A standard field with where it came from: a path in the value, `key`, `timestamp`, `topic`, `header ce_id`, … */
export interface Field<T> {
  value: T;
  source: FieldSource;
  from: string;
}

/** The standard fields of an event (events.md). Absent means the event does not say and nothing honest is derivable. */
export interface Envelope {
  /** Name of the mapping that fitted. */
  mapping: string;
  eventId?: Field<string>;
  eventType?: Field<string>;
  schemaVersion?: Field<string>;
  aggregateType?: Field<string>;
  aggregateId?: Field<string>;
  /** Decimal integer text; only ever the version of the aggregate, never of the schema. */
  aggregateVersion?: Field<string>;
  occurredAt?: Field<number>;
  recordedAt?: Field<number>;
  correlationId?: Field<string>;
  causationId?: Field<string>;
  sagaId?: Field<string>;
  sequenceNumber?: Field<string>;
  tenantId?: Field<string>;
  actor?: Field<string>;
  source?: Field<string>;
  idempotencyKey?: Field<string>;
  /** Path of the payload inside the value; empty array: the whole value is the payload. */
  dataPath: string[];
}

/** Names of the standard fields that carry a {@link Field}. */
export type StandardField = Exclude<keyof Envelope, 'mapping' | 'dataPath'>;

/** Whether the record's transaction came true. `none` outside transactions counts as committed. */
export type Verdict = 'committed' | 'aborted' | 'open' | 'control';

/** What a record turned out to be. */
export type RecordKind =
  /** decoded through a mapping, with at least a type */
  | 'event'
  /** JSON (or text) that no mapping fits; stays visible */
  | 'plain'
  /** null value */
  | 'tombstone'
  /** bytes that are no JSON, or JSON beyond the limits; reason says which */
  | 'undecodable'
  /** a transaction marker */
  | 'control';

/** One event of a stream, ready to be ordered and folded. */
export interface StreamEvent extends Place {
  /** The store's record id; unique in the workspace. */
  id: number;
  /** Recorded time: the Kafka record timestamp. */
  recordedAt: number;
  /** Recorded time made monotonic inside its partition (running maximum by offset). */
  monotonicAt: number;
  occurredAt: number | null;
  /** Declared aggregate version, or null. */
  version: number | null;
  /** Empty string for a record without a type (plain, tombstone, undecodable). */
  type: string;
  eventId: string | null;
  /** Declared version of its schema; absent or null: it declares none. */
  schemaVersion?: string | null;
  kind: RecordKind;
  verdict: Verdict;
  /** Payload (already unwrapped), null for tombstones and undecodable records. */
  data: Json;
  /** The whole decoded value, of which `data` is a part; reducers read what lies beside the payload as `$value.…`. */
  value?: Json;
}

/** A point in time as a pair (known on K, true on V); null means no limit. */
export interface Cut {
  /** Recorded-time limit, inclusive: what the system itself had recorded at K. */
  knownOn: number | null;
  /** Occurred-time limit, inclusive: of the events known on K, those that occurred at or before V. */
  trueOn: number | null;
}

/** How a result was ordered; part of every answer and export. */
export interface OrderNote {
  order: 'log' | 'occurred';
  /** Events that were moved to an earlier place because they occurred earlier than the tolerance allows. */
  moved: { id: number; occurredAt: number; recordedAt: number }[];
  toleranceMs: number;
  /** Versions that contradict the order of offsets inside one partition: reported, never a reason to reorder. */
  versionFaults: { id: number; version: number; previousVersion: number }[];
  /** Events left out by verdict (aborted or open transactions). */
  leftOut: number;
}

/** One path of a state that an event changed. `path` holds object keys and array indexes. */
export interface Change {
  path: (string | number)[];
  kind: 'added' | 'removed' | 'changed';
  before?: Json;
  after?: Json;
  /** after − before as exact decimal text when both are numbers. */
  delta?: string;
}

/** Which event last set a path. */
export interface Blame {
  path: (string | number)[];
  eventId: number;
}

/**
 * One step of a declarative reducer. Paths are dotted (`data.amount`, `items[0].id`). `from` reads the event: `data.…`
 * the payload, `$value.…` the whole value, `$type $eventId $occurredAt $recordedAt $version $aggregateId $aggregateType`.
 */
export type Operation =
  | { op: 'set'; path: string; from: string }
  | { op: 'set'; path: string; value: Json }
  | { op: 'merge'; path?: string; from: string }
  | { op: 'add' | 'subtract'; path: string; from: string }
  | { op: 'add' | 'subtract'; path: string; value: Json }
  | { op: 'append'; path: string; from: string }
  | { op: 'remove'; path: string };

/** One change to the payload. Paths are those of operations: `data.amount.value`. */
export type UpcastStep =
  | { step: 'rename'; from: string; to: string }
  /** Only where there is nothing yet. */
  | { step: 'default'; path: string; value: Json }
  /** Values that are exactly `from` become `to`, such as codes that changed their spelling. */
  | { step: 'replace'; path: string; from: Json; to: Json }
  | { step: 'remove'; path: string }
  | { step: 'type'; name: string };

/** How an event written in one schema version is read as the next. */
export interface Upcaster {
  /** Topic name; `*` stands for any characters. */
  topic: string;
  type: string;
  /** Schema version that this one reads; null: events that declare none. */
  from: string | null;
  to: string;
  steps: UpcastStep[];
}

/**
 * A declarative reducer: what each event type does to the state. `*` applies to types without an own entry,
 * `$tombstone` to a record with a null value (without it a tombstone changes nothing and is reported).
 */
export interface Reducer {
  name: string;
  version: number;
  /** Aggregate type it is meant for; absent: any. */
  aggregateType?: string;
  initial?: JsonObject;
  /** Events of old schema versions are folded as these read them. */
  upcasters?: Upcaster[];
  on: Record<string, Operation[]>;
}

/**
 * A reducer written as a program: the source of an ES module that exports `reduce(state, event)` and, if it wants one,
 * `initial`. It runs in a sandbox without clock, random and I/O.
 */
export interface ScriptReducer {
  name: string;
  version: number;
  /** Aggregate type it is meant for; absent: any. */
  aggregateType?: string;
  language: 'javascript' | 'typescript';
  /** As in {@link Reducer}. */
  upcasters?: Upcaster[];
  source: string;
}

export type ColumnType = 'text' | 'integer' | 'decimal' | 'boolean' | 'time' | 'json';
export interface ProjectionColumn {
  /** SQL name: letters, digits, underscore. */
  name: string;
  /** Path in the folded state; the column's name when absent. */
  path?: string;
  type: ColumnType;
}

/** A named reducer with a key and columns, materialised as a table. */
export interface Projection {
  /** SQL name of the table; lower case letters, digits, underscore. */
  name: string;
  title: string;
  description?: string;
  /** Which events: aggregate types (`*` alone: all), or topics (exact names), or both; at least one. */
  source: { aggregateTypes?: string[]; topics?: string[] };
  /** Path of the key in an event: `aggregateId` (default), `$eventId` or a dotted path such as `data.client_id`. */
  key: string;
  columns: ProjectionColumn[];
  reducer: Reducer | ScriptReducer;
  /** What must hold of every state after every event; they change nothing of the table. */
  invariants?: { name: string; expression: string }[];
}

/** A projection whose reducer is not a program. */
export interface DeclarativeProjection extends Projection {
  reducer: Reducer;
}
