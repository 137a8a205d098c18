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

/** An event of a hypothetical log. `E`: what is known of a real one before its payload is read. */
export interface Overlaid<E> {
  /** Of an inserted one negative: −1 for the first change of the list, −2 for the second, … */
  id: number;
  /** The real event; of an inserted one the neighbour whose place and times it takes. */
  of: E;
  isInserted: boolean;
  isMoved: boolean;
  /** Of an edited or inserted one: what it says instead. */
  says: { type: string; data: Json } | null;
}

/** One place of the real and the hypothetical log side by side. */
export interface AlignedPlace<E> {
  mark: 'same' | 'edited' | 'skipped' | 'inserted' | 'moved-from' | 'moved-to' | 'row-from' | 'row-to';
  real: E | null;
  hypothetical: Overlaid<E> | null;
}

export interface OverlaidLog<E> {
  /** The hypothetical log in its order. */
  log: Overlaid<E>[];
  /** Changes that name an event the stream does not have (any more), in words. */
  problems: { change: number; message: string }[];
}

type Head = Pick<StreamEvent, 'id' | 'type'>;

const noEvent = (id: number) => `there is no event ${id} in this stream, or it was skipped before`;

/**
 * Applies the changes in their order to events in fold order. A change that cannot be made is reported and left out;
 * the others are made.
 */
export function overlay<E extends Head>(
  events: readonly E[],
  changes: readonly OverlayChange[],
): OverlaidLog<E> {
  const log = events.map(
    (event): Overlaid<E> => ({ id: event.id, of: event, isInserted: false, isMoved: false, says: null }),
  );
  const problems: OverlaidLog<E>['problems'] = [];
  const placeOf = (id: number): number => log.findIndex((each) => each.id === id);
  for (const [at, change] of changes.entries()) {
    const fail = (message: string) => problems.push({ change: at, message });
    const isAfterNothing = 'after' in change && change.after !== null && placeOf(change.after) === -1;
    if (change.change === 'insert') {
      const neighbour = log[change.after === null ? 0 : placeOf(change.after)]?.of;
      if (isAfterNothing) fail(noEvent(change.after!));
      else if (neighbour === undefined)
        fail('the stream is empty: there is no event whose place and times the new one could take');
      else {
        const { type, data } = change;
        const place = change.after === null ? 0 : placeOf(change.after) + 1;
        log.splice(place, 0, {
          ...{ id: -(at + 1), of: neighbour, isInserted: true, isMoved: false },
          says: { type, data },
        });
      }
      continue;
    }
    const place = placeOf(change.id);
    const item = log[place];
    if (item === undefined) fail(noEvent(change.id));
    else if (change.change === 'skip') log.splice(place, 1);
    else if (change.change === 'edit')
      log[place] = { ...item, says: { type: change.type ?? item.of.type, data: change.data } };
    else if (change.after === change.id) fail('an event cannot come behind itself');
    else if (isAfterNothing) fail(noEvent(change.after!));
    else {
      log.splice(place, 1);
      const to = change.after === null ? 0 : placeOf(change.after) + 1;
      log.splice(to, 0, { ...item, isMoved: true });
    }
  }
  return { log, problems };
}

/** Both logs side by side: what is in both, was not moved and is in the same order stands in one place. */
export function alignLogs<E extends Head>(
  events: readonly E[],
  { log }: Pick<OverlaidLog<E>, 'log'>,
): AlignedPlace<E>[] {
  const places: AlignedPlace<E>[] = [];
  const staying = stayingOf(events, log);
  const inLog = new Set(log.map(({ id }) => id));
  let next = 0;
  for (const real of events) {
    if (!staying.has(real.id)) {
      places.push({ mark: inLog.has(real.id) ? 'moved-from' : 'skipped', real, hypothetical: null });
      continue;
    }
    for (; log[next]!.id !== real.id; next += 1) places.push(added(log[next]!));
    const hypothetical = log[next]!;
    places.push({ mark: hypothetical.says === null ? 'same' : 'edited', real, hypothetical });
    next += 1;
  }
  for (; next < log.length; next += 1) places.push(added(log[next]!));
  return places;
}

/**
 * Ids of events of both that were not moved. Where rows take events of several logs, others may come to stand in another
 * order: then as many as can be stay.
 */
function stayingOf<E extends Head>(events: readonly E[], log: readonly Overlaid<E>[]): Set<number> {
  const placeOf = new Map<number, number>();
  for (const [at, { id, isInserted, isMoved }] of log.entries())
    if (!isInserted && !isMoved) placeOf.set(id, at);
  const both = events.filter(({ id }) => placeOf.has(id)).map(({ id }) => id);
  const isInOrder = both.every((id, at) => at === 0 || placeOf.get(both[at - 1]!)! < placeOf.get(id)!);
  return new Set(isInOrder ? both : longestRising(both, (id) => placeOf.get(id)!));
}

/** The most of these ids, in their order, whose places rise. */
function longestRising(ids: readonly number[], placeOf: (id: number) => number): number[] {
  /** By length of a rising row, less one: the id that ends the lowest of these. */
  const ends: number[] = [];
  const before = new Map<number, number | undefined>();
  for (const id of ids) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (placeOf(ends[middle]!) < placeOf(id)) low = middle + 1;
      else high = middle;
    }
    before.set(id, ends[low - 1]);
    ends[low] = id;
  }
  const row: number[] = [];
  for (let id = ends.at(-1); id !== undefined; id = before.get(id)) row.push(id);
  return row;
}

const added = <E>(hypothetical: Overlaid<E>): AlignedPlace<E> => ({
  mark: hypothetical.isInserted ? 'inserted' : 'moved-to',
  real: null,
  hypothetical,
});

/**
 * The event to be folded. Reducers that read beside the payload (`$value`) see the original there when it was edited. An
 * inserted one takes place and times of its neighbour and has no event id, no version and no envelope of its own.
 */
export function hypotheticalEvent<E>(item: Overlaid<E>, read: (event: E) => StreamEvent): StreamEvent {
  const { id, of, isInserted, says } = item;
  const event = read(of);
  if (says === null) return event;
  if (!isInserted) {
    const isBare = event.kind === 'tombstone' || event.kind === 'undecodable';
    return { ...event, ...says, kind: isBare ? 'event' : event.kind };
  }
  const { value: _envelope, ...place } = event;
  return { ...place, ...says, id, eventId: null, version: null, kind: 'event', verdict: 'committed' };
}
