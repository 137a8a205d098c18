/** Connection profiles on disk: one JSON file that only its owner may read, replaced whole and never half written. */
import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ConnectionInput } from '../../contract/connections.ts';
import { HindcastError } from '../../contract/errors.ts';

/** Secrets only as ciphertext of the host's secret box. */
const Sealed = z
  .object({ password: z.string().optional(), key: z.string().optional(), passphrase: z.string().optional() })
  .strict();
export type Sealed = z.infer<typeof Sealed>;

export const Profile = ConnectionInput.extend({ id: z.string().min(1).max(60), sealed: Sealed }).strict();
export type Profile = z.infer<typeof Profile>;

const File = z.object({ format: z.literal(1), connections: z.array(Profile) }).strict();

export interface LoadedProfiles {
  profiles: Profile[];
  /** Set when the file could not be used: it was moved aside untouched, and this says where it is now. */
  problem: HindcastError | null;
}

/** Reads the profiles; a missing file is an empty list. @throws when the folder cannot be read */
export async function readProfiles(file: string): Promise<LoadedProfiles> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { profiles: [], problem: null };
    throw error;
  }
  const found = parse(text);
  if ('profiles' in found) return { profiles: found.profiles, problem: null };
  const aside = `${file}.damaged-${randomUUID().slice(0, 8)}`;
  await rename(file, aside);
  const problem = new HindcastError(
    'connection.failed',
    {
      where: file,
      problem: `${file}: the saved connections cannot be read (${found.problem}) and were put aside`,
      next: `Correct ${aside} and move it back, or enter the connections again`,
    },
    { retryable: true },
  );
  return { profiles: [], problem };
}

function parse(text: string): { profiles: Profile[] } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'it is no JSON' };
  }
  const checked = File.safeParse(value);
  if (checked.success) return { profiles: checked.data.connections };
  // Only the place: a message could quote a value.
  return { problem: `wrong at ${checked.error.issues[0]?.path.join('.') || 'the top'}` };
}

/** Replaces the file as a whole, mode 0600. @throws HindcastError `workspace.read-only-place` */
export async function writeProfiles(file: string, profiles: Profile[]): Promise<void> {
  await replaceFile(file, `${JSON.stringify({ format: 1, connections: profiles }, null, 2)}\n`);
}

/** Writes beside, flushes, renames: a crash leaves the old or the new file, never a mixture. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const beside = join(dirname(file), `.${randomUUID()}.tmp`);
  try {
    const handle = await open(beside, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true });
    throw new HindcastError(
      'workspace.read-only-place',
      { where: file, problem: (cause as Error).message },
      { cause },
    );
  }
}
