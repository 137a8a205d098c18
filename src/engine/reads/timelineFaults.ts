/**
 * Faults of the events of one stream, in words: those that the stream shows by itself. Those of a long stream are found
 * by a job and kept in the file of keyframes: they take a look at most payloads.
 */
import type { AggregateRef } from '../../contract/common.ts';
import { type CheckedEvent, type Contents, StreamChecker } from '../../core/check/streamRules.ts';
import type { OrderNote } from '../../core/model.ts';
import { digestsOf } from '../keyframes/digests.ts';
import { findTrack } from '../keyframes/keyframeFile.ts';
import { faultTrack, keptOf } from '../keyframes/tracks.ts';
import type { ReadContext } from '../workers/context.ts';
import { storedContents } from './timelineContents.ts';
import { refKey, type StreamView, streamView } from './timelineView.ts';

/** What stands in a list of events, by place. */
export interface Faults {
  /** The first so many events were looked at. */
  checked: number;
  /** Places in log order of the events with faults, ascending. */
  places: Uint32Array;
  textsAt(place: number): string[];
}

/** Streams up to this long are looked at when they are opened. Events. */
export const SHORT_STREAM = 20_000;
const BYTES_PER_FAULT = 300;

/**
 * Faults by place of the event in `events`, which are in log order.
 * @param isBackdated whether occurred order moves the event at a place
 */
export function findFaults<E extends CheckedEvent>(
  events: readonly E[],
  order: { versionFaults: OrderNote['versionFaults']; toleranceMs: number },
  isBackdated: (event: E) => boolean,
  contents: Contents<E>,
): Map<number, string[]> {
  const faults = new Map<number, string[]>();
  const checker = new StreamChecker(order, contents, (place) => events[place]!);
  for (const [place, event] of events.entries())
    checker.look(event, place, isBackdated(event), (_rule, _events, text) => {
      const known = faults.get(place);
      if (known === undefined) faults.set(place, [text]);
      else known.push(text);
    });
  return faults;
}

const NONE: Faults = { checked: 0, places: new Uint32Array(0), textsAt: () => [] };

/** @param derived folder of the files made from workspaces; absent: everything is found now */
export function faultsOf(context: ReadContext, ref: AggregateRef, derived: string | undefined): Faults {
  const view = streamView(context, ref);
  const isShort = view.list.length <= SHORT_STREAM || derived === undefined;
  return isShort ? foundNow(context, ref, view) : kept(context, ref, view, derived);
}

function foundNow(context: ReadContext, ref: AggregateRef, { ordered, list, backdated }: StreamView): Faults {
  return context.cache.get(
    `faults ${refKey(ref)}`,
    () => {
      const texts = findFaults(
        list.slice(0, list.length),
        ordered,
        ({ id }) => backdated.has(id),
        storedContents(context),
      );
      const places = Uint32Array.from(texts.keys());
      return { checked: list.length, places, textsAt: (place: number) => texts.get(place) ?? [] };
    },
    ({ places }) => places.length * BYTES_PER_FAULT,
  );
}

function kept(context: ReadContext, ref: AggregateRef, { list }: StreamView, derived: string): Faults {
  const found = keptOf(context, derived);
  const track = found === null ? null : findTrack(found.db, faultTrack(context, ref, list));
  if (found === null || track === null) return NONE;
  const { db, inode } = found;
  const run = db.prepare('SELECT count, digest FROM fault_run WHERE track = ?').raw().get(track) as
    | [number, Uint8Array]
    | undefined;
  if (run === undefined || run[0] > list.length || !digestsOf(list).at(run[0]).equals(run[1])) return NONE;
  const [checked] = run;
  const places = context.cache.get(
    `faults ${refKey(ref)} ${checked} ${inode}`,
    () => {
      const rows = db.prepare('SELECT place FROM fault WHERE track = ? AND place < ? ORDER BY place').pluck();
      return Uint32Array.from(rows.all(track, checked) as number[]);
    },
    (all) => all.byteLength,
  );
  const texts = db.prepare('SELECT texts FROM fault WHERE track = ? AND place = ?').pluck();
  return {
    checked,
    places,
    textsAt(place) {
      if (place >= checked) return [];
      const text = texts.get(track, place) as string | undefined;
      return text === undefined ? [] : (JSON.parse(text) as string[]);
    },
  };
}
