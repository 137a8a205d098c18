/** Documents in the workspace file, and which workspace it is. */
import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { PlaceOut } from '../../contract/common.ts';
import { recordId } from '../store/ids.ts';
import { metaOf } from '../store/open.ts';
import { rowsOfIds } from '../store/stream.ts';
import type { ReadContext, WriteContext } from '../workers/context.ts';

/** A document as it is kept. */
export interface KeptDocument {
  kind: string;
  id: string;
  /** Text of JSON. */
  body: string;
  /** Milliseconds since 1970. */
  changedAt: number;
}

/** What an event that a document names is in this workspace. */
export interface NamedRecord {
  id: number;
  recordedAt: number;
  occurredAt: number | null;
  type: string;
  aggregate: { type: string; id: string } | null;
}

/** A recording of an older format has no such table, and is never changed. */
const hasTable = (db: Database): boolean =>
  db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'document'").get() !== undefined;

/** Documents of a kind in a workspace file. */
export function documentsOf(db: Database, kind: string): KeptDocument[] {
  if (!hasTable(db)) return [];
  return db
    .prepare('SELECT kind, id, body, changed_at AS changedAt FROM document WHERE kind = ? ORDER BY id')
    .all(kind) as KeptDocument[];
}

/**
 * Names the workspace, and every recording and copy of it. A recording of an older format is named by when it was begun
 * and on which cluster. 16 hexadecimal digits.
 */
function identityOf(db: Database): string {
  const own = metaOf(db, 'identity');
  if (typeof own === 'string') return own;
  const facts = `${metaOf(db, 'created')}\n${metaOf(db, 'cluster_id')}`;
  return createHash('sha256').update(facts).digest('hex').slice(0, 16);
}

const identity = ({ db }: ReadContext, _args: Record<string, never>) => ({
  id: identityOf(db),
  createdAt: metaOf(db, 'created') as number | null,
});

/** The records at these places, in their order; null where the workspace holds none. */
function recordsAt(
  context: ReadContext,
  { places }: { places: readonly PlaceOut[] },
): (NamedRecord | null)[] {
  const { dictionary } = context;
  const numbers = new Map(
    dictionary.partitions().map(({ no, topic, partition }) => [`${topic} ${partition}`, no]),
  );
  const ids = places.map(({ topic, partition, offset }) => {
    const no = numbers.get(`${topic} ${partition}`);
    return no === undefined ? null : recordId(no, Number(offset));
  });
  const rows = new Map(
    rowsOfIds(
      context,
      ids.filter((id) => id !== null),
    ).map((row) => [row.id, row]),
  );
  return ids.map((id) => {
    const row = id === null ? undefined : rows.get(id);
    if (row === undefined) return null;
    return {
      id: row.id,
      recordedAt: row.ts,
      occurredAt: row.occurred,
      type: dictionary.typeName(row.type_id),
      aggregate: dictionary.aggregate(row.agg_id),
    };
  });
}

/** Where a record is; null when the workspace does not hold it. */
function placeOfRecord(context: ReadContext, { id }: { id: number }) {
  const [row] = rowsOfIds(context, [id]);
  if (row === undefined) return null;
  const { topic, partition } = context.dictionary.placeOf(id);
  return {
    place: { topic, partition, offset: String(id % recordId(1, 0)) },
    aggregate: context.dictionary.aggregate(row.agg_id),
  };
}

function put(context: WriteContext, { kind, id, body, changedAt }: KeptDocument): Record<string, never> {
  context.transaction(() =>
    context.db
      .prepare('INSERT OR REPLACE INTO document (kind, id, body, changed_at) VALUES (?, ?, ?, ?)')
      .run(kind, id, body, changedAt),
  );
  return {};
}

function remove(context: WriteContext, { kind, id }: { kind: string; id: string }): Record<string, never> {
  context.transaction(() =>
    context.db.prepare('DELETE FROM document WHERE kind = ? AND id = ?').run(kind, id),
  );
  return {};
}

export const notebookReads = {
  'notebook.list': ({ db }: ReadContext, { kind }: { kind: string }): KeptDocument[] => documentsOf(db, kind),
  'notebook.identity': identity,
  'notebook.recordsAt': recordsAt,
  'notebook.placeOf': placeOfRecord,
};
export const notebookWrites = { putDocument: put, removeDocument: remove };
