/** Reads of the log: pages, places, counts over time, facets, one record in full, raw bytes. */
import type { EventFilter, ScanState } from '../../contract/events.ts';
import type { ReadContext } from '../workers/context.ts';
import { badgeOf } from './coverage.ts';
import { recordBytes, recordDetail } from './detail.ts';
import { documents } from './documents.ts';
import { select } from './filter.ts';
import { logOrderOf } from './logOrder.ts';
import { type LogRows, partitionAt } from './logRows.ts';
import { rowsOf } from './rows.ts';
import type { Selection } from './selection.ts';

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
  let { selection, scan } = select(context, filter, { textIndex, isPartial: true });
  if (scan?.done === false && selection.count < from + count)
    ({ selection, scan } = select(context, filter, { textIndex, millis: FIRST_HITS_MS, isPartial: true }));
  const end = Math.min(from + count, selection.count);
  return {
    rows: rowsOf(context, selection.ids(Math.min(from, end), end)),
    total: selection.count,
    of: logOrderOf(context).count,
    revision: context.revision,
    tookMs: performance.now() - started,
    coverage: badgeOf(context, filter.topics ?? null),
    scan,
  };
}

function histogram(
  context: ReadContext,
  args: Filtered & { buckets: number; from: number | null; to: number | null },
) {
  const { buckets } = args;
  const span = logOrderOf(context).span();
  const empty = {
    from: args.from,
    to: args.to,
    all: new Array(buckets).fill(0),
    matching: new Array(buckets).fill(0),
  };
  if (span === null) return empty;
  const from = args.from ?? span.from;
  const to = args.to ?? span.to;
  if (to < from) return { ...empty, from, to };
  const { from: _from, to: _to, ...timeless } = args.filter;
  const everything = select(context, {}).selection;
  // A search of the bytes is done once, within the range that is asked for.
  const asked = select(context, args.filter, { textIndex: args.textIndex, isPartial: true });
  const matching = (asked.scan === null ? select(context, timeless) : asked).selection;
  // Both ends are inside: a bucket ends just before the next begins.
  const width = to - from + 1;
  const edges = Array.from({ length: buckets + 1 }, (_, i) => from + (width * i) / buckets);
  const count = (selection: Selection) => {
    const places = edges.map((edge) => selection.countBefore(edge));
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
  const byType = countBy(ofTypes.selection, (rows, at) => rows.type[at]!);
  const byPartition = countBy(ofTopics.selection, partitionAt);
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

function countBy(selection: Selection, keyOf: (rows: LogRows, at: number) => number): Map<number, number> {
  // Numbers of types and partitions are small.
  const counts: number[] = [];
  for (const rows of selection.pieces())
    for (let at = 0; at < rows.count; at++) {
      const key = keyOf(rows, at);
      counts[key] = (counts[key] ?? 0) + 1;
    }
  return new Map(counts.flatMap((count, key) => [[key, count] as const]));
}

export const recordReads = {
  'events.query': queryEvents,
  'events.scan': (context: ReadContext, { filter, textIndex }: Filtered): ScanState => {
    const { scan, selection } = select(context, filter, { textIndex, millis: SCAN_MS, isPartial: true });
    return scan ?? { looked: 0, of: 0, matched: selection.count, done: true, spared: 0 };
  },
  'events.count': (context: ReadContext, { filter, textIndex }: Filtered) => {
    const { selection, scan } = select(context, filter, {
      textIndex,
      millis: FIRST_HITS_MS,
      isPartial: true,
    });
    const of = logOrderOf(context).count;
    return { total: selection.count, of, revision: context.revision, done: scan?.done !== false };
  },
  'events.locate': (context: ReadContext, args: Filtered & { time: number }) => ({
    index: select(context, args.filter, { textIndex: args.textIndex }).selection.countBefore(args.time),
  }),
  'events.histogram': histogram,
  'events.walked': (context: ReadContext, _args: Record<string, never>) => logOrderOf(context).walked(),
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
