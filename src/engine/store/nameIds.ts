/** Gives numbers to event types and aggregates as they are first met. One assigner at a time may live in a workspace. */
import type { Database, Statement } from 'better-sqlite3';
import { ByteTable, hash32, ViewedBytes } from './byteTable.ts';
import type { RecordFrame } from './frame.ts';

/** Where texts are encoded; longer ones get a buffer of their own. */
const SCRATCH_BYTES = 16 * 1024;

export class NameIds {
  readonly #findType: Statement;
  readonly #findAggregate: Statement;
  readonly #types = new ByteTable();
  /** Types of aggregates by a number that only this assigner knows. */
  readonly #groups = new ByteTable();
  readonly #groupNames: string[] = [''];
  readonly #kept: number;
  /** By group and key: those met lately, and those met before them. */
  #aggregates = new ByteTable();
  #earlier = new ByteTable();
  readonly #scratch = Buffer.alloc(SCRATCH_BYTES);
  /** Of the last look-up: those of one chunk share their bytes. */
  #viewed = new ViewedBytes(this.#scratch);
  /** Whether the file may know a name that is not at hand; an empty one needs no look-ups. */
  #looksUp: boolean;
  #nextType: number;
  #nextAggregate: number;
  #newTypes: { id: number; name: string }[] = [];
  #newAggregates: { id: number; type: string; key: string }[] = [];

  /**
   * @param kept after so many aggregates the earlier ones are forgotten and looked up again when they are met: more than
   * can be on their way to the file at once. Default: all are kept.
   */
  constructor(db: Database, kept = Number.POSITIVE_INFINITY) {
    this.#kept = kept;
    this.#findType = db.prepare('SELECT id FROM event_type WHERE name = ?').pluck();
    this.#findAggregate = db.prepare('SELECT id FROM aggregate WHERE type = ? AND key = ?').pluck();
    this.#nextType =
      (db.prepare('SELECT coalesce(max(id), 0) + 1 FROM event_type').pluck().get() as number) ?? 1;
    this.#nextAggregate =
      (db.prepare('SELECT coalesce(max(id), 0) + 1 FROM aggregate').pluck().get() as number) ?? 1;
    this.#looksUp = this.#nextAggregate > 1;
  }

  type(name: string): number {
    const bytes = this.#encode(name);
    return this.typeAt(bytes, 0, bytes.length);
  }

  /** The number of the event type whose name is these bytes of UTF-8. */
  typeAt(bytes: Uint8Array, start: number, end: number): number {
    const viewed = this.#view(bytes);
    const hash = hash32(viewed, start, end);
    let id = this.#types.find(0, viewed, start, end, hash);
    if (id !== 0) return id;
    const name = textAt(bytes, start, end);
    const found = this.#findType.get(name) as number | undefined;
    if (found === undefined) {
      id = this.#nextType++;
      this.#newTypes.push({ id, name });
    } else id = found;
    this.#types.add(0, viewed, start, end, hash, id);
    return id;
  }

  aggregate(type: string, key: string): number {
    const group = this.group(type);
    const bytes = this.#encode(key);
    return this.aggregateAt(group, bytes, 0, bytes.length);
  }

  /** A number for an aggregate type, to be used with {@link aggregateAt}. */
  group(type: string): number {
    const bytes = this.#encode(type);
    return this.groupAt(bytes, 0, bytes.length);
  }

  groupAt(bytes: Uint8Array, start: number, end: number): number {
    const viewed = this.#view(bytes);
    const hash = hash32(viewed, start, end);
    let group = this.#groups.find(0, viewed, start, end, hash);
    if (group !== 0) return group;
    group = this.#groupNames.length;
    this.#groupNames.push(textAt(bytes, start, end));
    this.#groups.add(0, viewed, start, end, hash, group);
    return group;
  }

  /** The number of the aggregate of that type whose key is these bytes of UTF-8. */
  aggregateAt(group: number, bytes: Uint8Array, start: number, end: number): number {
    const viewed = this.#view(bytes);
    const hash = hash32(viewed, start, end);
    let id = this.#aggregates.find(group, viewed, start, end, hash);
    if (id !== 0) return id;
    if (this.#earlier.size > 0) id = this.#earlier.find(group, viewed, start, end, hash);
    if (id === 0) id = this.#unmet(this.#groupNames[group]!, textAt(bytes, start, end));
    if (this.#aggregates.size >= this.#kept) {
      this.#looksUp ||= this.#earlier.size > 0;
      this.#earlier = this.#aggregates;
      this.#aggregates = new ByteTable();
    }
    this.#aggregates.add(group, viewed, start, end, hash, id);
    return id;
  }

  #unmet(type: string, key: string): number {
    const found = this.#looksUp ? (this.#findAggregate.get(type, key) as number | undefined) : undefined;
    if (found !== undefined) return found;
    const id = this.#nextAggregate++;
    this.#newAggregates.push({ id, type, key });
    return id;
  }

  #view(bytes: Uint8Array): ViewedBytes {
    if (this.#viewed.bytes !== bytes) this.#viewed = new ViewedBytes(bytes);
    return this.#viewed;
  }

  #encode(text: string): Uint8Array {
    // A UTF-16 unit has at most three bytes.
    if (text.length * 3 > SCRATCH_BYTES) return Buffer.from(text);
    return this.#scratch.subarray(0, this.#scratch.write(text));
  }

  /** What was given out since the last call and has to be written with the rows that use it. */
  takeNew(): Pick<RecordFrame, 'newTypes' | 'newAggregates'> {
    const taken = { newTypes: this.#newTypes, newAggregates: this.#newAggregates };
    this.#newTypes = [];
    this.#newAggregates = [];
    return taken;
  }
}

const textAt = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
