/**
 * The order of a stream and its cuts: the two clocks.
 *
 * Log order: inside a partition the offset always stands. Between different partitions a declared version decides,
 * else recorded time made monotonic, topic, partition. Effective recorded time is the running maximum along that
 * order, so that "known on K" is always a prefix.
 *
 * Occurred order: an event that occurred at most the tolerance before the latest occurred time already seen keeps its
 * log place; an earlier one is backdated and is moved to where it belongs.
 */
import type { Cut, OrderNote, StreamEvent, Verdict } from './model.ts';

/** What the order looks at: a stream can be put in order before its payloads are read. */
export type Orderable = Omit<StreamEvent, 'data' | 'value' | 'eventId'>;

/** How much earlier than the latest event one may have occurred without counting as backdated. */
export const DEFAULT_TOLERANCE_MS = 5000;

export interface OrderOptions {
  toleranceMs?: number;
  /** Verdicts that take part; committed only unless said. Transaction markers never do. */
  include?: readonly Exclude<Verdict, 'control'>[];
}

export interface OrderedStream<E extends Orderable = StreamEvent> {
  /** Events in log order. */
  events: E[];
  /** Effective recorded time of each event: never falls along the order. */
  effectiveAt: number[];
  versionFaults: OrderNote['versionFaults'];
  /** Events left out because of their verdict, in the same order relation as the log. */
  excluded: E[];
  toleranceMs: number;
}

