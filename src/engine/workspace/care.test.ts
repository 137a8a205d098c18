import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendRecords } from '../capture/import.ts';
import { recordAt } from '../store/testing/records.ts';
import { openWorkspace, type Workspace } from '../store/workspace.ts';
import { runCheck } from './runCheck.ts';
import { saveRecording } from './saveRecording.ts';
import { checkSeal } from './seal.ts';

const log = () => {};
const signal = new AbortController().signal;
const report = () => {};
const options = { log, signal, report, at: 5 };
const checked = (workspace: Workspace) => runCheck(workspace, { log, signal, report, now: () => 0 });

let folder: string;
let workspace: Workspace;
const RECORDS = 1000;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hindcast-care-'));
  workspace = await openWorkspace(join(folder, 'w.hindcast'), { mode: 'create', log });
  const records = ['bank.accounts', 'bank.audit'].flatMap((topic) =>
    [0, 1].flatMap((partition) => Array.from({ length: RECORDS }, (_, at) => recordAt(topic, partition, at))),
  );
  await appendRecords(workspace, records, { clusterId: 'c-1' });
});
afterEach(async () => {
  await workspace.close();
  rmSync(folder, { recursive: true, force: true });
});

const query = (of: Workspace, filter = {}) =>
  of.read('events.query', { filter, from: 0, count: 500, textIndex: null });

describe('contents', () => {
  it('names topics with their records, bytes, times and coverage, and measures the parts of the file', async () => {
    const contents = await workspace.read('workspace.contents', { measure: true });
    expect(
      contents.topics.map(({ topic, partitions, records, events }) => ({
        topic,
        partitions,
        records,
        events,
      })),
    ).toEqual([
      { topic: 'bank.accounts', partitions: 2, records: 2 * RECORDS, events: 2 * RECORDS },
      { topic: 'bank.audit', partitions: 2, records: 2 * RECORDS, events: 2 * RECORDS },
    ]);
    const [first] = contents.topics;
    expect(first).toMatchObject({
      firstRecordedAt: 1_700_000_000_000,
      lastRecordedAt: 1_700_000_000_000 + (RECORDS - 1) * 1000,
      coverage: { state: 'complete' },
    });
    expect(first!.bytes).toBeGreaterThan(RECORDS * 400);
    const measured = contents.parts.reduce((sum, { bytes }) => sum + bytes!, 0);
    const used = (contents.pages - contents.freePages) * contents.pageBytes;
    expect(measured / used).toBeGreaterThan(0.95);
    expect(contents.parts[0]!.name).toMatch(/^(block|record)$/);
  });
});

describe('deleting a topic', () => {
  it('takes its records, bytes, names and coverage, leaves the rest, and gives its numbers to nobody', async () => {
    const before = await query(workspace, { topics: ['bank.audit'] });
    const { records } = await workspace.write('deleteTopic', { topic: 'bank.accounts' });
    expect(records).toBe(2 * RECORDS);
    const rest = await query(workspace);
    expect(rest.total).toBe(2 * RECORDS);
    expect(rest.rows.map(({ id, sentence }) => ({ id, sentence }))).toEqual(
      before.rows.map(({ id, sentence }) => ({ id, sentence })),
    );
    expect((await query(workspace, { topics: ['bank.accounts'] })).total).toBe(0);
    const coverage = await workspace.read('workspace.coverage', { topics: null });
    expect(new Set(coverage.partitions.map(({ topic }) => topic))).toEqual(new Set(['bank.audit']));
    expect((await checked(workspace)).status).toBe('sound');

    await appendRecords(workspace, [recordAt('bank.new', 0, 0), recordAt('bank.accounts', 0, 0)], {});
    const ids = (await query(workspace, { topics: ['bank.new', 'bank.accounts'] })).rows.map(({ id }) => id);
    expect(ids.toSorted((a, b) => a - b)).toEqual([4 * 2 ** 40, 5 * 2 ** 40]);
    expect((await checked(workspace)).status).toBe('sound');
  });

  it('cancelled half way: what is left is whole and counted', async () => {
    // Deleted in six parts: on a busy machine the cancel comes some parts after it was asked for.
    const many = Array.from({ length: 120_000 }, (_, at) => recordAt('bank.more', 0, at));
    await appendRecords(workspace, many, {});
    const abort = new AbortController();
    const running = workspace.write(
      'deleteTopic',
      { topic: 'bank.more' },
      { signal: abort.signal, onProgress: () => abort.abort() },
    );
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    const { total } = await query(workspace, { topics: ['bank.more'] });
    expect(total).toBeGreaterThan(0);
    expect(total).toBeLessThan(120_000);
    expect((await checked(workspace)).parts.flatMap(({ findings }) => findings)).toEqual([]);
  });

  it('an unknown topic is refused', async () => {
    await expect(workspace.write('deleteTopic', { topic: 'x' })).rejects.toMatchObject({
      code: 'topic.not-held',
    });
  });
});

