/**
 * A workspace in a folder that cannot be written: a share, a disc, somebody else's folder. SQLite makes two files beside
 * one that it reads in write-ahead mode, which is refused there, so a copy of it is read for as long as it is open.
 */
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HindcastError } from '../../contract/errors.ts';
import { formatCount } from '../../core/count.ts';
import { isRunning } from '../files/isRunning.ts';
import { storeFault } from './faults.ts';

const PREFIX = 'hindcast-read-';

export interface ReadCopy {
  /** Has the name of the workspace, in a folder of its own. */
  file: string;
  remove(): void;
}

/** Whether reading this file in write-ahead mode needs a copy. Another program may have made the two files already. */
export const needsCopy = (file: string): boolean => !isWritable(dirname(file)) && !existsSync(`${file}-shm`);

/**
 * Copies the file, and what its last program left in the log beside it.
 * @param scratch folder for it; copies that killed processes left there are removed
 * @throws HindcastError `disk.short`, `disk.full`
 */
export async function copyToRead(file: string, scratch: string): Promise<ReadCopy> {
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  sweep(scratch);
  const parts = ['', '-wal'].filter((end) => existsSync(file + end));
  const bytes = parts.reduce((sum, end) => sum + statSync(file + end).size, 0);
  const { bavail, bsize } = await statfs(scratch);
  if (bavail * bsize < bytes)
    throw new HindcastError('disk.short', {
      what: `Reading ${file}, which lies where nothing can be written and is copied therefore,`,
      needed: `${formatCount(bytes)} bytes`,
      available: `${formatCount(bavail * bsize)} bytes`,
      where: scratch,
    });
  const folder = mkdtempSync(join(scratch, `${PREFIX}${process.pid}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const copy = join(folder, basename(file));
  try {
    // Without a copy of the blocks where the file system can share them.
    for (const end of parts) copyFileSync(file + end, copy + end, constants.COPYFILE_FICLONE);
  } catch (error) {
    remove();
    throw storeFault(error, copy);
  }
  return { file: copy, remove };
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function sweep(scratch: string): void {
  for (const name of readdirSync(scratch)) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN;
    if (Number.isInteger(pid) && !isRunning(pid))
      rmSync(join(scratch, name), { recursive: true, force: true });
  }
}
