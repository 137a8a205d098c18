/** Which records of the log fit a filter. */
import type { AggregateRef } from '../../contract/common.ts';
import type { EventFilter, ScanState } from '../../contract/events.ts';
import type { Lookup, LookupField } from '../../core/filter/filter.ts';
import { FLAG } from '../kafka/recordColumns.ts';
import { compileColumns } from '../search/columns.ts';
import { scan } from '../search/scan.ts';
import { type Where, whereOf } from '../search/where.ts';
import { hash53, hashOfBytes, OFFSET_SPAN } from '../store/ids.ts';
import { candidates, recordsOfAggregate } from '../store/postingLookups.ts';
import type { PostingKind } from '../store/postingPages.ts';
import { TYPE_SHIFT } from '../store/recordState.ts';
import { decodeStored, rowsOfIds, withBytes } from '../store/stream.ts';
import { KIND, VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { logOrderOf } from './logOrder.ts';
import { partitionAt } from './logRows.ts';
import {
  ListedRecords,
  type Question,
  SEEK_COST,
  type Selection,
  selectionOf,
  type Test,
} from './selection.ts';

/** A number in a set takes about so many bytes. */
const BYTES_OF_NUMBER = 40;

/** The records that fit, as far as they are known. */
export interface Found {
  selection: Selection;
  /** How far the bytes, or the rows of a very large log, were searched; null: nothing has to be read any more. */
  scan: ScanState | null;
}

export interface SelectOptions {
  /** Folder of the full-text indexes; null: none is used. */
  textIndex?: string | null;
  /** How long to look for more hits where bytes have to be read; 0: those found so far. Milliseconds. */
  millis?: number;
  /** Of a very large log, the hits found so far will do: `scan` says how far that is, and the next call goes on. */
  isPartial?: boolean;
}

/**
 * The records that fit; brought up to date when the captured data has changed.
 * @throws HindcastError `filter.invalid`; GiveWay where all rows of a very large log have to be read first
 */
export function select(context: ReadContext, filter: EventFilter, options: SelectOptions = {}): Found {
  const { where: text, ...quick } = filter;
  const where = text === undefined || text.trim() === '' ? null : whereOf(context, text);
  const key = JSON.stringify(Object.entries(filter).sort());
  const { textIndex = null, millis = 0, isPartial = false } = options;
  const question: Question = {
    key,
    from: filter.from,
    to: filter.to,
    tests() {
      const tests = testsOf(context, quick);
      if (where?.plan.columns) tests.push(compileColumns(context, where.plan.columns));
      return tests;
    },
    condition: () => (where === null ? conditionOf(context, quick) : null),
    among: () => idsByLookups(context, lookupsOf(quick, where), quick.aggregate),
  };
  const { selection: base, walk } = selectionOf(context, question, isPartial);
  if (walk !== null) {
    // What is left of the bytes can only be said when all rows are known.
    const found = where?.scan ? new ListedRecords(context.db, []) : base;
    return { selection: found, scan: { ...walk, matched: found.count, done: false, spared: 0 } };
  }
  if (!where?.scan) return { selection: base, scan: null };
  const { selection, state } = scan(context, { key, base, where: where.scan, textIndex }, millis);
  return { selection, scan: state };
}

function lookupsOf({ key, eventId, correlationId }: EventFilter, where: Where | null): Lookup[] {
  const given: Lookup[] = [];
  for (const [field, value] of Object.entries({ key, eventId, correlationId }))
    if (value !== undefined) given.push({ field: field as LookupField, values: [value] });
  return [...given, ...(where?.plan.lookups ?? [])];
}

function testsOf(context: ReadContext, filter: EventFilter): Test[] {
  const tests: Test[] = [];
  const { dictionary } = context;
  if (filter.topics !== undefined) {
    const wanted = new Set(filter.topics);
    const isIn: boolean[] = [];
    for (const { no, topic } of dictionary.partitions()) isIn[no] = wanted.has(topic);
    tests.push((rows, at) => isIn[partitionAt(rows, at)]!);
  }
  if (filter.types !== undefined) {
    const wanted = new Set(filter.types.map((type) => (type === '' ? 0 : (dictionary.typeId(type) ?? -1))));
    tests.push((rows, at) => wanted.has(rows.type[at]!));
  }
  if (filter.kinds !== undefined || filter.verdicts !== undefined) {
    const kinds = new Set(filter.kinds?.map((kind) => KIND[kind]));
    const verdicts = new Set(filter.verdicts?.map((verdict) => VERDICT[verdict]));
    const isIn = Array.from({ length: 256 }, (_, state) => {
      const kind = (state & 15) as 0;
      const verdict = (state >> 4) as 0;
      return (
        (filter.kinds === undefined || kinds.has(kind)) &&
        (filter.verdicts === undefined || verdicts.has(verdict))
      );
    });
    tests.push((rows, at) => isIn[rows.state[at]!]!);
  }
  if (filter.aggregate !== undefined) {
    const wanted = dictionary.aggregateId(filter.aggregate) ?? -1;
    tests.push((rows, at) => rows.aggregate[at] === wanted);
  }
  if (filter.aggregateText !== undefined && filter.aggregateText !== '') {
    const wanted = aggregatesNamed(context, filter.aggregateText);
    tests.push((rows, at) => wanted.has(rows.aggregate[at]!));
  }
  return tests;
}

/** Those with a part of an id. Kept: a walk that gives way asks in each of its turns. */
const aggregatesNamed = ({ cache, db }: ReadContext, part: string): ReadonlySet<number> =>
  cache.get(
    `aggregates named ${part}`,
    () =>
      new Set(
        db
          .prepare('SELECT id FROM aggregate WHERE instr(lower(key), lower(?)) > 0')
          .pluck()
          .all(part) as number[],
      ),
    ({ size }) => size * BYTES_OF_NUMBER,
  );

/** The tests as a condition for SQLite; null: it cannot say them as they are. */
function conditionOf({ dictionary }: ReadContext, filter: EventFilter): string | null {
  const { topics, types, kinds, verdicts, aggregate, aggregateText } = filter;
  if (aggregateText !== undefined && aggregateText !== '') return null;
  const conditions: string[] = [];
  if (topics !== undefined) {
    const numbers = dictionary.partitions().filter(({ topic }) => topics.includes(topic));
    conditions.push(`id / ${OFFSET_SPAN} IN (${numbers.map(({ no }) => no)})`);
  }
  if (types !== undefined) {
    const numbers = types.map((type) => (type === '' ? 0 : (dictionary.typeId(type) ?? -1)));
    // The type is the highest part of a state: a range of them is compared sooner than it is taken apart.
    const [only] = numbers;
    const first = only! * 2 ** TYPE_SHIFT;
    conditions.push(
      numbers.length === 1
        ? `state BETWEEN ${first} AND ${first + 2 ** TYPE_SHIFT - 1}`
        : `state >> ${TYPE_SHIFT} IN (${numbers})`,
    );
  }
  if (kinds !== undefined) conditions.push(`kind IN (${kinds.map((kind) => KIND[kind])})`);
  if (verdicts !== undefined) conditions.push(`verdict IN (${verdicts.map((verdict) => VERDICT[verdict])})`);
  if (aggregate !== undefined) conditions.push(`agg_id = ${dictionary.aggregateId(aggregate) ?? -1}`);
  return conditions.length === 0 ? null : conditions.join(' AND ');
}

const IDS_OF: Record<LookupField, (context: ReadContext, value: string) => Set<number>> = {
  key: idsByKey,
  eventId: (context, value) => idsByHash(context, 'event', 'eventId', value),
  correlationId: (context, value) => idsByHash(context, 'correlation', 'correlationId', value),
  causationId: (context, value) => idsByHash(context, 'causation', 'causationId', value),
};

/** The records that fit all lookups; null: nothing is looked up. */
function idsByLookups(
  context: ReadContext,
  lookups: readonly Lookup[],
  aggregate: AggregateRef | undefined,
): Set<number> | null {
  let found: Set<number> | null = null;
  const narrow = (ids: Set<number>) => {
    found = found === null ? ids : (found as Set<number>).intersection(ids);
  };
  for (const { field, values } of lookups) {
    const ids: Set<number> = new Set();
    for (const value of values) for (const id of IDS_OF[field](context, value)) ids.add(id);
    narrow(ids);
  }
  if (aggregate !== undefined && found === null) {
    const no = context.dictionary.aggregateId(aggregate);
    const ids = no === null ? [] : candidates(context.db, 'aggregate', no);
    // Of many, a look at all rows tells sooner than a seek for each.
    if (ids.length < logOrderOf(context).count / SEEK_COST) narrow(new Set(ids));
  }
  return found;
}

/** By the hash of the key, and by the aggregates whose id the key is; compared with the key itself. */
function idsByKey(context: ReadContext, key: string): Set<number> {
  const bytes = Buffer.from(key);
  const ofAggregates = context.dictionary
    .aggregatesOfKey(key)
    .flatMap((id) => recordsOfAggregate(context.db, id));
  const found = new Set<number>();
  for (const row of rowsOfIds(context, ofAggregates))
    if ((row.flags & FLAG.keyIsAggregateId) !== 0) found.add(row.id);
  const { db } = context;
  for (const row of rowsOfIds(context, candidates(db, 'key', hashOfBytes(bytes)))) {
    const stored = withBytes(context, row).key;
    if (stored !== null && bytes.equals(stored)) found.add(row.id);
  }
  return found;
}

/** Records whose envelope has exactly this id: found by hash, then compared with the event's own bytes. */
export function idsByHash(
  context: ReadContext,
  kind: PostingKind,
  field: 'eventId' | 'correlationId' | 'causationId',
  id: string,
): Set<number> {
  const found = new Set<number>();
  for (const row of rowsOfIds(context, candidates(context.db, kind, hash53(id))))
    if (decodeStored(context, withBytes(context, row)).envelope?.[field]?.value === id) found.add(row.id);
  return found;
}
