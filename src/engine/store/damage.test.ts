// A disk that gives back other bytes than were written. Whatever is hit: it is named as damage in one sentence, what
// comes back is what was written, and the threads live on.
import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../../test/fixtures/demo/random.ts';
import { HindcastError } from '../../contract/errors.ts';
import { appendRecords } from '../capture/import.ts';
import { recordAt } from './testing/records.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

const TOPIC = 'bank.accounts';
const RECORDS = 3_500;
/** Beyond 64 MB a file is not looked through as a whole when it is opened; text that zstd cannot make smaller. */
const padOf = (offset: number): string =>
  createHash('shake256', { outputLength: 15_000 }).update(String(offset)).digest('base64');
const ROUNDS = 6;
const PAGE = 200;

const dir = mkdtempSync(join(tmpdir(), 'hindcast-damage-'));
const sound = join(dir, 'sound.hindcast');
const encoder = new TextEncoder();
const random = new Random('damage');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const padded = (offset: number) => {
  const record = recordAt(TOPIC, 0, offset);
  const text = Buffer.from(record.value!).toString();
  return { ...record, value: encoder.encode(text.replace('"note":"', `"note":"${offset}${padOf(offset)}`)) };
};

beforeAll(async () => {
  const workspace = await openWorkspace(sound, { mode: 'create', log: () => {} });
  for (let from = 0; from < RECORDS; from += 500)
    await appendRecords(
      workspace,
      Array.from({ length: Math.min(500, RECORDS - from) }, (_, i) => padded(from + i)),
    );
  await workspace.close();
});

/** Turns some bytes over in a few pages behind the first. */
function spoil(file: string): void {
  const handle = openSync(file, 'r+');
  const { size } = statSync(file);
  for (let pages = random.int(1, 3); pages > 0; pages--) {
    const at = random.int(16_384, size - 64);
    const bytes = Buffer.alloc(random.int(1, 64));
    readSync(handle, bytes, 0, bytes.length, at);
    writeSync(
      handle,
      bytes.map((byte) => byte ^ random.int(1, 255)),
      0,
      bytes.length,
      at,
    );
  }
  closeSync(handle);
}

/** What is read, or null when it was named as damaged; anything else fails the test. */
async function orDamaged<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    expect(error).toBeInstanceOf(HindcastError);
    expect(error).toMatchObject({ code: 'workspace.damaged', nextStep: expect.stringMatching(/\.$/) });
    expect((error as Error).message.split('\n')).toHaveLength(1);
    return null;
  }
}

async function readAll(workspace: Workspace): Promise<{ right: number; damaged: number }> {
  let right = 0;
  let damaged = 0;
  for (let from = 0; from < RECORDS; from += PAGE) {
    const page = await orDamaged(workspace.read('events.query', { filter: {}, from, count: PAGE }));
    for (const { id, place } of page?.rows ?? []) {
      const length = 65_536;
      const found = await orDamaged(workspace.read('events.bytes', { id, part: 'value', offset: 0, length }));
      if (found === null) damaged++;
      else if (Buffer.from(found.bytes).equals(Buffer.from(padded(Number(place.offset)).value))) right++;
      else throw new Error(`offset ${place.offset} came back with other bytes and without a mark`);
    }
    if (page === null) damaged += Math.min(PAGE, RECORDS - from);
  }
  return { right, damaged };
}

test('bytes that turned over on the disk: what is read is what was written, or is named as damaged', async () => {
  let usable = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const file = join(dir, 'spoiled.hindcast');
    for (const suffix of ['', '-wal', '-shm', '-lock']) if (existsSync(file + suffix)) rmSync(file + suffix);
    copyFileSync(sound, file);
    spoil(file);
    const workspace = await orDamaged(openWorkspace(file, { mode: 'open', log: () => {} }));
    if (workspace === null) continue;
    const { right, damaged } = await readAll(workspace);
    expect(right + damaged).toBe(RECORDS);
    usable += right;
    await orDamaged(workspace.read('workspace.coverage', { topics: null }));
    await workspace.close();
  }
  // A few spoiled pages of thousands are no reason to give up the rest.
  expect(usable).toBeGreaterThan((ROUNDS / 2) * RECORDS * 0.9);
});

test('a block that is damaged does not stop the list: its rows say so, all others are whole', async () => {
  const file = join(dir, 'block.hindcast');
  copyFileSync(sound, file);
  const db = new Database(file);
  const { id, bytes } = db.prepare('SELECT id, bytes FROM block ORDER BY id LIMIT 1 OFFSET 20').get() as {
    id: number;
    bytes: Buffer;
  };
  bytes[bytes.length >> 1]! ^= 4;
  db.prepare('UPDATE block SET bytes = ? WHERE id = ?').run(bytes, id);
  db.close();
  const workspace = await openWorkspace(file, { mode: 'open', log: () => {} });
  const { rows } = await workspace.read('events.query', { filter: {}, from: 0, count: PAGE });
  expect(rows).toHaveLength(PAGE);
  const damaged = rows.filter(({ sentence }) => sentence.startsWith('Its bytes are damaged'));
  expect(damaged.map((row) => row.id)).toEqual([id]);
  expect(damaged[0]).toMatchObject({ kind: 'undecodable', aggregate: { type: 'SavingsAccount' } });
  await expect(workspace.read('events.get', { id })).rejects.toMatchObject({ code: 'workspace.damaged' });
  await expect(workspace.read('events.get', { id: id + 1 })).resolves.toMatchObject({ row: { id: id + 1 } });
  await workspace.close();
});
