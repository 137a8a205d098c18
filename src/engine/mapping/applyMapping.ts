/**
 * Reads the columns of a captured topic anew, from its own bytes, by another envelope mapping: type, aggregate, version,
 * occurred time, ids, and what records are found by. All in one transaction: after a kill or a cancel it is as it was.
 */
import type { Database } from 'better-sqlite3';
import type { MappingDefinition } from '../../contract/mappings.ts';
import { type CaptureFields, extractEnvelope } from '../../core/envelope/decode.ts';
import { type RawRecord, textOf } from '../../core/envelope/record.ts';
import { MAX_ID, MAX_TYPE } from '../capture/limits.ts';
import { FLAG } from '../kafka/recordColumns.ts';
import { bodyAt } from '../store/blocks.ts';
import { hash53, hashOfBytes, OFFSET_SPAN, partitionNoOf } from '../store/ids.ts';
import { NameIds } from '../store/nameIds.ts';
import { POSTING } from '../store/postingPages.ts';
import { LIST_ROWS, PostingList, type PostingWriter } from '../store/postings.ts';
import { blocksFrom } from '../store/recordBytes.ts';
import { packState } from '../store/recordState.ts';
import { markRewritten } from '../store/rewrite.ts';
import { chosenMapping, mappingToText, type TopicMapping } from '../store/topicMapping.ts';
import { dropUnusedNames } from '../store/unusedNames.ts';
import { KIND, VERDICT } from '../store/values.ts';
import type { WriteContext } from '../workers/context.ts';
import { usableMapping } from './preview.ts';
import { partitionsOf, rawRecord, rawRecords, sampleIds, topicRow } from './samples.ts';

/** A cancel is heard, and progress told, so often. Records. */
const CHECK_EVERY = 1000;

interface Row {
  id: number;
  ts: number;
  flags: number;
  verdict: number;
}

export interface AppliedMapping {
  records: number;
  events: number;
  aggregates: number;
}

/** @throws HindcastError `capture.running`, `topic.not-held`, `mapping.invalid`, `cancelled`, `disk.full` */
export function applyMapping(
  context: WriteContext,
  { topic, mapping: definition, reason }: { topic: string; mapping: MappingDefinition; reason: string },
): AppliedMapping {
  const { db } = context;
  const writer = context.records();
  const { id: topicId, kafkaName } = topicRow(db, topic);
  const partitions = partitionsOf(db, topicId);
  const samples = rawRecords(db, kafkaName, sampleIds(db, partitions));
  const mapping = chosenMapping(usableMapping(definition), samples, reason);
  try {
    return context.transaction(() => {
      context.recordsChanged();
      const own = new Set(partitions);
      writer.postings.forget((id) => own.has(partitionNoOf(id)));
      const work = new Rereading(context, writer.postings, { topic: kafkaName, partitions, mapping });
      for (const no of partitions) work.partition(no);
      work.keepNames();
      db.prepare('UPDATE topic SET mapping = ? WHERE id = ?').run(mappingToText(mapping), topicId);
      for (const no of partitions) {
        countEvents(db, no);
        markRewritten(db, no);
      }
      dropUnusedNames(db);
      return work.outcome();
    });
  } catch (error) {
    writer.postings.reset();
    throw error;
  }
}

/** As many as a capture counts: committed ones. */
function countEvents(db: Database, no: number): void {
  db.prepare(
    `UPDATE partition SET events = (SELECT count(*) FROM record WHERE id >= ? AND id < ?
       AND kind = ${KIND.event} AND verdict = ${VERDICT.committed}) WHERE no = ?`,
  ).run(no * OFFSET_SPAN, (no + 1) * OFFSET_SPAN, no);
}

/** One reading of a topic by one mapping, inside the writer's transaction. */
class Rereading {
  readonly #context: WriteContext;
  readonly #postings: PostingWriter;
  readonly #topic: string;
  /** Their numbers as JSON. */
  readonly #partitions: string;
  readonly #mapping: TopicMapping;
  readonly #names: NameIds;
  readonly #total: number;
  #done = 0;