describe('compacting', () => {
  it('gives the space of a deleted topic back', async () => {
    await workspace.write('deleteTopic', { topic: 'bank.accounts' });
    const before = await workspace.read('workspace.contents', { measure: false });
    expect(before.freePages).toBeGreaterThan(0);
    const { bytes } = await workspace.write('compact', {});
    const after = await workspace.read('workspace.contents', { measure: false });
    expect(after.freePages).toBe(0);
    expect(bytes).toBe(statSync(workspace.file).size);
    expect(after.pages).toBeLessThan(before.pages);
    expect((await query(workspace)).total).toBe(2 * RECORDS);
  });
});

describe('integrity check', () => {
  it('finds nothing in a whole workspace and says what it looked at', async () => {
    const { status, summary, parts } = await checked(workspace);
    expect({ status, summary }).toEqual({ status: 'sound', summary: 'Everything is whole.' });
    expect(parts.map(({ name }) => name)).toEqual(['file', 'positions', 'coverage', 'names', 'bytes']);
    expect(parts.at(-1)!.looked).toMatch(/^4\u202f000 records in/);
  });

  /** Runs SQL on the file behind the workspace's back, closed and opened again. */
  async function harm(sql: string): Promise<void> {
    const { file } = workspace;
    await workspace.close();
    const db = new Database(file);
    db.pragma('foreign_keys = OFF');
    db.exec(sql);
    db.close();
    workspace = await openWorkspace(file, { mode: 'open', log });
  }

  it.each([
    [
      'a lost row',
      `DELETE FROM record WHERE id = ${2 ** 40 + 7}`,
      'positions',
      /should hold 1.000 records and holds 999/,
    ],
    [
      'a lost row',
      `DELETE FROM record WHERE id = ${2 ** 40 + 7}`,
      'coverage',
      /1 offsets count as read and are neither/,
    ],
    [
      'a lost block',
      'DELETE FROM block WHERE id = (SELECT max(id) FROM block)',
      'bytes',
      /no bytes|could not be compared/,
    ],
    [
      'damaged bytes',
      'UPDATE block SET bytes = zeroblob(length(bytes)) WHERE id = 0',
      'bytes',
      /are lost|no row names|say another/,
    ],
    [
      'another type',
      'UPDATE record SET state = state + 2097152 WHERE id = 5',
      'bytes',
      /bytes say another type/,
    ],
    [
      'a name that is gone',
      'DELETE FROM aggregate WHERE id = 3',
      'names',
      /number of an aggregate that has no name/,
    ],
    ['time that falls', 'UPDATE record SET ts = 5 WHERE id = 100', 'positions', /monotonic time falls/],
  ])('%s is named', async (_what, sql, part, problem) => {
    await harm(sql);
    const { status, parts } = await checked(workspace);
    expect(status).toBe('damaged');
    const found = parts.find(({ name }) => name === part)!;
    expect(found.status).toBe('damaged');
    expect(found.findings.map((each) => each.problem).join('\n')).toMatch(problem);
    for (const { where, usable } of found.findings) {
      expect(where).not.toBe('');
      expect(usable).not.toBe('');
    }
  });

  it('cancelled: says what was not looked at', async () => {
    const { status, summary } = await runCheck(workspace, {
      log,
      signal: AbortSignal.abort(),
      report,
      now: () => 0,
    });
    expect(status).toBe('unfinished');
    expect(summary).toMatch(/Cancelled before: .*keys, values and headers/);
  });
});

