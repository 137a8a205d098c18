/** Under which name the fold and the faults of a stream are kept, and the connection of a thread that reads them. */
import type { Database } from 'better-sqlite3';
import type { AggregateRef } from '../../contract/common.ts';
import type { Folder } from '../../core/folder.ts';
import { sha256Hex } from '../../core/json.ts';
import type { HeadList } from '../reads/headList.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { metaOf } from '../store/open.ts';
import { partitionRuns } from '../store/streamColumns.ts';
import type { ReadContext } from '../workers/context.ts';
import { openToRead, type TrackName } from './keyframeFile.ts';
import { StoredFold } from './storedFold.ts';

/** What decides beside the records how they are read: mappings of the topics, numbers that were taken back. */
function readingOf(context: ReadContext, ref: AggregateRef, list: HeadList): string {
  const { db, dictionary } = context;
  const topics = new Set(
    partitionRuns(list.columns.id).map(({ no }) => dictionary.placeOf(no * OFFSET_SPAN).topic),
  );
  const mapping = db.prepare('SELECT mapping FROM topic WHERE name = ?').pluck();
  const mappings = [...topics].sort().map((topic) => [topic, mapping.get(topic) ?? null]);
  return JSON.stringify([ref.type, ref.id, metaOf(db, 'layout') ?? null, mappings]);
}

const nameOf = (what: readonly string[], reading: string, definition: string): TrackName => ({
  subject: sha256Hex(JSON.stringify(what)),
  key: sha256Hex(JSON.stringify([what, reading, definition])),
});

export const foldTrack = (context: ReadContext, ref: AggregateRef, list: HeadList, folder: Folder) =>
  nameOf(['fold', ref.type, ref.id, folder.name], readingOf(context, ref, list), folder.hash);

export const faultTrack = (context: ReadContext, ref: AggregateRef, list: HeadList) =>
  nameOf(['faults', ref.type, ref.id], readingOf(context, ref, list), '');

/** The connection of this thread; null: nothing was kept yet. */
export function keptOf(context: ReadContext, derived: string | undefined): Database | null {
  if (derived === undefined) return null;
  const key = `keyframes ${derived}`;
  const known = context.lasting.get(key) as Database | undefined;
  if (known !== undefined) return known;
  const db = openToRead(context, derived);
  if (db !== null) context.lasting.set(key, db);
  return db;
}

/** What is kept of a fold. */
export const storedFold = (
  context: ReadContext,
  db: Database,
  { ref, list, folder }: { ref: AggregateRef; list: HeadList; folder: Folder },
): StoredFold => new StoredFold(db, foldTrack(context, ref, list, folder), list);
