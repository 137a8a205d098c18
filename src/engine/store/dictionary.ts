/** Names behind the small numbers in the `record` table, read on demand and kept. */
import type { Database } from 'better-sqlite3';
import type { AggregateRef } from '../../contract/common.ts';
import { DEFAULT_TOLERANCE_MS } from '../../core/order.ts';
import { OFFSET_SPAN } from './ids.ts';
import { prepared } from './statements.ts';

export interface PartitionName {
  no: number;
  topicId: number;
  topic: string;
  partition: number;
  /** Name on the cluster, and which log of that name it is: Infinity the one of now, 1 and up those set aside. */
  kafkaName: string;
  incarnation: number;
  /** Of its topic's mapping: how much earlier than another an event may have occurred and not count as backdated, ms. */
  toleranceMs: number;
}

/** Types are gone through by seeks in their index, which holds all aggregates of one type together. */
const AGGREGATES_OF_KEY = `
  WITH RECURSIVE kind (type) AS (
    SELECT min(type) FROM aggregate
    UNION ALL
    SELECT (SELECT min(a.type) FROM aggregate AS a WHERE a.type > kind.type) FROM kind WHERE kind.type IS NOT NULL
  )
  SELECT a.id FROM kind CROSS JOIN aggregate AS a ON a.type = kind.type AND a.key = ?`;

const AGGREGATES_OF = `
  SELECT a.id, a.type, a.key FROM json_each(?) AS wanted CROSS JOIN aggregate AS a ON a.id = wanted.value`;

/** Numbers are given once and never change, so entries stay right; only lists grow with the data. */
export class Dictionary {
  readonly #db: Database;
  readonly #types = new Map<number, string>();
  readonly #typeIds = new Map<string, number>();
  readonly #aggregates = new Map<number, AggregateRef>();
  #partitions: PartitionName[] = [];
  readonly #partitionByNo = new Map<number, PartitionName>();
  /** That of all topics; null: they have several. */
  #onlyTolerance: number | null = DEFAULT_TOLERANCE_MS;

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
    const row = prepared(this.#db, 'SELECT type, key AS id FROM aggregate WHERE id = ?', 'rows').get(
      id,
    ) as AggregateRef;
    this.#keepAggregate(id, row);
    return row;
  }

  /** Reads the names of those that are not known yet by one statement: for rows of a list, which would ask for each. */
  learnAggregates(ids: Iterable<number | null>): void {
    const unknown = new Set<number>();
    for (const id of ids) if (id !== null && !this.#aggregates.has(id)) unknown.add(id);
    if (unknown.size < 2) return;
    for (const [id, type, key] of prepared(this.#db, AGGREGATES_OF, 'raw').all(
      JSON.stringify([...unknown]),
    ) as [number, string, string][])
      this.#keepAggregate(id, { type, id: key });
  }

  #keepAggregate(id: number, ref: AggregateRef): void {
    // Bounded: a list that was scrolled through a million aggregates must not keep them all.
    if (this.#aggregates.size > 50_000) this.#aggregates.clear();
    this.#aggregates.set(id, ref);
  }

  aggregateId(ref: AggregateRef): number | null {
    const id = prepared(this.#db, 'SELECT id FROM aggregate WHERE type = ? AND key = ?', 'pluck').get(
      ref.type,
      ref.id,
    ) as number | undefined;
    return id ?? null;
  }

  /** Numbers of the aggregates with this key, whatever their type: one seek for each type. */
  aggregatesOfKey(key: string): number[] {
    return prepared(this.#db, AGGREGATES_OF_KEY, 'pluck').all(key) as number[];
  }

  /** All partitions of the workspace, by number. */
  partitions(): readonly PartitionName[] {
    const count = prepared(this.#db, 'SELECT count(*) FROM partition', 'pluck').get() as number;
    if (count !== this.#partitions.length) {
      this.#partitions = this.#db
        .prepare(
          `SELECT p.no, p.topic_id AS topicId, t.name AS topic, p.partition, t.kafka_name AS kafkaName, t.aside,
             coalesce(json_extract(t.mapping, '$.custom.toleranceMs'), ${DEFAULT_TOLERANCE_MS}) AS toleranceMs
           FROM partition p JOIN topic t ON t.id = p.topic_id ORDER BY p.no`,
        )
        .all()
        .map((row) => {
          const { aside, ...name } = row as Omit<PartitionName, 'incarnation'> & { aside: string | null };
          const incarnation = aside === null ? Infinity : Number(name.topic.slice(name.kafkaName.length + 1));
          return { ...name, incarnation };
        });
      for (const partition of this.#partitions) this.#partitionByNo.set(partition.no, partition);
      const tolerances = new Set(this.#partitions.map(({ toleranceMs }) => toleranceMs));
      this.#onlyTolerance = tolerances.size === 1 ? [...tolerances][0]! : null;
    }
    return this.#partitions;
  }

  /** The partition of a number; undefined where there is none, such as that of a topic that was deleted. */
  byNumber(no: number): PartitionName | undefined {
    this.partitions();
    return this.#partitionByNo.get(no);
  }

  /**
   * The tolerance of clocks for a stream of these records, in milliseconds: the largest of its topics. @param ids in any
   * order; those of one partition together are quickest
   */
  toleranceOf(ids: Iterable<number>): number {
    if (this.#partitions.length === 0) this.partitions();
    if (this.#onlyTolerance !== null) return this.#onlyTolerance;
    let most = 0;
    let last = -1;
    for (const id of ids) {
      const no = Math.floor(id / OFFSET_SPAN);
      if (no === last) continue;
      last = no;
      most = Math.max(most, this.placeOf(id).toleranceMs);
    }
    return most;
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
