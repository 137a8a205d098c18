/** Faults of the events of one stream, in words: those that the stream shows by itself. */
import { type Contents, checkStream } from '../../core/check/streamRules.ts';
import type { OrderedStream } from '../../core/order.ts';
import type { StreamHead } from '../store/stream.ts';

/** Faults by record id; an event without any has no entry. */
export function findFaults(
  ordered: OrderedStream<StreamHead>,
  backdated: ReadonlySet<number>,
  contents: Contents<StreamHead>,
): Map<number, string[]> {
  const faults = new Map<number, string[]>();
  const listed = new Set(ordered.events.map(({ id }) => id));
  for (const { events, text } of checkStream(ordered, backdated, contents)) {
    const id = events[0]!;
    // What a verdict left out is not in the list that the timeline shows.
    if (!listed.has(id)) continue;
    const known = faults.get(id);
    if (known === undefined) faults.set(id, [text]);
    else known.push(text);
  }
  return faults;
}
