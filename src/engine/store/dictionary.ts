/** Names behind the small numbers in the `record` table, read on demand and kept. */
import type { Database } from 'better-sqlite3';
import type { AggregateRef } from '../../contract/common.ts';
import { OFFSET_SPAN } from './ids.ts';

export interface PartitionName {
  no: number;
  topicId: number;
  topic: string;
  partition: number;
  /** Name on the cluster, and which log of that name it is: Infinity the one of now, 1 and up those set aside. */
  kafkaName: string;
  incarnation: number;
}

/** Numbers are given once and never change, so entries stay right; only lists grow with the data. */
export class Dictionary {
  readonly #db: Database;
  readonly #types = new Map<number, string>();
  readonly #typeIds = new Map<string, number>();
  readonly #aggregates = new Map<number, AggregateRef>();
  #partitions: PartitionName[] = [];
  readonly #partitionByNo = new Map<number, PartitionName>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Name of an event type; empty for none. */
  typeName(id: number | null): string {
    if (id === null || id === 0) return '';
    const known = this.#types.get(id);
    if (known !== undefined) return known;
    const name = this.#db.prepare('SELECT name FROM event_type WHERE id = ?').pluck().get(id) as string;
    this.#types.set(id, name);
    return name;
  }

  typeId(name: string): number | null {
    const known = this.#typeIds.get(name);
    if (known !== undefined) return known;
    const id = this.#db.prepare('SELECT id FROM event_type WHERE name = ?').pluck().get(name) as
      | number
      | undefined;
    if (id === undefined) return null;
    this.#typeIds.set(name, id);
    return id;
  }

  aggregate(id: number | null): AggregateRef | null {
    if (id === null || id === 0) return null;
    const known = this.#aggregates.get(id);
    if (known !== undefined) return known;
    const row = this.#db
      .prepare('SELECT type, key AS id FROM aggregate WHERE id = ?')
      .get(id) as AggregateRef;
    // Bounded: a list that was scrolled through a million aggregates must not keep them all.
    if (this.#aggregates.size > 50_000) this.#aggregates.clear();
    this.#aggregates.set(id, row);
    return row;
  }

  aggregateId(ref: AggregateRef): number | null {
    const id = this.#db
      .prepare('SELECT id FROM aggregate WHERE type = ? AND key = ?')
      .pluck()
      .get(ref.type, ref.id) as number | undefined;
    return id ?? null;
  }

  /** All partitions of the workspace, by number. */
  partitions(): readonly PartitionName[] {
    const count = this.#db.prepare('SELECT count(*) FROM partition').pluck().get() as number;
    if (count !== this.#partitions.length) {
      this.#partitions = this.#db
        .prepare(
          `SELECT p.no, p.topic_id AS topicId, t.name AS topic, p.partition, t.kafka_name AS kafkaName, t.aside
           FROM partition p JOIN topic t ON t.id = p.topic_id ORDER BY p.no`,
        )
        .all()
        .map((row) => {
          const { aside, ...name } = row as Omit<PartitionName, 'incarnation'> & { aside: string | null };
          const incarnation = aside === null ? Infinity : Number(name.topic.slice(name.kafkaName.length + 1));
          return { ...name, incarnation };
        });
      for (const partition of this.#partitions) this.#partitionByNo.set(partition.no, partition);
    }
    return this.#partitions;
  }

  /** The partition of a number; undefined where there is none, such as that of a topic that was deleted. */
  byNumber(no: number): PartitionName | undefined {
    this.partitions();
    return this.#partitionByNo.get(no);
  }

  /** Topic and partition of a record. */
  placeOf(recordId: number): PartitionName {
    const no = Math.floor(recordId / OFFSET_SPAN);
    const known = this.#partitionByNo.get(no);
    if (known !== undefined) return known;
    this.partitions();
    const found = this.#partitionByNo.get(no);
    if (found === undefined) throw new RangeError(`no partition ${no} in this workspace`);
    return found;
  }
}
