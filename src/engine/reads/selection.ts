/**
 * The records that fit a filter, as positions in the log index, kept from one revision to the next: only what the index
 * has changed near its end is tested again.
 */
import type { ReadContext } from '../workers/context.ts';
import { firstAtLeast, generationOf, type LogIndex, logIndexOf, unchangedSince } from './logIndex.ts';

/** Positions in log order; `positions` null: all from `from` to `from + count`. */
export interface Selection {
  index: LogIndex;
  count: number;
  positions: Uint32Array | null;
  from: number;
}

/** Position in the log index of the n-th selected record. */
export const positionAt = (selection: Selection, nth: number): number =>
  selection.positions === null ? selection.from + nth : selection.positions[nth]!;

/** How many of the selected records stand before a position. */
export const countBelow = ({ positions, from, count }: Selection, limit: number): number =>
  positions === null ? Math.min(Math.max(limit - from, 0), count) : firstPosition(positions, limit);

/** Whether the record at a position fits. What it says of a record may not change while the record does not. */
export type Test = (at: number) => boolean;

export interface Question {
  /** Unique for the filter. */
  key: string;
  /** Recorded time, both inclusive. */
  from: number | undefined;
  to: number | undefined;
  /** All must hold. Made only when there is something to test. */
  tests(index: LogIndex): Test[];
  /** The only positions that can fit, ascending, where an index tells; null: any can. */
  among(index: LogIndex): Uint32Array | null;
}

interface Kept {
  generation: number;
  selection: Selection;
  /** The memory that the positions are the beginning of. */
  room: Uint32Array;
}

/** Those of the last questions; the newest is the last one. */
interface Memory {
  byKey: Map<string, Kept>;
  bytes: number;
}

const KEY = 'selections';
const MOST_BYTES = 128 * 1024 * 1024;
const BYTES_AT_LEAST = 1024;
const CHECK_EVERY = 1 << 16;

const bytesOf = ({ room }: Kept): number => room.byteLength + BYTES_AT_LEAST;

export function selectionOf(context: ReadContext, question: Question): Selection {
  const memory = (context.lasting.get(KEY) as Memory | undefined) ?? { byKey: new Map(), bytes: 0 };
  context.lasting.set(KEY, memory);
  const { byKey } = memory;
  const known = byKey.get(question.key);
  const kept = known?.generation === generationOf(context) ? known : grown(context, question, known);
  if (known !== undefined) memory.bytes -= bytesOf(known);
  byKey.delete(question.key);
  byKey.set(question.key, kept);
  memory.bytes += bytesOf(kept);
  forgetOldest(memory);
  return kept.selection;
}

function grown(context: ReadContext, question: Question, known: Kept | undefined): Kept {
  const index = logIndexOf(context);
  const generation = generationOf(context);
  const from = question.from === undefined ? 0 : firstAtLeast(index.mono, question.from);
  const to = question.to === undefined ? index.count : firstAtLeast(index.mono, question.to + 1);
  const tests = question.tests(index);
  const among = question.among(index);
  if (among !== null) {
    const positions = among.filter((at) => at >= from && at < to && tests.every((test) => test(at)));
    return { generation, selection: { index, count: positions.length, positions, from }, room: positions };
  }
  if (tests.length === 0) {
    const selection = { index, count: Math.max(to - from, 0), positions: null, from };
    return { generation, selection, room: new Uint32Array(0) };
  }
  const unchanged = known === undefined ? 0 : unchangedSince(context, known.generation);
  const before = known?.selection.positions ?? new Uint32Array(0);
  let count = firstPosition(before, unchanged);
  let room = known?.room ?? before;
  const [first, ...others] = tests as [Test, ...Test[]];
  for (let at = Math.max(from, unchanged); at < to; at++) {
    if (at % CHECK_EVERY === 0) context.throwIfAborted();
    if (!first(at)) continue;
    let fits = true;
    for (const test of others)
      if (!test(at)) {
        fits = false;
        break;
      }
    if (!fits) continue;
    if (count === room.length) room = larger(room, count);
    room[count++] = at;
  }
  const selection = { index, count, positions: room.subarray(0, count), from };
  return { generation, selection, room };
}

function larger(room: Uint32Array, used: number): Uint32Array {
  const next = new Uint32Array(Math.max(1024, Math.ceil(used * 1.5)));
  next.set(room.subarray(0, used));
  return next;
}

/** How many of the ascending positions are below `limit`. */
function firstPosition(positions: Uint32Array, limit: number): number {
  let from = 0;
  let to = positions.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (positions[middle]! < limit) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Those of the newest question always stay. */
function forgetOldest(memory: Memory): void {
  for (const [key, kept] of memory.byKey) {
    if (memory.bytes <= MOST_BYTES || memory.byKey.size === 1) return;
    memory.byKey.delete(key);
    memory.bytes -= bytesOf(kept);
  }
}
