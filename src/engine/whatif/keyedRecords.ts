/** The records of a few rows of a projection by another key, found by what their bytes must hold. */
import type { Projection } from '../../core/model.ts';
import { Groups } from '../projection/groups.ts';
import { hash53, OFFSET_SPAN } from '../store/ids.ts';
import { candidates } from '../store/postingLookups.ts';
import { blocksFrom } from '../store/recordBytes.ts';
import { PayloadReader } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import { scopeOfSource } from './keyedRows.ts';
import { headOf, isCommitted, rowsOfRecords } from './streamRows.ts';

/** A key may be a number in the payload, which has more than one spelling. */
const MAY_BE_NUMBER = /^-?[\d.]+(?:[eE][+-]?\d+)?$/;
/** More keys than that are not looked for one by one. */
const MOST_NEEDLES = 16;
const BACKSLASH = 0x5c;
/** A step is so many blocks, also of those that are passed over. */
const BLOCKS_A_STEP = 128;

/** What a record of one of the rows has in its bytes, unless it writes characters as escapes; null: it cannot be told. */
function needlesOf(keys: ReadonlySet<string>): Buffer[] | null {
  if (keys.size > MOST_NEEDLES) return null;
  const all = [...keys];
  if (all.some((key) => MAY_BE_NUMBER.test(key) || JSON.stringify(key) !== `"${key}"`)) return null;
  return all.map((key) => Buffer.from(`"${key}"`));
}

/** Ids of the committed records of these rows, by key, ascending; in short steps. */
export function* recordsOfKeys(
  contextOf: () => ReadContext,
  projection: Projection,
  keys: ReadonlySet<string>,
): Generator<void, Map<string, number[]>> {
  const found = new Map<string, number[]>([...keys].map((key) => [key, []]));
  const groups = new Groups(contextOf(), projection);
  for (const ids of groups.keyPath === null
    ? idsOfEventIds(contextOf(), keys)
    : idsByBytes(contextOf, groups, needlesOf(keys))) {
    keepOwn(contextOf(), projection, groups, ids, found);
    yield;
  }
  for (const ids of found.values()) ids.sort((a, b) => a - b);
  return found;
}

function* idsOfEventIds({ db }: ReadContext, keys: ReadonlySet<string>): Generator<number[]> {
  for (const key of keys) yield candidates(db, 'event', hash53(key));
}

/** Ids of records that may have one of the keys, some at a time. */
function* idsByBytes(
  contextOf: () => ReadContext,
  groups: Groups,
  needles: Buffer[] | null,
): Generator<number[]> {
  const mayHold = (bytes: Buffer) =>
    needles === null || bytes.includes(BACKSLASH) || needles.some((needle) => bytes.includes(needle));
  for (const no of groups.partitions()) {
    let passed = 0;
    let ids: number[] = [];
    const isOfInterest = (bytes: Buffer) => {
      passed += 1;
      return passed % BLOCKS_A_STEP === 0 || mayHold(bytes);
    };
    for (const block of blocksFrom(contextOf().db, no * OFFSET_SPAN, (no + 1) * OFFSET_SPAN, isOfInterest)) {
      for (let at = 0; at < block.count; at += 1) {
        const start = block.valueStart[at]!;
        const length = block.valueLength[at]!;
        if (length > 0 && mayHold(block.bytes.subarray(start, start + length))) ids.push(block.ids[at]!);
      }
      if (passed < BLOCKS_A_STEP) continue;
      passed = 0;
      yield ids;
      ids = [];
    }
    yield ids;
  }
}

/** Adds those that belong to one of the rows. */
function keepOwn(
  context: ReadContext,
  projection: Projection,
  groups: Groups,
  ids: readonly number[],
  found: Map<string, number[]>,
): void {
  if (ids.length === 0) return;
  const { dictionary } = context;
  const { types, topics, takesLoose } = scopeOfSource(projection);
  const rows = rowsOfRecords(context, ids);
  const payloads = new PayloadReader(context);
  const latest = new Map<number, ReadonlySet<number>>();
  for (let row = 0; row < rows.count; row += 1) {
    const id = rows.id[row]!;
    const aggregate = rows.aggregate[row]!;
    if (!isCommitted(rows, row)) continue;
    if (topics?.includes(dictionary.placeOf(id).topic) === false) continue;
    if (aggregate === 0 ? !takesLoose : types?.includes(dictionary.aggregate(aggregate)!.type) === false)
      continue;
    const key = groups.keyOf(payloads.event(headOf(rows, row, context)));
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
