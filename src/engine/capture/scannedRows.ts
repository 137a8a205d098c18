/** What the store keeps of a record, from the bytes of its value and key alone; for most records of most topics. */
import { type Derived, derive, topicNoun } from '../../core/envelope/compiled.ts';
import type { EnvelopeMapping } from '../../core/envelope/mappings.ts';
import {
  type EnvelopeScan,
  NOTHING,
  SCANNED,
  type ScannedField,
  scanFor,
  UNDECIDED,
} from '../../core/envelope/scan.ts';
import { occurredMillis } from '../../core/time.ts';
import { millisOfBytes } from '../../core/timeBytes.ts';
import type { RecordColumns } from '../kafka/recordColumns.ts';
import { hash53, hashOfBytes } from '../store/ids.ts';
import type { NameIds } from '../store/nameIds.ts';
import { MAX_ID, MAX_TYPE } from './limits.ts';

/** Numbers of one row; it is filled anew for the next. */
export interface ScannedRow {
  typeId: number;
  /** 0: none. */
  aggregate: number;
  /** Whether the key is the aggregate's id. */
  isKey: boolean;
  /** Milliseconds; NaN, as in the following: none. */
  occurred: number;
  version: number;
  /** 53-bit hashes of ids. */
  eventHash: number;
  correlation: number;
  causation: number;
}

/** Instead of a number: it has to be read the other way. */
const OPEN = Number.NEGATIVE_INFINITY;
/** Group of aggregates whose type is not known before the event's own type is looked at. */
const UNKNOWN = 0;

