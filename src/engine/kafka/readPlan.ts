// Where the reading of each partition stands, and what is asked of a broker next.
import type { FollowOptions, ReadOptions, ReadRange } from './fetchedChunk.ts';
import type { FetchedPartition, FetchInput } from './requests.ts';

export interface ReadState extends ReadRange {
  name: string;
  next: number;
  isolation: 0 | 1;
  leader: number;
  /** How often the broker had room to send and sent nothing. */
  empties: number;
  mustBeFirst: boolean;
  attempts: number;
  /** When it first failed since it last went on. */
  failingAt: number | null;
  /** The fault it is waiting out, since when, and how many answers in a row said it. */
  faultCode: string;
  faultAt: number;
  faultTimes: number;
  lastStable: number;
  /** High watermark that was last told while following; −1: none. */
  toldHigh: number;
}

export interface PlanEntry {
  state: ReadState;
  offset: number;
}

/** One request to one broker. */
export interface Plan {
  isolation: 0 | 1;
  entries: PlanEntry[];
}

/** Answers of more than a few megabytes leave the processor's cache before they are decoded. */
const PARTITION_BYTES = 2 ** 20;
const RESPONSE_BYTES = 4 * 2 ** 20;
/** An answer of fewer bytes says that the end is near. */
const NEAR_END_BYTES = 2 ** 19;

/** A partition of which nothing is read yet. */
export function newState(range: ReadRange): ReadState {
  return {
    ...range,
    ...{ name: `${range.topic}/${range.partition}`, next: range.from, isolation: 1, leader: -1 },
    ...{ empties: 0, mustBeFirst: false, attempts: 0, failingAt: null },
    ...{ faultCode: '', faultAt: 0, faultTimes: 0, lastStable: -1, toldHigh: -1 },
  };
}

/** What to ask the broker of these partitions; null: they are all read. */
export function planOf(states: readonly ReadState[]): Plan | null {
  const open = states.filter(({ next, to }) => next < to);
  if (open.length === 0) return null;
  // A request has one isolation level; the open ends are read last.
  const isolation = open.some((state) => state.isolation === 1) ? 1 : 0;
  const chosen = open.filter((state) => state.isolation === isolation);
  chosen.sort((a, b) => Number(b.mustBeFirst) - Number(a.mustBeFirst));
  return { isolation, entries: chosen.map((state) => ({ state, offset: state.next })) };
}

export function requestOf({ isolation, entries }: Plan, options: ReadOptions, maxWaitMs: number): FetchInput {
  const maxBytes = options.maxBytesPerPartition ?? PARTITION_BYTES;
  const topics = new Map<string, FetchInput['topics'][number]['partitions']>();
  for (const { state, offset } of entries) {
    if (!topics.has(state.topic)) topics.set(state.topic, []);
    topics.get(state.topic)!.push({ partition: state.partition, offset, maxBytes });
  }
  return {
    ...{ isolation, maxWaitMs, maxBytes: Math.max(maxBytes, RESPONSE_BYTES) },
    topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
  };
}

/** Near the end of a followed log small answers would come one by one: they are gathered instead. Milliseconds. */
export function pauseAfter(
  parts: readonly FetchedPartition[],
  sentAt: number,
  follow: FollowOptions | undefined,
): number {
  if (follow === undefined) return 0;
  const bytes = parts.reduce((sum, { records }) => sum + records.length, 0);
  return bytes >= NEAR_END_BYTES ? 0 : Math.max(0, sentAt + follow.paceMs - performance.now());
}
