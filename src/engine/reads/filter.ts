/** Which records of the log fit a filter, as positions in the log index. */
import type { EventFilter } from '../../contract/events.ts';
import { FLAG } from '../kafka/recordColumns.ts';
import { hash53 } from '../store/ids.ts';
import { KEY_IS_OTHER } from '../store/migrations.ts';
import { decodeStored, RECORD_COLUMNS, type StoredRecord } from '../store/stream.ts';
import { KIND, VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { firstAtLeast, type LogIndex, logIndexOf, partitionAt } from './logIndex.ts';

/** Positions in log order; `positions` null: all from `from` to `to`. */
export interface Selection {
  index: LogIndex;
  count: number;
  positions: Uint32Array | null;
  from: number;
}

/** Position in the log index of the n-th selected record. */
export const positionAt = (selection: Selection, nth: number): number =>
  selection.positions === null ? selection.from + nth : selection.positions[nth]!;

type Test = (at: number) => boolean;

/** The records that fit, kept until the captured data changes. */
export function select(context: ReadContext, filter: EventFilter): Selection {
  const index = logIndexOf(context);
  return context.cache.get(
    `selection ${JSON.stringify(Object.entries(filter).sort())}`,
    () => build(context, index, filter),
    ({ positions }) => 200 + (positions?.byteLength ?? 0),
  );
}

function build(context: ReadContext, index: LogIndex, filter: EventFilter): Selection {
  const from = filter.from === undefined ? 0 : firstAtLeast(index.mono, filter.from);
  const to = filter.to === undefined ? index.count : firstAtLeast(index.mono, filter.to + 1);
  const tests = testsOf(context, index, filter);
  if (tests.length === 0) return { index, count: Math.max(to - from, 0), positions: null, from };
  const found = new Uint32Array(Math.max(to - from, 0));
  let count = 0;
  const [first, ...others] = tests as [Test, ...Test[]];
  for (let at = from; at < to; at++) {
    if (!first(at)) continue;
    let fits = true;
    for (const test of others)
      if (!test(at)) {
        fits = false;
        break;
      }
    if (fits) found[count++] = at;
  }
  return { index, count, positions: found.slice(0, count), from };
}

function testsOf(context: ReadContext, index: LogIndex, filter: EventFilter): Test[] {
  const tests: Test[] = [];
  const { dictionary } = context;
  if (filter.topics !== undefined) {
    const wanted = new Set(filter.topics);
    const isIn = dictionary.partitions().map(({ topic }) => wanted.has(topic));
    tests.push((at) => isIn[partitionAt(index, at)]!);
  }
  if (filter.types !== undefined) {
    const wanted = new Set(filter.types.map((type) => (type === '' ? 0 : (dictionary.typeId(type) ?? -1))));
    tests.push((at) => wanted.has(index.type[at]!));
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
    tests.push((at) => isIn[index.state[at]!]!);
  }
  if (filter.aggregate !== undefined) {
    const wanted = dictionary.aggregateId(filter.aggregate) ?? -1;
    tests.push((at) => index.aggregate[at] === wanted);
  }
  if (filter.aggregateText !== undefined && filter.aggregateText !== '') {
    const wanted = new Set(
      context.db
        .prepare('SELECT id FROM aggregate WHERE instr(lower(key), lower(?)) > 0')
        .pluck()
        .all(filter.aggregateText) as number[],
    );
    tests.push((at) => wanted.has(index.aggregate[at]!));
  }
  for (const ids of [
    idsByKey(context, filter),
    idsByEvent(context, filter),
    idsByCorrelation(context, filter),
  ])
    if (ids !== null) tests.push((at) => ids.has(index.id[at]!));
  return tests;
}

/** By the index of keys, and by the aggregates whose id the key is. */
function idsByKey({ db }: ReadContext, { key }: EventFilter): Set<number> | null {
  if (key === undefined) return null;
  const bytes = Buffer.from(key);
  const others = db.prepare(`SELECT id FROM record WHERE key = ? AND ${KEY_IS_OTHER}`).pluck();
  const ofAggregates = db
    .prepare(
      `SELECT r.id FROM aggregate a CROSS JOIN record r ON r.agg_id = a.id
       WHERE a.key = ? AND r.key = ? AND (r.flags & ${FLAG.keyIsAggregateId}) <> 0`,
    )
    .pluck();
  return new Set([...others.all(bytes), ...ofAggregates.all(key, bytes)] as number[]);
}

const idsByEvent = (context: ReadContext, { eventId }: EventFilter) =>
  eventId === undefined ? null : idsByHash(context, 'event_hash', 'eventId', eventId);

const idsByCorrelation = (context: ReadContext, { correlationId }: EventFilter) =>
  correlationId === undefined ? null : idsByHash(context, 'correlation_hash', 'correlationId', correlationId);

/** Records whose envelope has exactly this id: found by hash, then compared with the event's own bytes. */
export function idsByHash(
  context: ReadContext,
  column: 'event_hash' | 'correlation_hash',
  field: 'eventId' | 'correlationId',
  id: string,
): Set<number> {
  const rows = context.db
    .prepare(`SELECT ${RECORD_COLUMNS} FROM record WHERE ${column} = ?`)
    .iterate(hash53(id)) as IterableIterator<StoredRecord>;
  const found = new Set<number>();
  for (const row of rows) if (decodeStored(context, row).envelope?.[field]?.value === id) found.add(row.id);
  return found;
}
