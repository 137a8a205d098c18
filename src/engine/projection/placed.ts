/** Events of several streams in one order: what the row of a projection is folded from. */
import type { FoldContext } from '../../core/fold.ts';
import type { Cut } from '../../core/model.ts';
import { compareLog, type Orderable } from '../../core/order.ts';

/** An event in its place, with what its own stream knows. */
export interface Placed<E extends Orderable> {
  event: E;
  stream: FoldContext;
  /** Effective time along its stream: recorded, or occurred in occurred order. Never falls inside a stream. */
  at: number;
}

/** When an event counts as having come, on the clock by which the cut orders. */
export const comesAt = (event: Orderable, { trueOn }: Cut): number =>
  trueOn === null ? event.monotonicAt : (event.occurredAt ?? event.recordedAt);

/** The events of one stream, in fold order, in their places. */
export function placeAlong<E extends Orderable>(
  events: readonly E[],
  stream: FoldContext,
  cut: Cut,
): Placed<E>[] {
  let at = Number.NEGATIVE_INFINITY;
  return events.map((event) => {
    at = Math.max(at, comesAt(event, cut));
    return { event, stream, at };
  });
}

type Lane<P> = { events: readonly P[]; next: number };

/** One order over all streams that keeps each as it is: the head with the earliest effective time goes first. */
export function mergeStreams<P extends { event: Orderable; at: number }>(streams: P[][]): P[] {
  if (streams.length <= 1) return streams[0] ?? [];
  // A heap: a row by a common value has a stream for nearly every aggregate there is.
  const heap: Lane<P>[] = [];
  const isBefore = (a: Lane<P>, b: Lane<P>): boolean => {
    const [one, other] = [a.events[a.next]!, b.events[b.next]!];
    return (one.at - other.at || compareLog(one.event, other.event)) < 0;
  };
  const sink = (from: number): void => {
    for (let at = from; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && isBefore(heap[child]!, heap[least]!)) least = child;
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  };
  for (const events of streams) if (events.length > 0) heap.push({ events, next: 0 });
  for (let at = (heap.length >> 1) - 1; at >= 0; at -= 1) sink(at);
  const merged: P[] = [];
  while (heap.length > 0) {
    const lane = heap[0]!;
    merged.push(lane.events[lane.next]!);
    lane.next += 1;
    if (lane.next === lane.events.length) {
      const last = heap.pop()!;
      if (heap.length > 0 && last !== lane) heap[0] = last;
    }
    sink(0);
  }
  return merged;
}
