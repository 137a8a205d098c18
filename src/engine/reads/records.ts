/** Reads of the log: pages, places, counts over time, facets, one record in full, raw bytes. */
import type { EventFilter } from '../../contract/events.ts';
import type { ReadContext } from '../workers/context.ts';
import { badgeOf } from './coverage.ts';
import { recordBytes, recordDetail } from './detail.ts';
import { positionAt, type Selection, select } from './filter.ts';
import { firstAtLeast, logIndexOf, partitionAt } from './logIndex.ts';
import { rowsOf } from './rows.ts';

function queryEvents(context: ReadContext, args: { filter: EventFilter; from: number; count: number }) {
  const started = performance.now();
  const { filter, from, count } = args;
  const selection = select(context, filter);
  const { index } = selection;
  const ids: number[] = [];
  for (let nth = from; nth < Math.min(from + count, selection.count); nth++)
    ids.push(index.id[positionAt(selection, nth)]!);
  return {
    rows: rowsOf(context, ids),
    total: selection.count,
    of: index.count,
    revision: context.revision,
    tookMs: performance.now() - started,
    coverage: badgeOf(context, filter.topics ?? null),
  };
}

/** Index in the selection of the first record at or after a moment; the count when there is none. */
function placeOfTime({ index, positions, from, count }: Selection, time: number): number {
  if (positions === null) return Math.min(Math.max(firstAtLeast(index.mono, time) - from, 0), count);
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (index.mono[positions[middle]!]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function histogram(
  context: ReadContext,
  args: { filter: EventFilter; buckets: number; from: number | null; to: number | null },
) {
  const { buckets } = args;
  const index = logIndexOf(context);
  const empty = {
    from: args.from,
    to: args.to,
    all: new Array(buckets).fill(0),
    matching: new Array(buckets).fill(0),
  };
  if (index.count === 0) return empty;
  const from = args.from ?? index.mono[0]!;
  const to = args.to ?? index.mono[index.count - 1]!;
  if (to < from) return { ...empty, from, to };
  const { from: _from, to: _to, ...timeless } = args.filter;
  const everything = select(context, {});
  const matching = select(context, timeless);
  // Both ends are inside: a bucket ends just before the next begins.
  const span = to - from + 1;
  const edges = Array.from({ length: buckets + 1 }, (_, i) => from + (span * i) / buckets);
  const count = (selection: Selection) => {
    const places = edges.map((edge) => placeOfTime(selection, edge));
    return Array.from({ length: buckets }, (_, i) => places[i + 1]! - places[i]!);
  };
  return { from, to, all: count(everything), matching: count(matching) };
}

function facets(context: ReadContext, { filter }: { filter: EventFilter }) {
  const { types: _types, ...withoutTypes } = filter;
  const { topics: _topics, ...withoutTopics } = filter;
  const byType = new Map<number, number>();
  countBy(select(context, withoutTypes), (selection, at) => selection.index.type[at]!, byType);
  const byPartition = new Map<number, number>();
  countBy(select(context, withoutTopics), (selection, at) => partitionAt(selection.index, at), byPartition);
  const partitions = context.dictionary.partitions();
  const byTopic = new Map<string, number>();
  for (const [no, count] of byPartition) {
    const { topic } = partitions[no]!;
    byTopic.set(topic, (byTopic.get(topic) ?? 0) + count);
  }
  const types = [...byType].map(([id, count]) => ({ type: context.dictionary.typeName(id), count }));
  const topics = [...byTopic].map(([topic, count]) => ({ topic, count }));
  return {
    types: types.sort((a, b) => b.count - a.count || (a.type < b.type ? -1 : 1)),
    topics: topics.sort((a, b) => b.count - a.count || (a.topic < b.topic ? -1 : 1)),
  };
}

function countBy(
  selection: Selection,
  keyOf: (selection: Selection, at: number) => number,
  counts: Map<number, number>,
): void {
  for (let nth = 0; nth < selection.count; nth++) {
    const key = keyOf(selection, positionAt(selection, nth));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
}

export const recordReads = {
  'events.query': queryEvents,
  'events.locate': (context: ReadContext, args: { filter: EventFilter; time: number }) => ({
    index: placeOfTime(select(context, args.filter), args.time),
  }),
  'events.histogram': histogram,
  'events.facets': (context: ReadContext, args: { filter: EventFilter }) =>
    context.cache.get(`facets ${JSON.stringify(Object.entries(args.filter).sort())}`, () =>
      facets(context, args),
    ),
  'events.get': recordDetail,
  'events.bytes': recordBytes,
};
