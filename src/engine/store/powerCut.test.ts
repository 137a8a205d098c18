// A power cut leaves what had reached the disk: the file as of the last checkpoint and some beginning of the write-ahead
// log, perhaps with sectors missing. Whatever it is, opening it must find a whole prefix of the commits.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../../test/fixtures/demo/random.ts';
import { appendRecords } from '../capture/import.ts';
import { PARTITIONS, recordAt, TOPICS } from './testing/records.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

const COMMITS = 6;
const RECORDS_A_COMMIT = 40;
const LANES = TOPICS.flatMap((topic) =>
  Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition })),
);
const CUTS = 16;
const SECTOR = 4096;
/** Header of the write-ahead log (https://sqlite.org/fileformat2.html#walformat). */
const WAL_HEADER = 32;

const dir = mkdtempSync(join(tmpdir(), 'hindcast-power-'));
const original = join(dir, 'original.hindcast');
const random = new Random('power cut');
let atCheckpoint: Buffer;
let log: Buffer;
/** Length of the log after each commit, and how many records a lane then has. */
const commits: { length: number; records: number }[] = [];

afterAll(() => rmSync(dir, { recursive: true, force: true }));

beforeAll(async () => {
  const workspace = await openWorkspace(original, { mode: 'create', log: () => {} });
  await append(workspace, 0, RECORDS_A_COMMIT);
  await workspace.close();
  // The last one to close has written the log into the file.
  const open = await openWorkspace(original, { mode: 'open', log: () => {} });
  atCheckpoint = readFileSync(original);
  for (let commit = 1; commit <= COMMITS; commit++) {
    await append(open, commit * RECORDS_A_COMMIT, RECORDS_A_COMMIT);
    log = readFileSync(`${original}-wal`);
    commits.push({ length: log.length, records: (commit + 1) * RECORDS_A_COMMIT });
  }
  expect(readFileSync(original).equals(atCheckpoint), 'no checkpoint in between').toBe(true);
  await open.close();
});

const append = (workspace: Workspace, from: number, count: number): Promise<unknown> =>
  appendRecords(
    workspace,
    LANES.flatMap(({ topic, partition }) =>
      Array.from({ length: count }, (_, i) => recordAt(topic, partition, from + i)),
    ),
  );

/** Opens what a cut left and returns how many records each lane has; throws when it is no whole prefix. */
async function found(base: Buffer, wal: Buffer): Promise<number> {
  const file = join(dir, 'cut.hindcast');
  for (const suffix of ['', '-wal', '-shm', '-lock']) rmSync(file + suffix, { force: true });
  writeFileSync(file, base);
  if (wal.length > 0) writeFileSync(`${file}-wal`, wal);
  const workspace = await openWorkspace(file, { mode: 'open', log: () => {} });
  try {
    const lanes = await workspace.read('workspace.captured', {});
    expect(lanes).toHaveLength(LANES.length);
    const [{ records }] = lanes as [(typeof lanes)[0]];
    for (const lane of lanes) expect(lane).toMatchObject({ records, nextOffset: records });
    const { partitions } = await workspace.read('workspace.coverage', { topics: null });
    for (const { asked, stored, notRead } of partitions)
      expect(BigInt(stored) + BigInt(notRead)).toBe(BigInt(asked));
    const { rows, total } = await workspace.read('events.query', { filter: {}, from: 0, count: 500 });
    expect(total).toBe(records * LANES.length);
    for (const { id, place } of [rows[0]!, random.pick(rows), rows.at(-1)!]) {
      const { bytes } = await workspace.read('events.bytes', {
        id,
        part: 'value',
        offset: 0,
        length: 65_536,
      });
      const expected = recordAt(place.topic, place.partition, Number(place.offset)).value!;
      expect(Buffer.from(bytes).equals(Buffer.from(expected))).toBe(true);
    }
    // Whatever is missing is captured again.
    await append(workspace, records, 1);
    const after = await workspace.read('workspace.captured', {});
    for (const lane of after) expect(lane.records).toBe(records + 1);
    return records;
  } finally {
    await workspace.close();
  }
}

describe('a power cut', { timeout: 180_000 }, () => {
  test('with the log cut at any byte: exactly the commits that are in it whole', async () => {
    const ends = commits.slice(-2).flatMap(({ length }) => [length - 1, length, length + 1]);
    const cuts = [
      0,
      1,
      WAL_HEADER,
      ...ends,
      ...Array.from({ length: CUTS }, () => random.int(0, log.length)),
    ];
    for (const cut of cuts.map((at) => Math.min(at, log.length))) {
      const whole = commits.findLast(({ length }) => length <= cut);
      expect(await found(atCheckpoint, log.subarray(0, cut)), `cut at ${cut}`).toBe(
        whole?.records ?? RECORDS_A_COMMIT,
      );
    }
  });

  test('with sectors of the log that never reached the disk: the commits before the first of them', async () => {
    for (let each = 0; each < CUTS / 2; each++) {
      const torn = Buffer.from(log);
      const first = random.int(0, Math.floor(log.length / SECTOR) - 1) * SECTOR;
      const sectors = [first, ...Array.from({ length: 3 }, () => random.int(first, log.length - SECTOR))];
      // The last run's log lay there before: zeros, or anything.
      for (const at of sectors) torn.fill(random.chance(0.5) ? 0 : random.int(1, 255), at, at + SECTOR);
      // What lay there may have been the same.
      const changed = torn.findIndex((byte, at) => byte !== log[at]);
      const whole = commits.findLast(({ length }) => changed < 0 || length <= changed);
      expect(await found(atCheckpoint, torn), `changed at ${changed}`).toBe(
        whole?.records ?? RECORDS_A_COMMIT,
      );
    }
  });

  test('in the middle of a checkpoint: the log was safe before, so everything is there', async () => {
    const done = join(dir, 'done.hindcast');
    writeFileSync(done, atCheckpoint);
    writeFileSync(`${done}-wal`, log);
    await (await openWorkspace(done, { mode: 'open', log: () => {} })).close();
    const after = readFileSync(done);
    const pageSize = after.readUInt16BE(16);
    for (let each = 0; each < CUTS / 4; each++) {
      const mixed = join(dir, 'mixed.hindcast');
      writeFileSync(mixed, atCheckpoint);
      const handle = openSync(mixed, 'r+');
      for (let at = 0; at < after.length; at += pageSize)
        if (random.chance(0.5)) {
          // A page may be torn, too.
          const most = random.chance(0.2) ? SECTOR : pageSize;
          writeSync(handle, after, at, Math.min(most, after.length - at), at);
        }
      closeSync(handle);
      expect(await found(readFileSync(mixed), log)).toBe(commits.at(-1)!.records);
    }
  });
});