export interface CutResult<E extends Orderable = StreamEvent> {
  /** The events before the cut, in the order they are folded. */
  events: E[];
  note: OrderNote;
  /** The last event of the fold, or null when the cut lies before everything. */
  last: E | null;
  /** Events of the stream that the cut leaves out. */
  after: number;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Total order by recorded time made monotonic, topic, partition, offset. */
export function compareLog(a: Orderable, b: Orderable): number {
  return (
    a.monotonicAt - b.monotonicAt ||
    compareText(a.topic, b.topic) ||
    a.partition - b.partition ||
    a.offset - b.offset
  );
}

/** One partition's events by offset, with the times made monotonic again should the input not be. */
interface Lane<E> {
  events: E[];
  times: number[];
  head: number;
}

function lanesOf<E extends Orderable>(events: readonly E[]): Lane<E>[] {
  const lanes = new Map<string, E[]>();
  let lane: E[] = [];
  for (const event of events) {
    // Events mostly come partition by partition: the lane of the one before is right nearly always.
    if (lane[0]?.partition !== event.partition || lane[0].topic !== event.topic) {
      const key = `${event.partition}/${event.topic}`;
      lane = lanes.get(key) ?? [];
      if (lane.length === 0) lanes.set(key, lane);
    }
    lane.push(event);
  }
  return [...lanes.values()]
    .map((each) => {
      each.sort((a, b) => a.offset - b.offset);
      return { events: each, times: runningMaximum(each.map((event) => event.monotonicAt)), head: 0 };
    })
    .sort(
      (a, b) =>
        compareText(a.events[0]!.topic, b.events[0]!.topic) ||
        a.events[0]!.partition - b.events[0]!.partition,
    );
}

function runningMaximum(values: number[]): number[] {
  let highest = Number.NEGATIVE_INFINITY;
  return values.map((value) => {
    highest = Math.max(highest, value);
    return highest;
  });
}

/**
 * Merges lanes. The candidate is the earliest head in log order; when it declares a version, the head with the
 * smallest declared version goes first instead. Pairwise comparison alone would not be transitive when only some
 * heads declare versions; this choice depends on the heads only, so capture order cannot change the result.
 */
function mergeLanes<E extends Orderable>(lanes: Lane<E>[]): E[] {
  const merged: E[] = [];
  let open = lanes;
  while (open.length > 1) {
    let choice = open[0]!;
    // Lanes are sorted by topic and partition: a strict comparison keeps the first of equals.
    for (const lane of open) if (lane.times[lane.head]! < choice.times[choice.head]!) choice = lane;
    let lowest = choice.events[choice.head]!.version;
    if (lowest !== null) {
      const earliest = choice;
      for (const lane of open) {
        const version = lane.events[lane.head]!.version;
        if (version === null || version > lowest) continue;
        if (
          version === lowest &&
          (choice === earliest || lane.times[lane.head]! >= choice.times[choice.head]!)
        )
          continue;
        choice = lane;
        lowest = version;
      }
    }
    merged.push(choice.events[choice.head]!);
    choice.head += 1;
    if (choice.head === choice.events.length) open = open.filter((lane) => lane !== choice);
  }
  const rest = open[0];
  if (rest !== undefined)
    for (let at = rest.head; at < rest.events.length; at += 1) merged.push(rest.events[at]!);
  return merged;
}

function findVersionFaults(lanes: Lane<Orderable>[]): OrderNote['versionFaults'] {
  const faults: OrderNote['versionFaults'] = [];
  for (const lane of lanes) {
    let previousVersion = Number.NEGATIVE_INFINITY;
    for (const event of lane.events) {
      if (event.version === null) continue;
      if (event.version < previousVersion)
        faults.push({ id: event.id, version: event.version, previousVersion });
      else previousVersion = event.version;
    }
  }
  return faults;
}

/** Brings the events of one stream, read in any order, into log order. The result depends on the events only. */
export function orderStream<E extends Orderable>(
  events: readonly E[],
  options: OrderOptions = {},
): OrderedStream<E> {
  const include: readonly Verdict[] = options.include ?? ['committed'];
  const taken: E[] = [];
  const excluded: E[] = [];
  for (const event of events) {
    if (event.verdict === 'control' || event.kind === 'control') continue;
    (include.includes(event.verdict) ? taken : excluded).push(event);
  }
  const lanes = lanesOf(taken);
  const versionFaults = findVersionFaults(lanes);
  const merged = mergeLanes(lanes);
  return {
    events: merged,
    effectiveAt: runningMaximum(merged.map((event) => event.monotonicAt)),
    versionFaults,
    excluded: excluded.sort(compareLog),
    toleranceMs: options.toleranceMs ?? DEFAULT_TOLERANCE_MS,
  };
}

/** How many of the ascending `values` are at most `limit`. */
function countUpTo(values: readonly number[], limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Events with their places in occurred order, and which of them were moved. */
function occurredOrder<E extends Orderable>(known: readonly E[], toleranceMs: number) {
  const kept: { event: E; at: number }[] = [];
  const moved: { event: E; at: number }[] = [];
  let latest = Number.NEGATIVE_INFINITY;
  for (const event of known) {
    if (event.occurredAt !== null && event.occurredAt < latest - toleranceMs) {
      moved.push({ event, at: event.occurredAt });
      continue;
    }
    if (event.occurredAt !== null) latest = Math.max(latest, event.occurredAt);
    kept.push({ event, at: latest });
  }
  // Stable: events moved to the same moment keep their log order.
  moved.sort((a, b) => a.at - b.at);
  const events: E[] = [];
  let next = 0;
  for (const place of kept) {
    while (next < moved.length && moved[next]!.at < place.at) {
      events.push(moved[next]!.event);
      next += 1;
    }
    events.push(place.event);
  }
  for (; next < moved.length; next += 1) events.push(moved[next]!.event);
  return { events, moved: new Set(moved.map((place) => place.event)) };
}

/** An event without an occurred time is taken by its recorded time, the only one it has. */
function occurredBy(event: Orderable, limit: number): boolean {
  return (event.occurredAt ?? event.recordedAt) <= limit;
}

/**
 * The events that a point (known on K, true on V) takes, in the order they are folded. Known on K alone: a prefix of
 * log order. True on V: of those known on K, the ones that occurred at or before V, in occurred order; which events
 * count as backdated depends on what is known on K, not on V.
 */
export function cutStream<E extends Orderable>(ordered: OrderedStream<E>, cut: Cut): CutResult<E> {
  const { toleranceMs } = ordered;
  const knownCount =
    cut.knownOn === null ? ordered.events.length : countUpTo(ordered.effectiveAt, cut.knownOn);
  const known = ordered.events.slice(0, knownCount);
  let events = known;
  let movedHere: E[] = [];
  const limit = cut.trueOn;
  if (limit !== null) {
    const placed = occurredOrder(known, toleranceMs);
    events = placed.events.filter((event) => occurredBy(event, limit));
    if (placed.moved.size > 0) movedHere = events.filter((event) => placed.moved.has(event));
  }
  const ids = ordered.versionFaults.length === 0 ? null : new Set(events.map((event) => event.id));
  return {
    events,
    note: {
      order: limit === null ? 'log' : 'occurred',
      moved: movedHere.map((event) => ({
        id: event.id,
        occurredAt: event.occurredAt!,
        recordedAt: event.recordedAt,
      })),
      toleranceMs,
      versionFaults: ordered.versionFaults.filter((fault) => ids?.has(fault.id)),
      leftOut: ordered.excluded.length,
    },
    last: events.at(-1) ?? null,
    after: ordered.events.length - events.length,
  };
}
