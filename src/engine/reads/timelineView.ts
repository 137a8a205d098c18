/** A stream as the timeline lists it: ordered once per revision, cut once per moment, faults found once. */
import type { z } from 'zod';
import type { AggregateRef, Cut } from '../../contract/common.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { OrderNote } from '../../core/model.ts';
import { cutStream, type OrderedStream, orderStream } from '../../core/order.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { loadHeads, type StreamHead } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import { logIndexOf } from './logIndex.ts';
import { storedContents } from './timelineContents.ts';
import { findFaults } from './timelineFaults.ts';

export type CutOf = z.infer<typeof Cut>;

export interface StreamView {
  ordered: OrderedStream<StreamHead>;
  /** Events that occurred earlier than the tolerance allows, over the whole stream. */
  backdated: ReadonlySet<number>;
  faults: ReadonlyMap<number, string[]>;
}

export interface CutView {
  stream: StreamView;
  /** The events within the cut in fold order, then those after it in log order. */
  list: readonly StreamHead[];
  /** How many of the list the cut takes in. */
  within: number;
  note: OrderNote;
  moved: ReadonlySet<number>;
}

/** Later than any event: every event counts, in occurred order. */
const END_OF_TIME = 8.64e15;
const BYTES_PER_EVENT = 60;
const BYTES_PER_CUT_EVENT = 8;
const BYTES_PER_PLACE = 50;

export const refKey = (ref: AggregateRef): string => JSON.stringify([ref.type, ref.id]);

/** @throws HindcastError `aggregate.unknown` */
export function streamView(context: ReadContext, ref: AggregateRef): StreamView {
  return context.cache.get(
    `stream view ${refKey(ref)}`,
    () => {
      const events = loadHeads(context, ref);
      if (events.length === 0) throw new HindcastError('aggregate.unknown', { type: ref.type, id: ref.id });
      const ordered = orderStream(events);
      const { note } = cutStream(ordered, { knownOn: null, trueOn: END_OF_TIME });
      const backdated = new Set(note.moved.map(({ id }) => id));
      return { ordered, backdated, faults: findFaults(ordered, backdated, storedContents(context)) };
    },
    ({ ordered }) => ordered.events.length * BYTES_PER_EVENT,
  );
}

export const cutKey = (cut: CutOf): string => `${cut.knownOn} ${cut.trueOn}`;

/** @throws HindcastError `aggregate.unknown` */
export function cutView(context: ReadContext, ref: AggregateRef, cut: CutOf): CutView {
  return context.cache.get(
    `cut view ${refKey(ref)} ${cutKey(cut)}`,
    () => {
      const stream = streamView(context, ref);
      const { events, note } = cutStream(stream.ordered, cut);
      const moved = new Set(note.moved.map(({ id }) => id));
      return { stream, list: listOf(stream, cut, events), within: events.length, note, moved };
    },
    ({ list }) => list.length * BYTES_PER_CUT_EVENT,
  );
}

function listOf(stream: StreamView, cut: CutOf, within: readonly StreamHead[]): readonly StreamHead[] {
  const all = stream.ordered.events;
  // Known on K takes a prefix of the log, which with the rest is the log itself.
  if (cut.trueOn === null) return all;
  const taken = new Set(within.map(({ id }) => id));
  return [...within, ...all.filter(({ id }) => !taken.has(id))];
}

/** Place in the list by record id. */
export function indexesOf(context: ReadContext, ref: AggregateRef, cut: CutOf): ReadonlyMap<number, number> {
  return context.cache.get(
    `list places ${refKey(ref)} ${cutKey(cut)}`,
    () => new Map(cutView(context, ref, cut).list.map(({ id }, index) => [id, index])),
    (places) => places.size * BYTES_PER_PLACE,
  );
}

/**
 * Topics in which aggregates of this type live. An account without a fee may still have one in the part of the fees
 * topic that is not captured, so its completeness hangs on all of them.
 */
export function topicsOfType(context: ReadContext, type: string): string[] {
  const byType = context.cache.get('topics by aggregate type', () => {
    const index = logIndexOf(context);
    const types = new Map(
      context.db.prepare('SELECT id, type FROM aggregate').raw().all() as [number, string][],
    );
    const seen = new Set<number>();
    for (let at = 0; at < index.count; at += 1) {
      const aggregate = index.aggregate[at]!;
      if (aggregate !== 0) seen.add(Math.floor(index.id[at]! / OFFSET_SPAN) + aggregate * 8192);
    }
    const found = new Map<string, Set<string>>();
    for (const pair of seen) {
      const name = types.get(Math.floor(pair / 8192))!;
      const topics = found.get(name) ?? new Set<string>();
      topics.add(context.dictionary.placeOf((pair % 8192) * OFFSET_SPAN).topic);
      found.set(name, topics);
    }
    return found;
  });
  return [...(byType.get(type) ?? [])].sort();
}
