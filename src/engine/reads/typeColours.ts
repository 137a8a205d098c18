/** Colours of event types, the same on every screen of a workspace. */
import { TYPE_COLOURS, type TypeColour } from '../../contract/events.ts';
import { coloursOfTypes } from '../../core/typeColours.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { prepared } from '../store/statements.ts';
import type { ReadContext } from '../workers/context.ts';

/**
 * Which types are seen together is told by the first records of the first partitions: they stay what they are while the
 * log grows, so that the colours do.
 */
const RECORDS = 600;
const PARTITIONS = 128;
const KEY = 'type colours';

interface Kept {
  types: number;
  colours: TypeColour[];
}

/** In the order in which the types were first captured. Made again when there are more types. */
function typeColours({ db, lasting, dictionary }: ReadContext, _args: Record<string, never>): TypeColour[] {
  const types = prepared(db, 'SELECT id, name FROM event_type ORDER BY id', 'rows').all() as {
    id: number;
    name: string;
  }[];
  const known = lasting.get(KEY) as Kept | undefined;
  if (known?.types === types.length) return known.colours;
  const seen = prepared(
    db,
    `SELECT a.type AS aggregate, r.type_id AS type, count(*) AS times
     FROM (SELECT agg_id, type_id FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT ${RECORDS}) AS r
     JOIN aggregate AS a ON a.id = r.agg_id WHERE r.type_id IS NOT NULL GROUP BY 1, 2`,
    'rows',
  );
  const groups = new Map<string, Map<number, number>>();
  for (const { no } of dictionary.partitions().slice(0, PARTITIONS)) {
    const rows = seen.all(no * OFFSET_SPAN, (no + 1) * OFFSET_SPAN);
    for (const { aggregate, type, times } of rows as { aggregate: string; type: number; times: number }[]) {
      const group = groups.get(aggregate) ?? new Map<number, number>();
      groups.set(aggregate, group.set(type, (group.get(type) ?? 0) + times));
    }
  }
  const numbers = coloursOfTypes(
    types.map(({ id }) => id),
    [...groups.values()],
    TYPE_COLOURS,
  );
  const colours = types.map(({ name }, at) => ({ type: name, colour: numbers[at]! }));
  lasting.set(KEY, { types: types.length, colours } satisfies Kept);
  return colours;
}

export const typeColourReads = { 'events.typeColours': typeColours };
