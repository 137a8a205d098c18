/**
 * How many records of each aggregate type lie in a partition from an offset on: which types it has, and what a table that
 * was built up to there does not take in. The first look at a very large log takes seconds, so it is made in turns; what
 * was counted is kept, and counted on from there when records come.
 */
import { OFFSET_SPAN } from '../store/ids.ts';
import { prepared } from '../store/statements.ts';
import { KIND } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { GiveWay, TURN_MS } from '../workers/giveWay.ts';

/** By aggregate type, markers aside; null: those of no aggregate. */
export type TypeCounts = ReadonlyMap<string | null, number>;

interface Counted {
  /** Offset up to which it is counted, exclusive. */
  reached: number;
  counts: Map<string | null, number>;
}

/** Types of aggregates by their number: looking each up in the table would take three times as long as counting. */
interface Types {
  names: string[];
  /** By aggregate number: 1 + index of its type; 0: not read yet, or there is none. */
  of: Uint32Array;
  /** Aggregates are read up to this number, exclusive. */
  reached: number;
}

const COUNTS = 'records by aggregate type';
const TYPES = 'types by aggregate';
/** Ranges that are kept; each built table has one for every partition. */
const MOST_KEPT = 65_536;
/** Offsets, and aggregates, that are read without a look at the clock. */
const AT_ONCE = 20_000;

/**
 * Counts the records from an offset to another one, exclusive, which only ever rises while `rewritten` is the same; none
 * of them may belong to an open transaction.
 * @throws GiveWay while there are many more to be counted; HindcastError `cancelled`
 */
export function countByType(
  context: ReadContext,
  { no, rewritten }: { no: number; rewritten: number },
  from: number,
  to: number,
): TypeCounts {
  const kept = keptIn(context, COUNTS, () => new Map<string, Counted>());
  const key = `${no} ${from} ${rewritten}`;
  let counted = kept.get(key);
  if (counted === undefined || counted.reached > to) counted = { reached: from, counts: new Map() };
  // The latest asked for goes last, so that the first to go is what nobody asks for any more.
  kept.delete(key);
  kept.set(key, counted);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
  if (counted.reached < to) countOn(context, no, counted, to);
  return counted.counts;
}

function countOn(context: ReadContext, no: number, counted: Counted, to: number): void {
  const turn = turnOf(context);
  const { of, names } = typesOf(context, turn);
  const next = prepared(
    context.db,
    `SELECT agg_id FROM record WHERE id >= ? AND id < ? AND kind <> ${KIND.control}`,
    'pluck',
  );
  const base = no * OFFSET_SPAN;
  const { counts } = counted;
  while (counted.reached < to) {
    const until = Math.min(to, counted.reached + AT_ONCE);
    const found = new Uint32Array(names.length + 1);
    for (const aggregate of next.all(base + counted.reached, base + until) as (number | null)[])
      found[aggregate === null ? 0 : of[aggregate]!]! += 1;
    for (const [index, count] of found.entries()) {
      if (count === 0) continue;
      const type = index === 0 ? null : names[index - 1]!;
      counts.set(type, (counts.get(type) ?? 0) + count);
    }
    counted.reached = until;
    if (until < to) turn();
  }
}

/** The types of all aggregates; numbers of aggregates are only ever added. */
function typesOf(context: ReadContext, turn: () => void): Types {
  const { db } = context;
  const size = db.prepare('SELECT coalesce(max(id), 0) + 1 FROM aggregate').pluck().get() as number;
  const types = keptIn(context, TYPES, (): Types => ({ names: [], of: new Uint32Array(0), reached: 0 }));
  if (types.of.length < size) {
    const larger = new Uint32Array(Math.ceil(size * 1.25));
    larger.set(types.of);
    types.of = larger;
  }
  const indexes = new Map(types.names.map((name, index) => [name, index]));
  const next = prepared(db, 'SELECT id, type FROM aggregate WHERE id >= ? AND id < ?', 'raw');
  while (types.reached < size) {
    const until = Math.min(size, types.reached + AT_ONCE);
    for (const [id, type] of next.all(types.reached, until) as [number, string][]) {
      let index = indexes.get(type);
      if (index === undefined) {
        index = types.names.push(type) - 1;
        indexes.set(type, index);
      }
      types.of[id] = index + 1;
    }
    types.reached = until;
    if (until < size) turn();
  }
  return types;
}

/** To be called now and then by what takes long: who gave up is heard, and who waits has a turn. */
function turnOf({ mayGiveWay, throwIfAborted }: ReadContext): () => void {
  const until = performance.now() + TURN_MS;
  return () => {
    throwIfAborted();
    if (mayGiveWay && performance.now() >= until) throw new GiveWay();
  };
}

function keptIn<T>({ lasting }: ReadContext, key: string, make: () => T): T {
  const known = lasting.get(key) as T | undefined;
  if (known !== undefined) return known;
  const made = make();
  lasting.set(key, made);
  return made;
}
