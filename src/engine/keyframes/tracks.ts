/** Under which name the fold and the faults of a stream are kept, and the connection of a thread that reads them. */
import { statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import type { AggregateRef } from '../../contract/common.ts';
import type { Folder } from '../../core/folder.ts';
import { sha256Hex } from '../../core/json.ts';
import type { HeadList } from '../reads/headList.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { metaOf } from '../store/open.ts';
import { partitionRuns } from '../store/streamColumns.ts';
import type { ReadContext } from '../workers/context.ts';
import { fileOf, openToRead, type TrackName } from './keyframeFile.ts';
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

/** The file as this thread has it open. */
export interface Kept {
  db: Database;
  /** Another number: the file was deleted and made anew. */
  inode: number;
}

/** The connection of this thread; null: nothing was kept yet. */
export function keptOf(context: ReadContext, derived: string | undefined): Kept | null {
  if (derived === undefined) return null;
  const { lasting } = context;
  const key = `keyframes ${derived}`;
  const file = (lasting.get(`${key} file`) as string | undefined) ?? fileOf(context, derived);
  lasting.set(`${key} file`, file);
  const inode = statSync(file, { throwIfNoEntry: false })?.ino ?? null;
  const known = lasting.get(key) as Kept | undefined;
  if (known !== undefined && known.inode === inode) return known;
  known?.db.close();
  lasting.delete(key);
  const db = inode === null ? null : openToRead(file);
  if (db === null || inode === null) return null;
  const kept = { db, inode };
  lasting.set(key, kept);
  return kept;
}

/** What is kept of a fold. */
export const storedFold = (
  context: ReadContext,
  db: Database,
  { ref, list, folder }: { ref: AggregateRef; list: HeadList; folder: Folder },
): StoredFold => new StoredFold(db, foldTrack(context, ref, list, folder), list);