export class ScannedRows {
  readonly #scan: EnvelopeScan;
  readonly #columns: RecordColumns;
  readonly #buffer: Buffer;
  readonly #topic: string;
  readonly #names: NameIds;
  /** Of aggregates whose type is concluded; by event type where it depends on that. */
  readonly #groups = new Map<number, number>();
  readonly #row: ScannedRow = {
    ...{ typeId: 0, aggregate: 0, isKey: false, occurred: 0, version: 0 },
    ...{ eventHash: 0, correlation: 0, causation: 0 },
  };

  private constructor(scan: EnvelopeScan, columns: RecordColumns, topic: string, names: NameIds) {
    this.#scan = scan;
    this.#columns = columns;
    const { buffer, byteOffset, byteLength } = columns.bytes;
    this.#buffer = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
    this.#topic = topic;
    this.#names = names;
  }

  /** Null: records of this mapping cannot be read so. */
  static of(
    mapping: EnvelopeMapping | null,
    columns: RecordColumns,
    topic: string,
    names: NameIds,
  ): ScannedRows | null {
    const scan = scanFor(mapping);
    return scan === null ? null : new ScannedRows(scan, columns, topic, names);
  }

  /** Null: the record is unusual and `extractEnvelope` has to read it. */
  at(row: number): ScannedRow | null {
    const { valueStart, valueLength, bytes } = this.#columns;
    const length = valueLength[row]!;
    const start = valueStart[row]!;
    const scan = this.#scan;
    if (length < 2 || !scan.read(bytes, start, start + length)) return null;
    const type = scan.textOf(SCANNED.eventType);
    const version = this.#version();
    const occurred = scan.timeOf(SCANNED.occurredAt, this.#time);
    const eventHash = this.#hash(SCANNED.eventId);
    const correlation = this.#hash(SCANNED.correlationId);
    const causation = this.#hash(SCANNED.causationId);
    // Before anything gets a number that it would not get the other way.
    if (type < 0 || version === OPEN || occurred === OPEN) return null;
    if (eventHash === OPEN || correlation === OPEN || causation === OPEN) return null;
    const found = this.#row;
    if (!this.#findAggregate(row, type)) return null;
    found.typeId = this.#names.typeAt(bytes, scan.startOf(type), scan.endOf(type));
    found.occurred = occurred;
    found.version = version;
    found.eventHash = eventHash;
    found.correlation = correlation;
    found.causation = causation;
    return found;
  }

  /** Gives the aggregate its number; false: it is not for the bytes to say. */
  #findAggregate(row: number, type: number): boolean {
    const scan = this.#scan;
    const { bytes, keyStart, keyLength } = this.#columns;
    const from = keyStart[row]!;
    const length = keyLength[row]!;
    const id = scan.textOf(SCANNED.aggregateId);
    let start = from;
    let end = from + length;
    let isKey = true;
    if (id >= 0) {
      start = scan.startOf(id);
      end = scan.endOf(id);
      isKey = isSame(bytes, start, end, from, length);
    } else if (
      id === UNDECIDED ||
      scan.deriveOf(SCANNED.aggregateId) !== 'key' ||
      !isPrintable(bytes, start, end)
    )
      return false;
    if (end - start > MAX_ID) return false;
    const group = this.#group(type);
    if (group === UNKNOWN) return false;
    this.#row.isKey = isKey;
    this.#row.aggregate = this.#names.aggregateAt(group, bytes, start, end);
    return true;
  }

  #group(type: number): number {
    const scan = this.#scan;
    const { bytes } = this.#columns;
    const named = scan.textOf(SCANNED.aggregateType);
    if (named >= 0) {
      const start = scan.startOf(named);
      const end = scan.endOf(named);
      return end - start > MAX_TYPE ? UNKNOWN : this.#names.groupAt(bytes, start, end);
    }
    if (named === UNDECIDED) return UNKNOWN;
    const how = scan.deriveOf(SCANNED.aggregateType);
    if (how !== null && how !== 'topic' && how !== 'type-part') return UNKNOWN;
    const typeId =
      how === 'type-part' ? this.#names.typeAt(bytes, scan.startOf(type), scan.endOf(type)) : UNKNOWN;
    let group = this.#groups.get(typeId);
    if (group === undefined) {
      const name = how === null ? '' : how === 'topic' ? topicNoun(this.#topic) : this.#partOf(type);
      group = name.length > MAX_TYPE ? UNKNOWN : this.#names.group(name);
      this.#groups.set(typeId, group);
    }
    return group;
  }

  #partOf(type: number): string {
    const record = { topic: this.#topic, key: null, value: null, headers: [], timestamp: 0 };
    return (derive('type-part', undefined, record, this.#text(type)) as Derived).value;
  }

  /** A safe integer, NaN without a version, OPEN when it has to be read the other way. */
  #version(): number {
    const scan = this.#scan;
    const slot = scan.textOf(SCANNED.aggregateVersion);
    if (slot === NOTHING && scan.deriveOf(SCANNED.aggregateVersion) === null) return Number.NaN;
    if (slot < 0) return OPEN;
    const { bytes } = this.#columns;
    const start = scan.startOf(slot);
    const end = scan.endOf(slot);
    const isNegative = bytes[start] === 0x2d;
    const first = isNegative ? start + 1 : start;
    if (first === end || end - first > 15) return OPEN;
    let version = 0;
    for (let at = first; at < end; at++) {
      const digit = bytes[at]! - 0x30;
      if (digit < 0 || digit > 9) return OPEN;
      version = version * 10 + digit;
    }
    return isNegative ? -version : version;
  }

  readonly #time = (start: number, end: number, isText: boolean): number | null => {
    if (!isText) return occurredMillis(Number(this.#buffer.toString('latin1', start, end)));
    return (
      millisOfBytes(this.#columns.bytes, start, end) ??
      occurredMillis(this.#buffer.toString('utf8', start, end))
    );
  };

  /** NaN: the record has no such id; OPEN: it has to be read the other way. */
  #hash(field: ScannedField): number {
    const scan = this.#scan;
    const slot = scan.textOf(field);
    if (slot === NOTHING && scan.deriveOf(field) === null) return Number.NaN;
    if (slot < 0) return OPEN;
    if (!scan.isAscii(slot)) return hash53(this.#text(slot));
    return hashOfBytes(this.#columns.bytes, scan.startOf(slot), scan.endOf(slot));
  }

  #text(slot: number): string {
    return this.#buffer.toString('utf8', this.#scan.startOf(slot), this.#scan.endOf(slot));
  }
}

function isSame(bytes: Uint8Array, start: number, end: number, other: number, length: number): boolean {
  if (end - start !== length) return false;
  for (let at = 0; at < length; at++) if (bytes[start + at] !== bytes[other + at]) return false;
  return true;
}

/** Whether a key names an aggregate by its text as it is. */
function isPrintable(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! < 0x20 || bytes[at]! >= 0x80) return false;
  return end > start;
}
