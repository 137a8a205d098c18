/** Reads of the log: pages, places, counts over time, facets, one record in full, raw bytes. */
import type { EventFilter, ScanState } from '../../contract/events.ts';
import type { ReadContext } from '../workers/context.ts';
import { badgeOf } from './coverage.ts';
import { recordBytes, recordDetail } from './detail.ts';
import { documents } from './documents.ts';
import { positionAt, type Selection, select } from './filter.ts';
import { firstAtLeast, logIndexOf, partitionAt } from './logIndex.ts';
import { rowsOf } from './rows.ts';

/** Where bytes have to be read, a page looks for its first hits so long, and `events.scan` for more. Milliseconds. */
const FIRST_HITS_MS = 60;
const SCAN_MS = 150;

/** A filter, and the folder of the full-text indexes. */
interface Filtered {
  filter: EventFilter;
  textIndex?: string | null;
}

function queryEvents(context: ReadContext, args: Filtered & { from: number; count: number }) {
  const started = performance.now();
  const { filter, from, count, textIndex } = args;
  let selection = select(context, filter, { textIndex });
  if (selection.scan?.done === false && selection.count < from + count)
    selection = select(context, filter, { textIndex, millis: FIRST_HITS_MS });
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
    scan: selection.scan,
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
  args: Filtered & { buckets: number; from: number | null; to: number | null },
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
  // A search of the bytes is done once, within the range that is asked for.
  const asked = select(context, args.filter, { textIndex: args.textIndex });
  const matching = asked.scan === null ? select(context, timeless) : asked;
  // Both ends are inside: a bucket ends just before the next begins.
  const span = to - from + 1;
  const edges = Array.from({ length: buckets + 1 }, (_, i) => from + (span * i) / buckets);
  const count = (selection: Selection) => {
    const places = edges.map((edge) => placeOfTime(selection, edge));
    return Array.from({ length: buckets }, (_, i) => places[i + 1]! - places[i]!);
  };
  return { from, to, all: count(everything), matching: count(matching) };
}

function facets(context: ReadContext, { filter, textIndex }: Filtered) {
  const { types: _types, ...withoutTypes } = filter;
  const { topics: _topics, ...withoutTopics } = filter;
  const options = { textIndex, millis: FIRST_HITS_MS };
  const ofTypes = select(context, withoutTypes, options);
  const ofTopics = select(context, withoutTopics, options);
  const byType = new Map<number, number>();
  countBy(ofTypes, (selection, at) => selection.index.type[at]!, byType);
  const byPartition = new Map<number, number>();
  countBy(ofTopics, (selection, at) => partitionAt(selection.index, at), byPartition);
  const byTopic = new Map<string, number>();
  for (const [no, count] of byPartition) {
    const { topic } = context.dictionary.byNumber(no)!;
    byTopic.set(topic, (byTopic.get(topic) ?? 0) + count);
  }
  const types = [...byType].map(([id, count]) => ({ type: context.dictionary.typeName(id), count }));
  const topics = [...byTopic].map(([topic, count]) => ({ topic, count }));
  return {
    types: types.sort((a, b) => b.count - a.count || (a.type < b.type ? -1 : 1)),
    topics: topics.sort((a, b) => b.count - a.count || (a.topic < b.topic ? -1 : 1)),
    partial: [ofTypes, ofTopics].some(({ scan }) => scan?.done === false),
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
  'events.scan': (context: ReadContext, { filter, textIndex }: Filtered): ScanState => {
    const { scan, count } = select(context, filter, { textIndex, millis: SCAN_MS });
    return scan ?? { looked: 0, of: 0, matched: count, done: true, spared: 0 };
  },
  'events.count': (context: ReadContext, { filter, textIndex }: Filtered) => {
    const { count, index, scan } = select(context, filter, { textIndex, millis: FIRST_HITS_MS });
    return { total: count, of: index.count, revision: context.revision, done: scan?.done !== false };
  },
  'events.locate': (context: ReadContext, args: Filtered & { time: number }) => ({
    index: placeOfTime(select(context, args.filter, { textIndex: args.textIndex }), args.time),
  }),
  'events.histogram': histogram,
  'events.facets': (context: ReadContext, args: Filtered) =>
    args.filter.where === undefined
      ? context.cache.get(`facets ${JSON.stringify(Object.entries(args.filter).sort())}`, () =>
          facets(context, args),
        )
      : facets(context, args),
  'events.documents': documents,
  'events.get': recordDetail,
  'events.bytes': recordBytes,
};
