/** In which topics aggregates of a type live. */
import { OFFSET_SPAN } from '../store/ids.ts';
import { prepared } from '../store/statements.ts';
import type { ReadContext } from '../workers/context.ts';
import { countByType } from './typeCounts.ts';

const PARTITIONS = 'SELECT no, next_offset, settled_offset, rewritten FROM partition';
/** CROSS: one seek for each aggregate that is there, not for each that is known. */
const IS_IN = `
  SELECT 1 FROM record AS r CROSS JOIN aggregate AS a ON a.id = r.agg_id WHERE r.id >= ? AND r.id < ? AND a.type = ? LIMIT 1`;

/**
 * Topics in which aggregates of this type live. An account without a fee may still have one in the part of the fees
 * topic that is not captured, so its completeness hangs on all of them.
 */
export function topicsOfType(context: ReadContext, type: string): string[] {
  const { db, dictionary } = context;
  // Who asks may have done what cannot be asked for again.
  const whole = { ...context, mayGiveWay: false };
  const topics = new Set<string>();
  type Row = [no: number, next: number, settled: number, rewritten: number];
  for (const [no, next, settled, rewritten] of prepared(db, PARTITIONS, 'raw').all() as Row[]) {
    const base = no * OFFSET_SPAN;
    if (
      countByType(whole, { no, rewritten }, 0, settled).has(type) ||
      (settled < next && prepared(db, IS_IN, 'pluck').get(base + settled, base + next, type) !== undefined)
    )
      topics.add(dictionary.byNumber(no)!.topic);
  }
  return [...topics].sort();
}
