/** The order of the log the plain way, as an oracle: all rows, sorted by moment, topic, partition, offset. */
import type { Database } from 'better-sqlite3';
import { OFFSET_SPAN } from '../../store/ids.ts';
import type { LogRows } from '../logRows.ts';

export interface WholeRow {
  id: number;
  mono: number;
  /** NaN: none. */
  occurred: number;
  type: number;
  aggregate: number;
  state: number;
}

export function wholeLog(db: Database): WholeRow[] {
  const places = new Map(
    (
      db
        .prepare('SELECT p.no, t.name, p.partition FROM partition AS p JOIN topic AS t ON t.id = p.topic_id')
        .raw()
        .all() as [number, string, number][]
    ).map(([no, topic, partition]) => [no, { topic, partition }]),
  );
  const rows = db
    .prepare('SELECT id, mono, occurred, type_id AS type, agg_id AS aggregate, kind, verdict FROM record')
    .all() as (Record<'id' | 'mono' | 'kind' | 'verdict', number> &
    Record<'occurred' | 'type' | 'aggregate', number | null>)[];
  return rows
    .map(({ id, mono, occurred, type, aggregate, kind, verdict }) => ({
      ...{ id, mono, occurred: occurred ?? Number.NaN, type: type ?? 0, aggregate: aggregate ?? 0 },
      state: kind + 16 * verdict,
      ...places.get(Math.floor(id / OFFSET_SPAN))!,
    }))
    .sort(
      (a, b) =>
        a.mono - b.mono ||
        (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0) ||
        a.partition - b.partition ||
        a.id - b.id,
    )
    .map(({ id, mono, occurred, type, aggregate, state }) => ({
      ...{ id, mono, occurred, type, aggregate, state },
    }));
}

/** Columns as rows. */
export const plainRows = (rows: LogRows): WholeRow[] =>
  Array.from({ length: rows.count }, (_, at) => ({
    id: rows.id[at]!,
    mono: rows.mono[at]!,
    occurred: rows.occurred[at]!,
    type: rows.type[at]!,
    aggregate: rows.aggregate[at]!,
    state: rows.state[at]!,
  }));
