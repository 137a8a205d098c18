/** Aggregates with their counts, first and last event, also as of a moment. Counts committed records only. */
import type { z } from 'zod';
import type { Cut } from '../../contract/common.ts';
import type { AggregateRow } from '../../contract/events.ts';
import { recordsOfAggregate } from '../store/postings.ts';
import { VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { badgeOf } from './coverage.ts';
import { type EventSearch, SHORTEST_SEARCH, searchEvents } from './eventSearch.ts';
import { firstAtLeast, happenedAt, logIndexOf, verdictAt } from './logIndex.ts';

/** One entry per aggregate number. */
interface Tally {
  events: Uint32Array;
  first: Float64Array;
  last: Float64Array;
  /** Position in the log index of the last record. */
  lastAt: Uint32Array;
}

type Sort = 'id' | 'events' | 'last';

function tally(context: ReadContext, cut: z.infer<typeof Cut>): Tally {
  return context.cache.get(
    `tally ${cut.knownOn} ${cut.trueOn}`,
    () => {
      const index = logIndexOf(context);
      const size =
        (context.db.prepare('SELECT coalesce(max(id), 0) + 1 FROM aggregate').pluck().get() as number) ?? 1;
      const counted: Tally = {
        events: new Uint32Array(size),
        first: new Float64Array(size),
        last: new Float64Array(size),
        lastAt: new Uint32Array(size),
      };
      const end = cut.knownOn === null ? index.count : firstAtLeast(index.mono, cut.knownOn + 1);
      for (let at = 0; at < end; at++) {
        const aggregate = index.aggregate[at]!;
        if (aggregate === 0 || verdictAt(index, at) !== VERDICT.committed) continue;
        if (cut.trueOn !== null && happenedAt(index, at) > cut.trueOn) continue;
        if (counted.events[aggregate] === 0) counted.first[aggregate] = index.mono[at]!;
        counted.events[aggregate]! += 1;
        counted.last[aggregate] = index.mono[at]!;
        counted.lastAt[aggregate] = at;
      }
      return counted;
    },
    ({ events }) => events.length * 24,
  );
}

function types(context: ReadContext, _args: Record<string, never>) {
  return context.cache.get('aggregate types', () => {
    const { events } = tally(context, { knownOn: null, trueOn: null });
    const found = new Map<string, { type: string; aggregates: number; events: number }>();
    const rows = context.db.prepare('SELECT id, type FROM aggregate').raw().iterate() as IterableIterator<
      [number, string]
    >;
    for (const [id, type] of rows) {
      if (events[id] === 0) continue;
      let entry = found.get(type);
      if (entry === undefined) {
        entry = { type, aggregates: 0, events: 0 };
        found.set(type, entry);
      }
      entry.aggregates += 1;
      entry.events += events[id]!;
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
}

interface Fitting {
  /** Numbers of the aggregates, in order. */
  ids: number[];
  /** Those of them whose id does not hold the text. */
  inEvents: ReadonlySet<number>;
}

const BYTES_PER_ID = 8;
const NOT_SEARCHED: EventSearch = { found: new Set(), records: 0, isDone: true };

function ordered(context: ReadContext, { type, search, sort, cut }: ListArgs, events: EventSearch): Fitting {
  return context.cache.get(
    `aggregates ${JSON.stringify([type, search, sort, cut.knownOn, cut.trueOn, events.records])}`,
    () => {
      const counted = tally(context, cut);
      const rows = context.db
        .prepare(
          `SELECT id, ? = '' OR instr(lower(key), lower(?)) > 0 FROM aggregate WHERE (? IS NULL OR type = ?)
           ORDER BY key, type`,
        )
        .raw()
        .iterate(search, search, type, type) as IterableIterator<[id: number, isInId: 0 | 1]>;
      const ids: number[] = [];
      const inEvents = new Set<number>();
      for (const [id, isInId] of rows) {
        if (counted.events[id] === 0) continue;
        if (isInId === 0) {
          if (!events.found.has(id)) continue;
          inEvents.add(id);
        }
        ids.push(id);
      }
      // Stable: equals stay in the order of their ids.
      if (sort === 'events') ids.sort((a, b) => counted.events[b]! - counted.events[a]!);
      if (sort === 'last') ids.sort((a, b) => counted.last[b]! - counted.last[a]!);
      if (inEvents.size > 0) ids.sort((a, b) => Number(inEvents.has(a)) - Number(inEvents.has(b)));
      return { ids, inEvents };
    },
    ({ ids }) => ids.length * BYTES_PER_ID,
  );
}

function list(context: ReadContext, args: ListArgs) {
  const counted = tally(context, args.cut);
  const index = logIndexOf(context);
  const isSearched = args.search.length >= SHORTEST_SEARCH;
  const events = isSearched ? searchEvents(context, args.search, args.cut, args.from === 0) : NOT_SEARCHED;
  const { ids, inEvents } = ordered(context, args, events);
  return {
    rows: ids.slice(args.from, args.from + args.count).map(
      (id): AggregateRow => ({
        ref: context.dictionary.aggregate(id)!,
        events: counted.events[id]!,
        topics: topicsOf(context, id, args.cut),
        firstAt: counted.first[id]!,
        lastAt: counted.last[id]!,
        lastType: context.dictionary.typeName(index.type[counted.lastAt[id]!]!),
        foundIn: inEvents.has(id) ? 'event' : 'id',
      }),
    ),
    total: ids.length,
    searched: isSearched ? { records: events.records, of: index.count } : null,
    coverage: badgeOf(context, null),
    revision: context.revision,
  };
}

/** Topics that the aggregate's records within the cut lie in. */
function topicsOf(context: ReadContext, id: number, cut: z.infer<typeof Cut>): number {
  const rows = context.db
    .prepare(
      `SELECT DISTINCT r.id / 1099511627776 FROM json_each(?) AS wanted CROSS JOIN record AS r ON r.id = wanted.value
       WHERE verdict = ${VERDICT.committed} AND (? IS NULL OR mono <= ?)
         AND (? IS NULL OR coalesce(occurred, mono) <= ?)`,
    )
    .pluck()
    .all(
      JSON.stringify(recordsOfAggregate(context.db, id)),
      cut.knownOn,
      cut.knownOn,
      cut.trueOn,
      cut.trueOn,
    ) as number[];
  return new Set(rows.map((no) => context.dictionary.byNumber(no)!.topicId)).size;
}

export const aggregateListReads = {
  'aggregates.types': types,
  'aggregates.list': list,
};
