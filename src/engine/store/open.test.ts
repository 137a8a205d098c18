import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { createFile, openForReading, openForWriting } from './open.ts';

const dir = mkdtempSync(join(tmpdir(), 'hindcast-open-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Files of the folder that this process has open. */
const openHere = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`);
      return file.startsWith(dir) ? [file] : [];
    } catch {
      // The listing itself is closed by now.
      return [];
    }
  });

describe.runIf(process.platform === 'linux')('a file that cannot be opened', () => {
  test.each([
    ['for reading', (file: string) => openForReading(file, { check: true })],
    ['for writing', openForWriting],
  ])('%s is not left open until the garbage is collected', (name, open) => {
    const file = join(dir, `${name}.hindcast`);
    createFile(file);
    open(file).close();
    const other = new Database(file);
    other.exec('DROP TABLE block');
    other.close();
    expect(() => open(file)).toThrow('tables of the format are missing');
    expect(openHere()).toEqual([]);
  });
});
