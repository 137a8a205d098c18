/** The names of all aggregates in their order, kept in memory: sorting them takes longer than any list. */
import type { ReadContext } from '../workers/context.ts';

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

const KEY = 'aggregate names';

export function aggregateNames({ db, lasting }: ReadContext): AggregateNames {
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
  const ids = new Uint32Array(count);
  const keys: string[] = new Array(count);
  const types: string[] = new Array(count);
  const rank = new Uint32Array(most + 1);
  // One string for each type, however many aggregates have it.
  const typeNames = new Map<string, string>();
  let place = 0;
  const rows = db
    .prepare('SELECT id, type, key FROM aggregate ORDER BY key, type')
    .raw()
    .iterate() as IterableIterator<[number, string, string]>;
  for (const [id, type, key] of rows) {
    ids[place] = id;
    keys[place] = key;
    const name = typeNames.get(type) ?? type;
    typeNames.set(name, name);
    types[place] = name;
    rank[id] = place;
    place += 1;
  }
  const names = { ids, keys, types, rank };
  lasting.set(KEY, { stamp, names } satisfies Kept);
  return names;
}
