/** What SQLite and the file system say, as errors that a person can act on. */
import { HindcastError } from '../../contract/errors.ts';
import { DamagedBlock } from './damagedBlock.ts';

/** Turns a failure of the store into a HindcastError where its cause is known; anything else comes back as it was. */
export function storeFault(thrown: unknown, file: string): unknown {
  if (thrown instanceof HindcastError || !(thrown instanceof Error)) return thrown;
  if (thrown instanceof DamagedBlock)
    return new HindcastError(
      'workspace.damaged',
      { where: file, problem: thrown.message },
      { cause: thrown },
    );
  // better-sqlite3 checks the folder itself and throws a TypeError without a code.
  const code =
    thrown instanceof TypeError && thrown.message.includes('directory does not exist')
      ? 'SQLITE_CANTOPEN'
      : (thrown as { code?: unknown }).code;
  if (typeof code !== 'string') return thrown;
  const problem = thrown.message;
  const make = (name: ConstructorParameters<typeof HindcastError>[0]) =>
    new HindcastError(name, { where: file, problem }, { cause: thrown });
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT')
    return new HindcastError('disk.full', { problem: `${file} could not grow` }, { cause: thrown });
  if (code.startsWith('SQLITE_CORRUPT')) return make('workspace.damaged');
  if (code === 'SQLITE_NOTADB') return make('workspace.not-ours');
  if (
    code.startsWith('SQLITE_READONLY') ||
    code.startsWith('SQLITE_CANTOPEN') ||
    code.startsWith('SQLITE_PERM') ||
    code === 'EACCES' ||
    code === 'EROFS' ||
    code === 'EPERM'
  )
    return make('workspace.read-only-place');
  // Linux reports a full disk under a memory-mapped WAL index, and some network disks, as an I/O error.
  if (code === 'SQLITE_IOERR_WRITE' || code === 'SQLITE_IOERR_SHMSIZE')
    return new HindcastError(
      'disk.full',
      { problem: `writing ${file} failed (${problem})` },
      { cause: thrown },
    );
  return thrown;
}
