/**
 * Documents of a recording that cannot be written, in a file of the data folder named by the recording's identity. A
 * document of the recording itself that was changed or removed here is hidden by the entry of the same id.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../connections/profileFile.ts';
import type { EngineHost } from '../host.ts';

const Entry = z
  .object({
    kind: z.string(),
    id: z.string(),
    /** Null: removed here. */
    body: z.string().nullable(),
    changedAt: z.number(),
  })
  .strict();
export type MachineEntry = z.infer<typeof Entry>;

const File = z.object({ format: z.literal(1), documents: z.array(Entry) }).strict();

export class MachineFile {
  readonly #folder: string;
  readonly #log: EngineHost['log'];

  constructor({ dataDir, log }: Pick<EngineHost, 'dataDir' | 'log'>) {
    this.#folder = join(dataDir, 'notebooks');
    this.#log = log;
  }

  /** @param identity 16 hexadecimal digits. A file that cannot be read is put aside untouched. */
  async read(identity: string): Promise<MachineEntry[]> {
    const file = this.#fileOf(identity);
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text === null) return [];
    try {
      return File.parse(JSON.parse(text)).documents;
    } catch {
      const aside = `${file}.damaged-${randomUUID().slice(0, 8)}`;
      await rename(file, aside).catch(() => {});
      this.#log('warn', 'The notes of a recording cannot be read and were put aside', { file: aside });
      return [];
    }
  }

  /** Adds an entry or replaces the one of its kind and id. @throws HindcastError `workspace.read-only-place` */
  async put(identity: string, entry: MachineEntry): Promise<void> {
    const others = (await this.read(identity)).filter(
      ({ kind, id }) => kind !== entry.kind || id !== entry.id,
    );
    const file = this.#fileOf(identity);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const text = JSON.stringify({ format: 1, documents: [...others, entry] }, null, 2);
    await replaceFile(file, `${text}\n`);
  }

  #fileOf(identity: string): string {
    return join(this.#folder, `${identity.replace(/[^0-9a-f]/g, '')}.json`);
  }
}
