/**
 * A hypothetical log: the events of a stream with some skipped, edited, moved or inserted. The log itself is never
 * touched; what comes out is for folding beside the real one.
 */
import type { Json, StreamEvent } from './model.ts';

/** `after`: the record id of the event it comes behind; null: the first of the stream. */
export type OverlayChange =
  | { change: 'skip'; id: number }
  | { change: 'edit'; id: number; data: Json; type?: string }
  | { change: 'move'; id: number; after: number | null }
  | { change: 'insert'; after: number | null; type: string; data: Json };

export interface Overlaid {
  events: StreamEvent[];
  /** Ids of events that differ from the log: edited, moved, inserted (negative ids, −1 for the first insertion). */
  hypothetical: Set<number>;
  /** Changes that name an event the stream does not have (any more), in words. */
  problems: { change: number; message: string }[];
}

const noEvent = (id: number) => `there is no event ${id} in this stream, or it was skipped before`;

/**
 * Applies the changes in their order to events in fold order. A change that cannot be made is reported and left out;
 * the others are made.
 */
export function overlay(events: readonly StreamEvent[], changes: readonly OverlayChange[]): Overlaid {
  const list = [...events];
  const hypothetical = new Set<number>();
  const problems: Overlaid['problems'] = [];
  const placeOf = (id: number): number => list.findIndex((event) => event.id === id);
  for (const [at, change] of changes.entries()) {
    const fail = (message: string) => problems.push({ change: at, message });
    if (change.change === 'insert') {
      const before = change.after === null ? -1 : placeOf(change.after);
      if (change.after !== null && before === -1) {
        fail(noEvent(change.after));
        continue;
      }
      const inserted = insertedEvent(list, before, -(at + 1), change);
      if (inserted === null) {
        fail('the stream is empty: there is no event whose place and times the new one could take');
        continue;
      }
      list.splice(before + 1, 0, inserted);
      hypothetical.add(inserted.id);
      continue;
    }
    const place = placeOf(change.id);
    if (place === -1) {
      fail(noEvent(change.id));
      continue;
    }
    const event = list[place]!;
    if (change.change === 'skip') list.splice(place, 1);
    else if (change.change === 'edit') {
      list[place] = edited(event, change.data, change.type ?? event.type);
      hypothetical.add(event.id);
    } else {
      if (change.after === change.id) {
        fail('an event cannot come behind itself');
        continue;
      }
      if (change.after !== null && placeOf(change.after) === -1) {
        fail(noEvent(change.after));
        continue;
      }
      list.splice(place, 1);
      list.splice(change.after === null ? 0 : placeOf(change.after) + 1, 0, event);
      hypothetical.add(event.id);
    }
  }
  return { events: list, hypothetical, problems };
}

/** Reducers that read beside the payload (`$value`) see the original there: only the payload is edited. */
const edited = (event: StreamEvent, data: Json, type: string): StreamEvent => ({
  ...event,
  data,
  type,
  kind: event.kind === 'tombstone' || event.kind === 'undecodable' ? 'event' : event.kind,
});

/** It takes place and times of its neighbour, has no event id, no version and no envelope of its own. */
function insertedEvent(
  list: readonly StreamEvent[],
  before: number,
  id: number,
  { type, data }: { type: string; data: Json },
): StreamEvent | null {
  const neighbour = list[Math.max(before, 0)];
  if (neighbour === undefined) return null;
  const { value: _envelope, ...place } = neighbour;
  return { ...place, id, type, data, eventId: null, version: null, kind: 'event', verdict: 'committed' };
}
