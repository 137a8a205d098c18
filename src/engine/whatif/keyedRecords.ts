/** The records of a few rows of a projection by another key, found by what their bytes must hold. */
import type { Projection } from '../../core/model.ts';
import { GrowingOutput } from '../kafka/growingOutput.ts';
import { Groups } from '../projection/groups.ts';
import type { OpenBlock } from '../store/blocks.ts';
import { hash53 } from '../store/ids.ts';
import { candidates } from '../store/postingLookups.ts';
import { blocksFrom } from '../store/recordBytes.ts';
import { PayloadReader } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import type { ChunkSpan } from './keyChunks.ts';
import { scopeOfSource } from './sourceScope.ts';
import { headOf, isCommitted, rowsOfRecords } from './streamRows.ts';

/** A key may be a number in the payload, which has more than one spelling. */
const MAY_BE_NUMBER = /^-?[\d.]+(?:[eE][+-]?\d+)?$/;
/** More keys than that are not looked for one by one. */
const MOST_NEEDLES = 16;
const BACKSLASH = 0x5c;
/** A step is so many blocks, also of those that are passed over. */
const BLOCKS_A_STEP = 128;

/**
 * What a record of one of the rows has in its bytes, unless it writes characters as escapes; null: it cannot be told. Without
 * the quote before it: what begins like nearly everything is slow to look for.
 */
function needlesOf(keys: ReadonlySet<string>): Buffer[] | null {
  if (keys.size > MOST_NEEDLES) return null;
  const all = [...keys];
  if (all.some((key) => MAY_BE_NUMBER.test(key) || JSON.stringify(key) !== `"${key}"`)) return null;
  return all.map((key) => Buffer.from(`${key}"`));
}

/** Chunks of records that threads look through together. */
export interface SharedSearch {
  spans: readonly ChunkSpan[];
  /** The number of the next one that nobody has taken. */
  take(): number;
}

/**
 * Ids of the committed records of these rows by key, of those chunks that no other thread has taken; in short steps.
 * What all threads have found is all there is.
 */
export function* recordsOfKeys(
  contextOf: () => ReadContext,
  projection: Projection,
  keys: ReadonlySet<string>,
  search: SharedSearch,
): Generator<void, FoundRecords> {
  const found = new Map<string, number[]>([...keys].map((key) => [key, []]));
  const groups = new Groups(contextOf(), projection);
  for (const some of groups.keyPath === null
    ? byEventIds(contextOf(), keys, search)
    : byBytes(contextOf, needlesOf(keys), search)) {
    keepOwn(contextOf(), projection, groups, some, found);
    yield;
  }
  return found;
}

/** Records that may be of the rows: ids, and the text of their values where it is at hand. */
type Candidates = Map<number, string | undefined>;

/** By key, ids of records. */
export type FoundRecords = Map<string, number[]>;

/** What several threads have found, ascending. */
export function allFound(parts: readonly FoundRecords[]): FoundRecords {
  const all: FoundRecords = new Map();
  for (const found of parts) for (const [key, ids] of found) all.set(key, [...(all.get(key) ?? []), ...ids]);
  for (const ids of all.values()) ids.sort((a, b) => a - b);
  return all;
}

/** Whoever is there first asks for all of them. */
function* byEventIds(
  { db }: ReadContext,
  keys: ReadonlySet<string>,
  { take }: SharedSearch,
): Generator<Candidates> {
  if (take() > 0) return;
  for (const key of keys) yield new Map(candidates(db, 'event', hash53(key)).map((id) => [id, undefined]));
}

/** Records that may have one of the keys, some at a time. */
function* byBytes(
  contextOf: () => ReadContext,
  needles: readonly (Buffer | number)[] | null,
  { spans, take }: SharedSearch,
): Generator<Candidates> {
  const wanted = needles === null ? null : [BACKSLASH, ...needles];
  const memory = new GrowingOutput(64 * 1024);
  for (let span = spans[take()]; span !== undefined; span = spans[take()]) {
    let passed = 0;
    let some: Candidates = new Map();
    const isOfInterest = (bytes: Buffer) => {
      passed += 1;
      return (
        passed % BLOCKS_A_STEP === 0 || wanted === null || wanted.some((needle) => bytes.includes(needle))
      );
    };
    const { from, to } = span;
    for (const block of blocksFrom(contextOf().db, from, to, isOfInterest, memory)) {
      for (const at of wanted === null ? block.ids.keys() : recordsWith(block, wanted)) {
        const id = block.ids[at]!;
        const start = block.valueStart[at]!;
        const length = block.valueLength[at]!;
        if (id >= from && id < to && length > 0)
          some.set(id, block.bytes.toString('utf8', start, start + length));
      }
      if (passed < BLOCKS_A_STEP) continue;
      passed = 0;
      yield some;
      some = new Map();
    }
    yield some;
  }
}

/** Places of the records that have one of these in their bytes. */
function recordsWith({ bytes, end }: OpenBlock, needles: readonly (Buffer | number)[]): Set<number> {
  const found = new Set<number>();
  for (const needle of needles) {
    let record = 0;
    for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, end[record]!)) {
      while (end[record]! <= at) record += 1;
      found.add(record);
    }
  }
  return found;
}

/** Adds those that belong to one of the rows. */
function keepOwn(
  context: ReadContext,
  projection: Projection,
  groups: Groups,
  some: Candidates,
  found: Map<string, number[]>,
): void {
  if (some.size === 0) return;
  const { dictionary } = context;
  const { types, topics, takesLoose } = scopeOfSource(projection);
  const rows = rowsOfRecords(context, [...some.keys()]);
  const payloads = new PayloadReader(context);
  const latest = new Map<number, ReadonlySet<number>>();
  for (let row = 0; row < rows.count; row += 1) {
    const id = rows.id[row]!;
    const aggregate = rows.aggregate[row]!;
    if (!isCommitted(rows, row)) continue;
    if (topics?.includes(dictionary.placeOf(id).topic) === false) continue;
    if (aggregate === 0 ? !takesLoose : types?.includes(dictionary.aggregate(aggregate)!.type) === false)
      continue;
    const head = headOf(rows, row, context);
    const text = some.get(id);
    const key = groups.keyOf(text === undefined ? payloads.event(head) : payloads.event(head, text));
    const own = key === null ? undefined : found.get(key);
    if (own === undefined) continue;
    if (aggregate !== 0 && groups.hasOldLogs) {
      // Of a topic that was created again an aggregate takes the latest log that has it.
      let taken = latest.get(aggregate);
      if (taken === undefined) {
        taken = new Set(groups.recordsOf(aggregate));
        latest.set(aggregate, taken);
      }
      if (!taken.has(id)) continue;
    }
    own.push(id);
  }
}
