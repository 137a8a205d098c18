/** Aggregates with their counts, first and last event, also as of a moment. Counts committed records only. */
import type { z } from 'zod';
import type { AggregateRow } from '../../contract/aggregates.ts';
import type { AggregateRef, Cut } from '../../contract/common.ts';
import {
  byNumber,
  type ColumnsQuestion,
  inTables,
  type ProjectedList,
  projectedList,
} from '../projection/projectedList.ts';
import { type DefinitionText, definitionOf } from '../projection/reads.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { recordsOfAggregate } from '../store/postingLookups.ts';
import { VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { type Counts, countsAsOf } from './aggregateCounts.ts';
import { aggregateNames } from './aggregateNames.ts';
import { badgeOf } from './coverage.ts';
import { type EventSearch, SHORTEST_SEARCH, searchEvents } from './eventSearch.ts';
import { logOrderOf } from './logOrder.ts';
import { ownTimes } from './ownTimes.ts';

type Sort = 'id' | 'events' | 'last';

/** The counts of a cut, kept until the captured data change. */
function tally(context: ReadContext, cut: z.infer<typeof Cut>): Counts {
  return context.cache.get(
    `tally ${cut.knownOn} ${cut.trueOn}`,
    () => countsAsOf(context, cut),
    ({ events }) => events.length * 24,
  );
}

function types(context: ReadContext, _args: Record<string, never>) {
  return context.cache.get('aggregate types', () => {
    const { events } = tally(context, { knownOn: null, trueOn: null });
    const found = new Map<string, { type: string; aggregates: number; events: number }>();
    const names = aggregateNames(context);
    for (const [place, type] of names.types.entries()) {
      const count = events[names.ids[place]!]!;
      if (count === 0) continue;
      let entry = found.get(type);
      if (entry === undefined) {
        entry = { type, aggregates: 0, events: 0 };
        found.set(type, entry);
      }
      entry.aggregates += 1;
      entry.events += count;
    }
    return [...found.values()].sort((a, b) => b.events - a.events || (a.type < b.type ? -1 : 1));
  });
}

interface ListArgs {
  type: string | null;
  search: string;
  sort: Sort;
  cut: z.infer<typeof Cut>;
  from: number;
  count: number;
  /** Columns of a projection; absent or null: none. */
  columns?: ColumnsQuestion | null;
}

interface Fitting {
  /** Numbers of the aggregates, in order. */
  ids: number[];
  /** Those of them whose id does not hold the text. */
  inEvents: ReadonlySet<number>;
  /** Aggregates of which the condition on the columns cannot be said. */
  unsaid: number;
}

const BYTES_PER_ID = 8;
const NOT_SEARCHED: EventSearch = { found: new Set(), records: 0, isDone: true };

function ordered(
  context: ReadContext,
  { type, search, sort, cut, columns }: ListArgs,
  events: EventSearch,
  projected: ProjectedList | null,
): Fitting {
  const conditions = projected === null ? null : [projected.stamp, columns!.where, columns!.sort];
  return context.cache.get(
    `aggregates ${JSON.stringify([type, search, sort, cut.knownOn, cut.trueOn, events.records, conditions])}`,
    () => {
      const counted = tally(context, cut);
      const names = aggregateNames(context);
      const wanted = search.toLowerCase();
      const fits = projected?.condition(columns!.where) ?? null;
      const inEvents = new Set<number>();
      let ids: number[] = [];
      let unsaid = 0;
      for (const [place, id] of names.ids.entries()) {
        if (counted.events[id] === 0 || (type !== null && names.types[place] !== type)) continue;
        const isInId = wanted === '' || names.keys[place]!.toLowerCase().includes(wanted);
        if (!isInId && !events.found.has(id)) continue;
        const isFit = fits === null ? true : fits(id);
        if (isFit === null) unsaid += 1;
        if (isFit !== true) continue;
        if (!isInId) inEvents.add(id);
        ids.push(id);
      }
      // Stable: equals stay in the order of their ids.
      if (projected !== null && columns!.sort !== null) ids = projected.sorted(ids, columns!.sort);
      else if (sort === 'events') ids = byNumber(ids, (id) => -counted.events[id]!);
      else if (sort === 'last') ids = byNumber(ids, (id) => -counted.lastAt[id]!);
      if (inEvents.size > 0) ids.sort((a, b) => Number(inEvents.has(a)) - Number(inEvents.has(b)));
      return { ids, inEvents, unsaid };
    },
    ({ ids }) => ids.length * BYTES_PER_ID,
  );
}

function list(context: ReadContext, args: ListArgs) {
  const { columns = null } = args;
  if (columns === null) return listWith(context, args, null);
  // The history is read as it is used, so both stand in one transaction.
  return inTables(context, columns, (derived) =>
    listWith(context, args, projectedList(context, derived, columns, args.cut)),
  );
}

function listWith(context: ReadContext, args: ListArgs, projected: ProjectedList | null) {
  const counted = tally(context, args.cut);
  const isSearched = args.search.length >= SHORTEST_SEARCH;
  const events = isSearched ? searchEvents(context, args.search, args.cut, args.from === 0) : NOT_SEARCHED;
  const { ids, inEvents, unsaid } = ordered(context, args, events, projected);
  return {
    rows: ids.slice(args.from, args.from + args.count).map((id): AggregateRow => {
      const records = recordsOfAggregate(context.db, id);
      const [firstLogAt, lastLogAt] = [counted.firstAt[id]!, counted.lastAt[id]!];
      const lastType = counted.lastType[id]!;
      const stands = { firstAt: firstLogAt, lastAt: lastLogAt, lastType };
      return {
        ref: context.dictionary.aggregate(id)!,
        events: counted.events[id]!,
        topics: topicsOf(context, records, args.cut),
        ...ownTimes(context, records, stands, args.cut),
        ...{ firstLogAt, lastLogAt },
        lastType: context.dictionary.typeName(lastType),
        foundIn: inEvents.has(id) ? 'event' : 'id',
        cells: projected?.cells(id) ?? null,
      };
    }),
    total: ids.length,
    columns: projected === null ? null : { ...projected.told, unsaid },
    searched: isSearched ? { records: events.records, of: logOrderOf(context).count } : null,
    coverage: badgeOf(context, null),
    revision: context.revision,
  };
}

interface RowArgs extends DefinitionText {
  ref: AggregateRef;
  cut: z.infer<typeof Cut>;
  projection: string;
  folder: string;
}

/** The row of a projection for one aggregate. */
function row(context: ReadContext, { ref, cut, ...rest }: RowArgs) {
  const started = performance.now();
  const { columns } = definitionOf(context, rest).projection;
  const question: ColumnsQuestion = { ...rest, show: columns.map(({ name }) => name), where: '', sort: null };
  return inTables(context, question, (derived) => {
    const projected = projectedList(context, derived, question, cut);
    const id = context.dictionary.aggregateId(ref);
    const cells = id === null ? null : projected.cells(id);
    return {
      state: { ...projected.told, unsaid: 0 },
      columns: columns.map(({ name, type }) => ({ name, type })),
      ...{ cells, tookMs: performance.now() - started },
    };
  });
}

/** How many topics the records of an aggregate within the cut lie in. */
function topicsOf(context: ReadContext, records: readonly number[], cut: z.infer<typeof Cut>): number {
  const { dictionary, db } = context;
  const topicOf = (partition: number): number => dictionary.byNumber(partition)!.topicId;
  const partitions = new Set(records.map((record) => Math.floor(record / OFFSET_SPAN)));
  const topics = new Set([...partitions].map(topicOf));
  // One that has events at that moment has them in the only topic.
  if (topics.size === 1) return 1;
  const within = db
    .prepare(
      `SELECT DISTINCT r.id / ${OFFSET_SPAN} FROM json_each(?) AS wanted CROSS JOIN record AS r ON r.id = wanted.value
       WHERE verdict = ${VERDICT.committed} AND (? IS NULL OR mono <= ?)
         AND (? IS NULL OR coalesce(occurred, mono) <= ?)`,
    )
    .pluck()
    .all(JSON.stringify(records), cut.knownOn, cut.knownOn, cut.trueOn, cut.trueOn) as number[];
  return new Set(within.map(topicOf)).size;
}

export const aggregateListReads = {
  'aggregates.types': types,
  'aggregates.list': list,
  'aggregates.row': row,
};
