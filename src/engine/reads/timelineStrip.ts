/** The density strip of one stream: counts and marks of any range of recorded time, without a look at every event. */
import type { z } from 'zod';
import type { aggregates } from '../../contract/aggregates.ts';
import type { AggregateRef } from '../../contract/common.ts';
import type { ReadContext } from '../workers/context.ts';
import { countUpTo } from './columnOrder.ts';
import type { HeadList } from './headList.ts';
import { type Faults, faultsOf } from './timelineFaults.ts';
import { type CutOf, cutView, refKey, type StreamView } from './timelineView.ts';

type Answer = z.infer<(typeof aggregates)['strip']['output']>;

/** Marks of a kind that one answer holds. */
const MOST_MARKS = 2000;
const MOST_TYPES = 8;
const BYTES_PER_EVENT = 16;

/** Some events of a stream by recorded time. */
interface Marks {
  /** Ascending. */
  times: Float64Array;
  /** Places in log order. */
  places: Uint32Array;
}

interface Times extends Marks {
  /** By number of the event type, ascending. */
  byType: ReadonlyMap<number, Float64Array>;
}

/** Places in the order of their times; equal times keep the order they have. */
function sortedByTime(list: HeadList, places: Uint32Array): Marks {
  const { rows } = list;
  const { recordedAt } = list.columns;
  const times = new Float64Array(places.length);
  let isInOrder = true;
  // Loops, because there may be a million: callbacks take ten times as long.
  for (let at = 0; at < places.length; at += 1) {
    const time = recordedAt[rows[places[at]!]!]!;
    times[at] = time;
    if (at > 0 && times[at - 1]! > time) isInOrder = false;
  }
  if (isInOrder) return { places, times };
  const timeOf = (place: number) => recordedAt[rows[place]!]!;
  const sorted = places.slice().sort((a, b) => timeOf(a) - timeOf(b) || a - b);
  return { places: sorted, times: Float64Array.from(sorted, timeOf) };
}

function timesOf(context: ReadContext, ref: AggregateRef, { list }: StreamView): Times {
  return context.cache.get(
    `strip ${refKey(ref)}`,
    () => {
      const { rows } = list;
      const { type } = list.columns;
      const everything = new Uint32Array(rows.length);
      for (let at = 0; at < everything.length; at += 1) everything[at] = at;
      const all = sortedByTime(list, everything);
      // Types are numbered as they come, so there are few and their numbers are small.
      const counts: number[] = [];
      for (let at = 0; at < rows.length; at += 1) {
        const no = type[rows[at]!]!;
        counts[no] = (counts[no] ?? 0) + 1;
      }
      const lists = counts.map((count) => new Float64Array(count));
      const filled = counts.map(() => 0);
      for (let at = 0; at < rows.length; at += 1) {
        const no = type[rows[all.places[at]!]!]!;
        lists[no]![filled[no]!++] = all.times[at]!;
      }
      const byType = new Map<number, Float64Array>();
      lists.forEach((times, no) => {
        byType.set(no, times);
      });
      return { ...all, byType };
    },
    ({ times }) => times.length * BYTES_PER_EVENT,
  );
}

/** How many of the times lie before a moment. */
const before = (times: Float64Array, moment: number): number => {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < moment) low = middle + 1;
    else high = middle;
  }
  return low;
};

function counter(from: number, to: number, buckets: number) {
  // Both ends are inside: a bucket ends just before the next begins.
  const span = to - from + 1;
  const edges = Array.from({ length: buckets + 1 }, (_, at) => from + (span * at) / buckets);
  return (times: Float64Array): number[] => {
    const places = edges.map((edge) => before(times, edge));
    return Array.from({ length: buckets }, (_, at) => places[at + 1]! - places[at]!);
  };
}

function faultMarks(context: ReadContext, ref: AggregateRef, list: HeadList, faults: Faults): Marks {
  return context.cache.get(
    `fault marks ${refKey(ref)} ${faults.checked}`,
    () => sortedByTime(list, faults.places),
    ({ times }) => times.length * BYTES_PER_EVENT,
  );
}

function lateMarks(context: ReadContext, ref: AggregateRef, { list, backdatedRows }: StreamView): Marks {
  return context.cache.get(
    `late marks ${refKey(ref)}`,
    () => sortedByTime(list, Uint32Array.from(backdatedRows, (row) => list.placeOfRow(row)).sort()),
    ({ times }) => times.length * BYTES_PER_EVENT,
  );
}

export function strip(
  context: ReadContext,
  args: { ref: AggregateRef; cut: CutOf; buckets: number; from?: number; to?: number; derived?: string },
): Answer {
  const { ref, cut, buckets, derived } = args;
  const view = cutView(context, ref, cut);
  const { stream } = view;
  const log = stream.list;
  const all = timesOf(context, ref, stream);
  const firstAt = all.times[0] ?? null;
  const lastAt = all.times.at(-1) ?? null;
  const from = args.from ?? firstAt;
  const to = args.to ?? lastAt;
  const faults = faultsOf(context, ref, derived);
  const isChecked = faults.checked === log.length;
  if (firstAt === null || from === null || to === null || to < from) {
    const counts = new Array<number>(buckets).fill(0);
    return {
      ...{ firstAt, lastAt, from, to, counts, types: [], isChecked },
      ...{ faultCounts: counts, faults: [], faultsOmitted: 0, lateCounts: counts, late: [], lateOmitted: 0 },
    };
  }
  const counts = counter(from, to, buckets);
  const within = ({ times, places }: Marks): number[] =>
    Array.from(places.subarray(before(times, from), countUpTo(times, to)));
  const types = [...all.byType]
    .map(([no, times]) => ({ no, times, total: countUpTo(times, to) - before(times, from) }))
    .filter(({ total }) => total > 0)
    .sort((a, b) => b.total - a.total || a.no - b.no)
    .slice(0, MOST_TYPES);
  const faulty = faultMarks(context, ref, log, faults);
  const late = lateMarks(context, ref, stream);
  const faultyHere = within(faulty);
  const lateHere = within(late);
  const { recordedAt, occurredAt } = log.columns;
  const indexOf = (place: number) => view.list.placeOfRow(log.rows[place]!);
  return {
    ...{ firstAt, lastAt, from, to, isChecked },
    counts: counts(all.times),
    types: types.map(({ no, times, total }) => ({
      type: context.dictionary.typeName(no),
      total,
      counts: counts(times),
    })),
    faultCounts: counts(faulty.times),
    faults: faultyHere.slice(0, MOST_MARKS).map((place) => ({
      index: indexOf(place),
      at: recordedAt[log.rows[place]!]!,
      text: faults.textsAt(place).join('; '),
    })),
    faultsOmitted: Math.max(0, faultyHere.length - MOST_MARKS),
    lateCounts: counts(late.times),
    late: lateHere.slice(0, MOST_MARKS).map((place) => ({
      index: indexOf(place),
      occurredAt: occurredAt[log.rows[place]!]!,
      recordedAt: recordedAt[log.rows[place]!]!,
    })),
    lateOmitted: Math.max(0, lateHere.length - MOST_MARKS),
  };
}
