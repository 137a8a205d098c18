/** The names of all aggregates in their order, kept in memory: sorting them takes longer than any list. */
import { prepared } from '../store/statements.ts';
import type { ReadContext } from '../workers/context.ts';
import { GiveWay, TURN_MS } from '../workers/giveWay.ts';

export interface AggregateNames {
  /** Numbers of the aggregates by id, then type. */
  ids: Uint32Array;
  /** At the same places. */
  keys: readonly string[];
  types: readonly string[];
  /** By number: the place. */
  rank: Uint32Array;
}

interface Kept {
  stamp: string;
  names: AggregateNames;
}

/** Names that are being read: those of each type in order, one type after the other. */
interface Reading {
  stamp: string;
  types: readonly string[];
  ids: Uint32Array;
  keys: string[];
  /** Where the names of each type begin, as far as they are read, and the end. */
  bounds: number[];
}

const KEY = 'aggregate names';
const READING = 'aggregate names being read';
/** Names that are read without a look at the clock. */
const AT_ONCE = 10_000;
/** The index of types and keys has them in this order; those of several types together would have to be sorted. */
const OF_TYPE = 'SELECT id, key FROM aggregate WHERE type = ? AND key >= ? ORDER BY key LIMIT ?';

/** @throws GiveWay while many are read for the first time */
export function aggregateNames(context: ReadContext): AggregateNames {
  const { db, lasting } = context;
  const [count, most, rewritten] = db
    .prepare(
      `SELECT count(*), coalesce(max(id), 0), (SELECT coalesce(sum(rewritten), 0) || ' ' || count(*) FROM partition)
       FROM aggregate`,
    )
    .raw()
    .get() as [number, number, string];
  const stamp = `${count} ${most} ${rewritten}`;
  const known = lasting.get(KEY) as Kept | undefined;
  if (known?.stamp === stamp) return known.names;
  let reading = lasting.get(READING) as Reading | undefined;
  if (reading?.stamp !== stamp) {
    const types = db.prepare('SELECT DISTINCT type FROM aggregate ORDER BY type').pluck().all() as string[];
    reading = { stamp, types, ids: new Uint32Array(count), keys: [], bounds: [0] };
    lasting.set(READING, reading);
  }
  readOn(context, reading);
  const names = inOrder(reading, most);
  lasting.delete(READING);
  lasting.set(KEY, { stamp, names } satisfies Kept);
  return names;
}

function readOn({ db, mayGiveWay, throwIfAborted }: ReadContext, reading: Reading): void {
  const { types, ids, keys, bounds } = reading;
  const next = prepared(db, OF_TYPE, 'raw');
  const until = performance.now() + TURN_MS;
  while (bounds.length <= types.length) {
    throwIfAborted();
    const isFirst = keys.length === bounds.at(-1)!;
    // The last one comes again.
    const from = isFirst ? '' : keys.at(-1)!;
    const some = next.all(types[bounds.length - 1]!, from, AT_ONCE) as [id: number, key: string][];
    for (let at = isFirst ? 0 : 1; at < some.length; at += 1) {
      ids[keys.length] = some[at]![0];
      keys.push(some[at]![1]);
    }
    if (some.length < AT_ONCE) bounds.push(keys.length);
    if (mayGiveWay && bounds.length <= types.length && performance.now() >= until) throw new GiveWay();
  }
}

/** The names of all types in one order: by key, of one key by type. */
function inOrder({ types, ids, keys, bounds }: Reading, most: number): AggregateNames {
  const typeOf: string[] = new Array(keys.length);
  for (const [nth, type] of types.entries()) typeOf.fill(type, bounds[nth], bounds[nth + 1]);
  let runs = types.map((_, nth) =>
    ids.subarray(bounds[nth], bounds[nth + 1]).map((_, at) => bounds[nth]! + at),
  );
  while (runs.length > 1)
    runs = runs.flatMap((run, nth) =>
      nth % 2 === 1 ? [] : nth + 1 === runs.length ? [run] : [merged(keys, run, runs[nth + 1]!)],
    );
  const order = runs[0] ?? new Uint32Array(0);
  const sorted: AggregateNames = {
    ids: order.map((at) => ids[at]!),
    keys: Array.from(order, (at) => keys[at]!),
    types: Array.from(order, (at) => typeOf[at]!),
    rank: new Uint32Array(most + 1),
  };
  for (const [place, id] of sorted.ids.entries()) sorted.rank[id] = place;
  return sorted;
}

/** Places of keys, both in order; of equal keys the first ones stand first. */
function merged(keys: readonly string[], first: Uint32Array, second: Uint32Array): Uint32Array<ArrayBuffer> {
  const all = new Uint32Array(first.length + second.length);
  let a = 0;
  let b = 0;
  for (let at = 0; at < all.length; at += 1) {
    const isSecond =
      a === first.length || (b < second.length && compareTexts(keys[second[b]!]!, keys[first[a]!]!) < 0);
    all[at] = isSecond ? second[b++]! : first[a++]!;
  }
  return all;
}

/**
 * As SQLite compares texts, by the bytes of UTF-8: a half of a character beyond the first 65,536 stands behind all others,
 * although some of those have larger numbers in UTF-16.
 */
function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const one = a.charCodeAt(at);
    const other = b.charCodeAt(at);
    if (one === other) continue;
    const isHalf = one >= 0xd800 && one < 0xe000;
    return isHalf === (other >= 0xd800 && other < 0xe000) ? one - other : isHalf ? 1 : -1;
  }
  return a.length - b.length;
}
