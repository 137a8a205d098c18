/** Statements of a connection that are asked again and again, prepared once: preparing costs more than a seek. */
import type { Database, Statement } from 'better-sqlite3';

/** How rows come: as objects, as arrays, or as the first column alone. */
export type RowShape = 'rows' | 'raw' | 'pluck';

type Texts = Map<string, Statement>;
const kept = new WeakMap<Database, Record<RowShape, Texts>>();

/**
 * The statement of this text; the same one at the next call. Ask it by `get`, `all` or `run`: one that is being iterated
 * cannot be asked by anybody else meanwhile.
 * @param sql of a fixed set of texts: all are kept as long as the connection
 */
export function prepared(db: Database, sql: string, shape: RowShape): Statement {
  let mine = kept.get(db);
  if (mine === undefined) {
    mine = { rows: new Map(), raw: new Map(), pluck: new Map() };
    kept.set(db, mine);
  }
  let statement = mine[shape].get(sql);
  if (statement === undefined) {
    statement = db.prepare(sql);
    if (shape === 'raw') statement.raw();
    else if (shape === 'pluck') statement.pluck();
    mine[shape].set(sql, statement);
  }
  return statement;
}
