/** Records of a short stretch of the log that fit a condition of SQL: how many, and as many of their ids as are needed. */
import type { Database, Statement } from 'better-sqlite3';
import { orderOfRuns } from './logRows.ts';

/** Ids, both ends inclusive. */
export interface IdRange {
  from: number;
  to: number;
}

/**
 * Hits of a range that are listed at once. The first so many of all are among the first so many of each range, and a list
 * asks for no more at first: the others are only counted, which takes half as long.
 */
export const LISTED_FIRST = 64;

/** Lists and counts the hits of a range. */
interface Statements {
  list: Statement;
  rest: Statement;
}

/** Conditions whose statements are kept: preparing them takes longer than listing the hits of a range. */
const KEPT_CONDITIONS = 32;
const kept = new WeakMap<Database, Map<string, Statements>>();

/** The statements of a condition; the same ones for those that were asked last. */
function statementsOf(db: Database, condition: string): Statements {
  const mine = kept.get(db) ?? new Map<string, Statements>();
  kept.set(db, mine);
  let found = mine.get(condition);
  if (found === undefined) {
    found = {
      // SQLite passes over the others sooner than it hands them out, and lists of numbers cross from it sooner than rows.
      list: db
        .prepare(
          `SELECT json_group_array(id), json_group_array(time) FROM (
             SELECT id, coalesce(late, ts) AS time FROM record
             WHERE id >= ? AND id <= ? AND ${condition} ORDER BY id LIMIT ?)`,
        )
        .raw(),
      rest: db.prepare(`SELECT count(*) FROM record WHERE id > ? AND id <= ? AND ${condition}`).pluck(),
    };
  } else mine.delete(condition);
  mine.set(condition, found);
  for (const oldest of mine.keys()) if (mine.size > KEPT_CONDITIONS) mine.delete(oldest);
  return found;
}

/** The first hits of one range, ascending by id, and when each is. */
type Run = [ids: number[], times: number[]];

export class IdsBySql {
  readonly #ranges: readonly IdRange[];
  readonly #list: Statement;
  /** All hits. */
  readonly count: number;
  /** The first ones in log order: at least {@link LISTED_FIRST}, or all. */
  readonly first: Float64Array;

  /**
   * @param ranges each in log order, in the order in which records of one moment stand
   * @param condition on the columns of `record`
   */
  constructor(db: Database, ranges: readonly IdRange[], condition: string) {
    this.#ranges = ranges;
    const { list, rest } = statementsOf(db, condition);
    this.#list = list;
    const runs = this.#runs(LISTED_FIRST);
    const listed = inLogOrder(runs);
    let more = 0;
    for (const [at, [ids]] of runs.entries())
      if (ids.length === LISTED_FIRST) more += rest.get(ids.at(-1)!, ranges[at]!.to) as number;
    this.count = listed.length + more;
    this.first = more === 0 ? listed : listed.slice(0, LISTED_FIRST);
  }

  /** All in log order: looked for anew where they are more than the first. */
  all(): Float64Array {
    return this.first.length === this.count ? this.first : inLogOrder(this.#runs(-1));
  }

  /** @param limit hits of a range; -1: all */
  #runs(limit: number): Run[] {
    return this.#ranges.map(
      ({ from, to }) =>
        (this.#list.get(from, to, limit) as [string, string]).map(
          (list) => JSON.parse(list) as number[],
        ) as Run,
    );
  }
}

/** The ids of all runs, by moment; of one moment those of an earlier run come first. */
function inLogOrder(runs: readonly Run[]): Float64Array {
  const count = runs.reduce((sum, [ids]) => sum + ids.length, 0);
  const all = new Float64Array(count);
  const times = new Float64Array(count);
  const bounds = [0];
  for (const [ids, timesOf] of runs) {
    all.set(ids, bounds.at(-1)!);
    times.set(timesOf, bounds.at(-1)!);
    bounds.push(bounds.at(-1)! + ids.length);
  }
  const order = orderOfRuns(times, bounds);
  if (order === null) return all;
  const sorted = new Float64Array(count);
  for (let at = 0; at < count; at++) sorted[at] = all[order[at]!]!;
  return sorted;
}
