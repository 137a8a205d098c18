/** In which topics aggregates of a type live. */
import { OFFSET_SPAN } from '../store/ids.ts';
import { prepared } from '../store/statements.ts';
import type { ReadContext } from '../workers/context.ts';

/** Of one partition: the types of the aggregates that its records name, and up to where it was looked through. */
interface Seen {
  types: Set<string>;
  settled: number;
  next: number;
  rewritten: number;
}

type PartitionRow = [no: number, next: number, settled: number, rewritten: number];

const KEY = 'aggregate types by partition';
const PARTITIONS = 'SELECT no, next_offset, settled_offset, rewritten FROM partition';
/** CROSS: one seek for each aggregate that is there, not for each that is known. */
const TYPES_IN = `
  SELECT DISTINCT a.type FROM (SELECT DISTINCT agg_id FROM record WHERE id >= ? AND id < ?) AS r
  CROSS JOIN aggregate AS a ON a.id = r.agg_id`;

/**
 * Topics in which aggregates of this type live. An account without a fee may still have one in the part of the fees
 * topic that is not captured, so its completeness hangs on all of them. Kept, and brought up to date by what has come.
 */
export function topicsOfType(context: ReadContext, type: string): string[] {
  const { db, lasting, dictionary } = context;
  const known = (lasting.get(KEY) as Map<number, Seen> | undefined) ?? new Map<number, Seen>();
  const seen = new Map<number, Seen>();
  for (const [no, next, settled, rewritten] of prepared(db, PARTITIONS, 'raw').all() as PartitionRow[]) {
    const before = known.get(no);
    const isSame = before?.rewritten === rewritten;
    if (isSame && before.next === next && before.settled === settled) {
      seen.set(no, before);
      continue;
    }
    const from = no * OFFSET_SPAN + (isSame ? before.settled : 0);
    const types = new Set(isSame ? before.types : []);
    const found = prepared(db, TYPES_IN, 'pluck').all(from, (no + 1) * OFFSET_SPAN) as string[];
    for (const each of found) types.add(each);
    seen.set(no, { types, next, settled, rewritten });
    context.throwIfAborted();
  }
  lasting.set(KEY, seen);
  const topics = new Set<string>();
  for (const [no, { types }] of seen) if (types.has(type)) topics.add(dictionary.byNumber(no)!.topic);
  return [...topics].sort();
}
