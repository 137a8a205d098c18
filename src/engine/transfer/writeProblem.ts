/** What a system says when a file cannot be written, in words that stand in `file.write`. */
import { HindcastError } from '../../contract/errors.ts';

/** By the codes of POSIX errno.h. */
const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'what should be its folder is a file',
  EISDIR: 'there is a folder of that name',
  EACCES: 'you have no right to write there',
  EPERM: 'you have no right to write there',
  EROFS: 'that place is read-only',
};

/** A failure of the system as `file.write` for this target; anything else as it is. */
export function writeProblem(target: string, error: unknown): unknown {
  if (error instanceof HindcastError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string') return error;
  return new HindcastError(
    'file.write',
    { where: target, problem: WORDS[code] ?? message },
    { cause: error },
  );
}
