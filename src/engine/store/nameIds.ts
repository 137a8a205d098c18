/** Gives numbers to event types and aggregates as they are first met. One assigner at a time may live in a workspace. */
import type { Database, Statement } from 'better-sqlite3';
import type { RecordFrame } from './frame.ts';

export class NameIds {
  readonly #findType: Statement;
  readonly #findAggregate: Statement;
  readonly #types = new Map<string, number>();
  readonly #aggregates = new Map<string, Map<string, number>>();
  /** Numbers from here on were given out by this assigner; an empty file needs no look-ups. */
  readonly #firstAggregate: number;
  #nextType: number;
  #nextAggregate: number;
  #newTypes: { id: number; name: string }[] = [];
  #newAggregates: { id: number; type: string; key: string }[] = [];

  constructor(db: Database) {
    this.#findType = db.prepare('SELECT id FROM event_type WHERE name = ?').pluck();
    this.#findAggregate = db.prepare('SELECT id FROM aggregate WHERE type = ? AND key = ?').pluck();
    this.#nextType =
      (db.prepare('SELECT coalesce(max(id), 0) + 1 FROM event_type').pluck().get() as number) ?? 1;
    this.#firstAggregate =
      (db.prepare('SELECT coalesce(max(id), 0) + 1 FROM aggregate').pluck().get() as number) ?? 1;
    this.#nextAggregate = this.#firstAggregate;
  }

  type(name: string): number {
    let id = this.#types.get(name);
    if (id !== undefined) return id;
    id = this.#findType.get(name) as number | undefined;
    if (id === undefined) {
      id = this.#nextType++;
      this.#newTypes.push({ id, name });
    }
    this.#types.set(name, id);
    return id;
  }

  aggregate(type: string, key: string): number {
    let keys = this.#aggregates.get(type);
    if (keys === undefined) {
      keys = new Map();
      this.#aggregates.set(type, keys);
    }
    let id = keys.get(key);
    if (id !== undefined) return id;
    if (this.#firstAggregate > 1) id = this.#findAggregate.get(type, key) as number | undefined;
    if (id === undefined) {
      id = this.#nextAggregate++;
      this.#newAggregates.push({ id, type, key });
    }
    keys.set(key, id);
    return id;
  }

  /** What was given out since the last call and has to be written with the rows that use it. */
  takeNew(): Pick<RecordFrame, 'newTypes' | 'newAggregates'> {
    const taken = { newTypes: this.#newTypes, newAggregates: this.#newAggregates };
    this.#newTypes = [];
    this.#newAggregates = [];
    return taken;
  }
}