describe('recording', () => {
  it('is small, sealed, read-only, and tells the same', async () => {
    const file = join(folder, 'r.hindcast');
    const { recordBytes } = await workspace.read('workspace.contents', { measure: false });
    const { bytes, hash } = await saveRecording(workspace, file, options);
    expect(bytes / recordBytes).toBeLessThan(0.35);
    expect(await checkSeal(file, true)).toEqual({ state: 'whole', hash, sealedAt: 5 });
    const recording = await openWorkspace(file, { mode: 'open', log });
    try {
      expect(recording).toMatchObject({ kind: 'recording', readOnly: true });
      expect((await query(recording)).rows).toEqual((await query(workspace)).rows);
      for (const id of [0, 2 ** 40 + 17, 3 * 2 ** 40 + RECORDS - 1])
        expect(await recording.read('events.get', { id })).toEqual(
          await workspace.read('events.get', { id }),
        );
      expect((await checked(recording)).status).toBe('sound');
      expect(readdirSync(folder).filter((name) => name.startsWith('r.'))).toEqual(['r.hindcast']);
      const copy = join(folder, 'copy.hindcast');
      expect(await saveRecording(recording, copy, options)).toEqual({ bytes, hash });
    } finally {
      await recording.close();
    }
  });

  it('a changed byte anywhere is named with its place; a cut-off end too', async () => {
    const file = join(folder, 'r.hindcast');
    await saveRecording(workspace, file, options);
    const damaged = join(folder, 'd.hindcast');
    copyFileSync(file, damaged);
    const handle = openSync(damaged, 'r+');
    writeSync(handle, Buffer.from([1, 2, 3, 4]), 0, 4, 200_000);
    closeSync(handle);
    expect(await checkSeal(damaged, true)).toMatchObject({
      state: 'damaged',
      problem: expect.stringMatching(/^bytes 0–\d+ are not what was saved$/),
    });
    copyFileSync(file, damaged);
    const cut = openSync(damaged, 'r+');
    writeSync(cut, Buffer.from([0]), 0, 1, statSync(file).size - 1);
    closeSync(cut);
    expect(await checkSeal(damaged, true)).toMatchObject({
      state: 'damaged',
      problem: expect.stringMatching(/seal/),
    });
  });

  it('with a damaged page opens all the same; the check says what is lost and what can be used', async () => {
    const file = join(folder, 'r.hindcast');
    await saveRecording(workspace, file, options);
    const db = new Database(file, { readonly: true });
    const page = db
      .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'block'")
      .pluck()
      .get() as number;
    const size = db.pragma('page_size', { simple: true }) as number;
    db.close();
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(size, 255), 0, size, (page - 1) * size);
    closeSync(handle);
    const recording = await openWorkspace(file, { mode: 'open', log });
    try {
      expect((await recording.read('events.facets', { filter: {}, textIndex: null })).topics).toHaveLength(2);
      await expect(recording.read('events.get', { id: 0 })).rejects.toMatchObject({
        code: 'workspace.damaged',
      });
      const { status, parts } = await checked(recording);
      expect(status).toBe('damaged');
      const states = Object.fromEntries(parts.map((part) => [part.name, part.status]));
      expect(states).toMatchObject({
        seal: 'damaged',
        file: 'damaged',
        positions: 'sound',
        coverage: 'sound',
        names: 'sound',
        bytes: 'damaged',
      });
    } finally {
      await recording.close();
    }
  });

  it('cancelled: nothing is left', async () => {
    const file = join(folder, 'r.hindcast');
    const abort = new AbortController();
    const running = saveRecording(workspace, file, {
      ...options,
      signal: abort.signal,
      report: () => abort.abort(),
    });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('r.'))).toEqual([]);
  });
});
