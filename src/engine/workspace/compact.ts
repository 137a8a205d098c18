/** Making a workspace file as small as what is in it: the writer's part, and the room on the disk that it needs. */
import { existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import type { WriteContext } from '../workers/context.ts';

/** Rewrites the file. SQLite cannot be stopped in it; a kill leaves the file as it was. @throws HindcastError `capture.running` */
export function compact(context: WriteContext, _args: Record<string, never>): { bytes: number } {
  const { db } = context;
  context.records().sortPostings();
  context.throwIfAborted();
  db.exec('VACUUM');
  db.pragma('wal_checkpoint(TRUNCATE)');
  return { bytes: statSync(context.file).size };
}

/** Where SQLite puts the copy it works on. https://sqlite.org/tempfiles.html, "Temporary file storage locations" */
function temporaryFolder(): string {
  const places = [process.env.SQLITE_TMPDIR, process.env.TMPDIR, '/var/tmp', '/usr/tmp', '/tmp'];
  return places.find((place) => place !== undefined && existsSync(place)) ?? tmpdir();
}

export interface Room {
  /** Bytes needed and to be had on the disk that is short, or on that of the file. */
  needed: number;
  available: number;
  where: string;
  isEnough: boolean;
}

/** For a moment the file's content is there three times: as it was, as a copy, and in the write-ahead log. */
export async function roomFor(file: string, contentBytes: number): Promise<Room> {
  const own = dirname(file);
  const temporary = temporaryFolder();
  const isOneDisk = statSync(own).dev === statSync(temporary).dev;
  const rooms: Room[] = [];
  for (const [where, needed] of isOneDisk
    ? [[own, 2 * contentBytes] as const]
    : [[own, contentBytes] as const, [temporary, contentBytes] as const]) {
    const available = await freeBytes(where);
    rooms.push({ where, needed, available, isEnough: available >= needed });
  }
  return rooms.find(({ isEnough }) => !isEnough) ?? rooms[0]!;
}

/** Bytes that this user may still write on the disk of a folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