  constructor(
    context: WriteContext,
    postings: PostingWriter,
    asked: { topic: string; partitions: readonly number[]; mapping: TopicMapping },
  ) {
    this.#context = context;
    this.#postings = postings;
    this.#topic = asked.topic;
    this.#partitions = JSON.stringify(asked.partitions);
    this.#mapping = asked.mapping;
    this.#names = new NameIds(context.db);
    this.#total = context.db
      .prepare('SELECT coalesce(sum(stored), 0) FROM partition WHERE no IN (SELECT value FROM json_each(?))')
      .pluck()
      .get(this.#partitions) as number;
  }

  partition(no: number): void {
    const { db } = this.#context;
    const base = no * OFFSET_SPAN;
    const rows = db.prepare(
      'SELECT id, ts, flags, verdict FROM record WHERE id >= ? AND id <= ? ORDER BY id',
    );
    const update = db.prepare(
      'UPDATE record SET occurred = ?, state = ?, agg_id = ?, version = ?, event_hash = ? WHERE id = ?',
    );
    const list = new PostingList(1024);
    let offsets: number[] = [];
    const flush = () => {
      if (offsets.length > 0) this.#postings.add(base, list.finish(Float64Array.from(offsets)));
      offsets = [];
    };
    for (const block of blocksFrom(db, base, base + OFFSET_SPAN)) {
      const facts = rows.all(block.ids[0]!, block.ids[block.count - 1]!) as Row[];
      let at = 0;
      for (const row of facts) {
        while (at < block.count && block.ids[at]! < row.id) at += 1;
        if (at === block.count || block.ids[at] !== row.id || row.verdict === VERDICT.control) continue;
        const record = quickRecord(rawRecord(this.#topic, bodyAt(block, at), row));
        const { mapping, hints } = this.#mapping;
        const fields = extractEnvelope(record, mapping, hints);
        update.run(...this.#columns(row, record, fields, list, offsets.length), row.id);
        offsets.push(row.id - base);
        if (offsets.length === LIST_ROWS) flush();
        this.#done += 1;
        if (this.#done % CHECK_EVERY === 0) {
          this.#context.throwIfAborted();
          this.#context.progress({ done: this.#done, total: this.#total });
        }
      }
    }
    flush();
  }

  /** The columns that a capture under this mapping would have stored; what they are found by goes into the list. */
  #columns(
    { flags, verdict }: Row,
    record: RawRecord,
    fields: CaptureFields,
    list: PostingList,
    place: number,
  ): (number | null)[] {
    const { aggregateId, aggregateType, type, eventId, correlationId, causationId } = fields;
    const eventHash = eventId === null ? null : hash53(eventId);
    if (eventHash !== null) list.add(POSTING.event, eventHash, place);
    if (correlationId !== null) list.add(POSTING.correlation, hash53(correlationId), place);
    if (causationId !== null) list.add(POSTING.causation, hash53(causationId), place);
    let aggregate: number | null = null;
    let isKey = false;
    if (
      aggregateId !== null &&
      aggregateId.length > 0 &&
      aggregateId.length <= MAX_ID &&
      (aggregateType ?? '').length <= MAX_TYPE
    ) {
      aggregate = this.#names.aggregate(aggregateType ?? '', aggregateId);
      list.add(POSTING.aggregate, aggregate, place);
      isKey = record.key !== null && Buffer.from(record.key as Uint8Array).toString('utf8') === aggregateId;
    }
    if (!isKey && record.key !== null) list.add(POSTING.key, hashOfBytes(record.key as Uint8Array), place);
    const typeId = type === '' ? 0 : this.#names.type(type);
    const marks = isKey ? flags | FLAG.keyIsAggregateId : flags & ~FLAG.keyIsAggregateId;
    const state = packState(KIND[fields.kind], verdict, marks, typeId);
    return [fields.occurredAt, state, aggregate, fields.version, eventHash];
  }

  /** Writes the names that were met first here. */
  keepNames(): void {
    const { db } = this.#context;
    const { newTypes, newAggregates } = this.#names.takeNew();
    const addType = db.prepare('INSERT INTO event_type (id, name) VALUES (?, ?)');
    for (const { id, name } of newTypes) addType.run(id, name);
    const addAggregate = db.prepare('INSERT INTO aggregate (id, type, key) VALUES (?, ?, ?)');
    for (const { id, type, key } of newAggregates) addAggregate.run(id, type, key);
  }

  outcome(): AppliedMapping {
    const { events, aggregates } = this.#context.db
      .prepare(
        `SELECT coalesce(sum(r.kind = ${KIND.event}), 0) AS events, count(DISTINCT r.agg_id) AS aggregates
         FROM json_each(?) AS p CROSS JOIN record AS r
         ON r.id >= p.value * ${OFFSET_SPAN} AND r.id < (p.value + 1) * ${OFFSET_SPAN}`,
      )
      .get(this.#partitions) as { events: number; aggregates: number };
    return { records: this.#done, events, aggregates };
  }
}

/** Text where the bytes are UTF-8: it is read several times. */
function quickRecord(record: RawRecord): RawRecord {
  const text = textOf(record.value);
  return text === null ? record : { ...record, value: text };
}
