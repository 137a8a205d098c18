/**
 * The columns of a projection by aggregate, as of any moment, from the history that its table keeps. What no interval
 * tells is folded.
 */
import { parseJson } from '../../core/json.ts';
import type { Cut, Json, Projection } from '../../core/model.ts';
import { type AggregateNames, aggregateNames } from '../reads/aggregateNames.ts';
import type { ReadContext } from '../workers/context.ts';
import { LruCache } from '../workers/revisionCache.ts';
import { type BuildRow, type Derived, scalesOf } from './derived.ts';
import { compileProjection } from './fold.ts';
import { foldRow } from './foldRow.ts';
import { Groups } from './groups.ts';
import { History, type Spot } from './history/historyFile.ts';
import type { Stored } from './values.ts';

/** Histories stay in the memory of a thread up to so many bytes together. */
const KEPT_BYTES = 384 * 1024 * 1024;
const CACHE = 'histories of lists';
const NOWHERE = -1;

interface Kept {
  history: History;
  /** What the spots are by. */
  names: AggregateNames;
  /** By aggregate number the row's spots; the second where the occurred clock has a set of its own. */
  spots: Map<boolean, [first: Int32Array, second: Int32Array]>;
}

export interface ColumnsAsOf {
  projection: Projection;
  /** Decimal places that each column is shown with. */
  places: ReadonlyMap<string, number>;
  /** Rows that were folded for the question. */
  folded: number;
  /** False: its texts were too large to be kept. */
  isKept(column: number): boolean;
  /** Whether the projection has a row for the aggregate at that moment. */
  isThere(aggregate: number): boolean;
  /** Null also when there is no row. @param column one that is kept */
  value(column: number, aggregate: number): Stored;
}

/**
 * Call it, and what it gives, inside of one transaction on the tables: columns are read when they are first asked for.
 * Null: the build keeps no history.
 */
export function columnsAsOf(
  context: ReadContext,
  derived: Derived,
  build: BuildRow,
  cut: Cut,
): ColumnsAsOf | null {
  if (build.history_bytes === 0) return null;
  const projection = parseJson(build.definition) as unknown as Projection;
  const names = aggregateNames(context);
  const { history, spots } = keptOf(context, derived, build, projection, names);
  history.readFrom(derived, build.id);
  const isTrueOn = cut.trueOn !== null;
  const known = spots.get(isTrueOn);
  const [first, second] = known ?? spotsOf(history, cut, projection, names);
  if (known === undefined) spots.set(isTrueOn, [first, second]);
  const { shards, folds } = history.asOf(cut);
  const folded = foldAll(context, projection, folds, cut);
  const inOrder = history.inOrder(cut);
  const spotOf = (aggregate: number): Spot | null => {
    for (let nth = 0; nth < 2; nth += 1) {
      const at = (nth === 0 ? first : second)[aggregate] ?? NOWHERE;
      if (at === NOWHERE) return null;
      const spot = inOrder[at]!;
      if (shards[spot.shard]!.isThere(spot.row)) return spot;
    }
    return null;
  };
  const foldedRow = (aggregate: number): readonly Stored[] | null | undefined =>
    folded.size === 0 || first[aggregate] === NOWHERE
      ? undefined
      : folded.get(names.keys[names.rank[aggregate]!]!);
  return {
    projection,
    places: scalesOf(derived, build.id),
    folded: folded.size,
    isKept: (column) => history.has([column]),
    isThere(aggregate) {
      const row = foldedRow(aggregate);
      return row === undefined ? spotOf(aggregate) !== null : row !== null;
    },
    value(column, aggregate) {
      const row = foldedRow(aggregate);
      if (row !== undefined) return row?.[column] ?? null;
      const spot = spotOf(aggregate);
      return spot === null ? null : shards[spot.shard]!.value(column, spot.row);
    },
  };
}

function keptOf(
  context: ReadContext,
  derived: Derived,
  build: BuildRow,
  projection: Projection,
  names: AggregateNames,
): Kept {
  let cache = context.lasting.get(CACHE) as LruCache | undefined;
  if (cache === undefined) {
    cache = new LruCache(KEPT_BYTES);
    context.lasting.set(CACHE, cache);
  }
  const name = `${derived.db.name} ${build.id} ${build.hash} ${build.built_at} ${build.stamp}`;
  const kept = cache.get(
    name,
    (): Kept => ({ history: new History(derived, build, projection), names, spots: new Map() }),
    ({ history }) => history.bytes * 2,
  );
  if (kept.names !== names) {
    kept.names = names;
    kept.spots.clear();
  }
  return kept;
}

function spotsOf(
  history: History,
  cut: Cut,
  { source }: Projection,
  { ids, keys, types, rank }: AggregateNames,
): [Int32Array, Int32Array] {
  const first = new Int32Array(rank.length).fill(NOWHERE);
  const second = new Int32Array(rank.length).fill(NOWHERE);
  const taken = source.aggregateTypes?.includes('*') ? undefined : source.aggregateTypes;
  const byKey = new Map<string, [number, number]>();
  for (const [at, { key }] of history.inOrder(cut).entries()) {
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [at, NOWHERE]);
    else known[1] = at;
  }
  for (const [place, key] of keys.entries()) {
    if (taken !== undefined && !taken.includes(types[place]!)) continue;
    const spots = byKey.get(key);
    if (spots === undefined) continue;
    first[ids[place]!] = spots[0];
    second[ids[place]!] = spots[1];
  }
  return [first, second];
}

/** Null: at that moment there is no row. */
function foldAll(
  context: ReadContext,
  projection: Projection,
  keys: ReadonlySet<string>,
  cut: Cut,
): Map<string, readonly Stored[] | null> {
  const rows = new Map<string, readonly Stored[] | null>();
  if (keys.size === 0) return rows;
  const groups = new Groups(context, projection);
  const run = { compiled: compileProjection(projection), recorder: null, scales: new Map() };
  for (const key of keys) rows.set(key, foldRow(run, key, groups.byAggregateId(key, cut)).values);
  return rows;
}

/** The value as a state would hold it: conditions are written for states. */
export function jsonOf(type: string, value: Stored): Json | undefined {
  if (value === null) return undefined;
  if (type === 'boolean' && typeof value === 'bigint') return value !== 0n;
  if (type === 'json' && typeof value === 'string') return parseJson(value);
  if (typeof value === 'bigint') return parseJson(String(value));
  return value;
}
