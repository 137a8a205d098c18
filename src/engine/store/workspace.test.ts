import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { programOf } from '../../../test/setup/bundled.ts';
import { appendRecords } from '../capture/import.ts';
import { storeFault } from './faults.ts';
import { FORMAT, MIGRATIONS } from './format.ts';
import { migrate } from './migrations.ts';
import { saveRecording } from './recording.ts';
import { PARTITIONS, recordAt, TOPICS } from './testing/records.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

const dir = mkdtempSync(join(tmpdir(), 'hindcast-store-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const log = () => {};
const good = join(dir, 'good.hindcast');
const recordsTo = (count: number) =>
  TOPICS.flatMap((topic) =>
    Array.from({ length: PARTITIONS }, (_, partition) =>
      Array.from({ length: count }, (_, offset) => recordAt(topic, partition, offset)),
    ).flat(),
  );

beforeAll(async () => {
  const workspace = await openWorkspace(good, { mode: 'create', log });
  await appendRecords(workspace, recordsTo(100), { clusterId: 'cluster-1' });
  await workspace.close();
});

describe('files', () => {
  test('a workspace keeps its records over close and open, and nothing but the lock stays beside it', async () => {
    const workspace = await openWorkspace(good, { mode: 'open', log });
    expect(workspace).toMatchObject({ readOnly: false, kind: 'workspace' });
    const info = await workspace.read('workspace.info', {});
    expect(info).toMatchObject({ records: 400, events: 400, clusterId: 'cluster-1', topics: TOPICS });
    expect(info.coverage).toMatchObject({ state: 'complete', topics: 2 });
    await workspace.close();
    expect(readdirSync(dir).filter((name) => name.startsWith('good.'))).toEqual([
      'good.hindcast',
      'good.hindcast-lock',
    ]);
  });

  test('missing, foreign, newer, cut off and scribbled files are refused, each by name, and left as they were', async () => {
    const at = (name: string) => join(dir, name);
    await expect(openWorkspace(at('none.hindcast'), { mode: 'open', log })).rejects.toMatchObject({
      code: 'workspace.missing',
    });
    await expect(openWorkspace(good, { mode: 'create', log })).rejects.toMatchObject({
      code: 'workspace.exists',
    });

    writeFileSync(at('text.hindcast'), 'no database at all '.repeat(20));
    new Database(at('other.hindcast')).exec('CREATE TABLE t (x)').close();
    for (const name of ['text.hindcast', 'other.hindcast'])
      await expect(openWorkspace(at(name), { mode: 'open', log })).rejects.toMatchObject({
        code: 'workspace.not-ours',
      });

    copyFileSync(good, at('early.hindcast'));
    const early = new Database(at('early.hindcast'));
    early.pragma('journal_mode = DELETE');
    early.pragma(`application_id = ${0x48635773}`);
    early.close();
    await expect(openWorkspace(at('early.hindcast'), { mode: 'open', log })).rejects.toMatchObject({
      code: 'workspace.prerelease',
    });

    copyFileSync(good, at('newer.hindcast'));
    const newer = new Database(at('newer.hindcast'));
    newer.pragma('journal_mode = DELETE');
    newer.pragma(`user_version = ${FORMAT + 1}`);
    newer.close();
    const before = readFileSync(at('newer.hindcast'));
    await expect(openWorkspace(at('newer.hindcast'), { mode: 'open', log })).rejects.toMatchObject({
      code: 'workspace.newer',
      details: { found: FORMAT + 1, known: FORMAT },
    });
    expect(readFileSync(at('newer.hindcast')).equals(before)).toBe(true);

    copyFileSync(good, at('cut.hindcast'));
    truncateSync(at('cut.hindcast'), Math.floor(statSync(good).size / 2));
    copyFileSync(good, at('scribbled.hindcast'));
    const handle = openSync(at('scribbled.hindcast'), 'r+');
    const noise = Buffer.alloc(16_384, 0xa5);
    for (let page = 2; page < 12; page++) writeSync(handle, noise, 0, noise.length, page * 16_384);
    for (const name of ['cut.hindcast', 'scribbled.hindcast'])
      await expect(openWorkspace(at(name), { mode: 'open', log })).rejects.toMatchObject({
        code: 'workspace.damaged',
      });
  });

  test('a folder that is not there cannot be created into', async () => {
    await expect(
      openWorkspace(join(dir, 'nowhere', 'a.hindcast'), { mode: 'create', log }),
    ).rejects.toMatchObject({ code: 'workspace.read-only-place' });
  });

  test('a full disk and a read-only folder have their own errors', () => {
    const sqlite = (code: string) => Object.assign(new Error('as SQLite says'), { code });
    expect(storeFault(sqlite('SQLITE_FULL'), 'f')).toMatchObject({ code: 'disk.full' });
    expect(storeFault(sqlite('ENOSPC'), 'f')).toMatchObject({ code: 'disk.full' });
    expect(storeFault(sqlite('SQLITE_READONLY_DIRECTORY'), 'f')).toMatchObject({
      code: 'workspace.read-only-place',
    });
    expect(storeFault(sqlite('SQLITE_CORRUPT_VTAB'), 'f')).toMatchObject({ code: 'workspace.damaged' });
  });
});

describe('lock', () => {
  test('a second opening for writing is refused, here and in another process; reading is not', async () => {
    const workspace = await openWorkspace(good, { mode: 'open', log });
    await expect(openWorkspace(good, { mode: 'open', log })).rejects.toMatchObject({
      code: 'workspace.in-use',
      details: { pid: process.pid },
    });
    const child = programOf(new URL('./testing/appendForever.ts', import.meta.url));
    const stderr = await new Promise<string>((resolve) => {
      const other = spawn(process.execPath, [child, good], { stdio: ['ignore', 'ignore', 'pipe'] });
      let text = '';
      other.stderr.on('data', (chunk) => {
        text += chunk;
      });
      other.on('exit', () => resolve(text));
    });
    expect(stderr).toContain('workspace.in-use');
    expect(stderr).toContain(String(process.pid));

    const reader = await openWorkspace(good, { mode: 'read-only', log });
    expect(reader.readOnly).toBe(true);
    expect((await reader.read('workspace.info', {})).records).toBe(400);
    await expect(reader.write('ensureIndexes', {})).rejects.toMatchObject({ code: 'workspace.read-only' });
    await reader.close();
    await workspace.close();
    const again = await openWorkspace(good, { mode: 'open', log });
    await again.close();
  });

  test('a killed owner does not block', async () => {
    const file = join(dir, 'orphan.hindcast');
    const child = programOf(new URL('./testing/appendForever.ts', import.meta.url));
    await new Promise<void>((resolve) => {
      const other = spawn(process.execPath, [child, file], { stdio: ['ignore', 'pipe', 'ignore'] });
      other.stdout.once('data', () => other.kill('SIGKILL'));
      other.on('exit', () => resolve());
    });
    const workspace = await openWorkspace(file, { mode: 'open', log });
    await workspace.close();
  });
});

describe('recordings', () => {
  test('a recording holds the same, opens read-only, and nothing appears beside it', async () => {
    const workspace = await openWorkspace(good, { mode: 'open', log });
    const folder = join(dir, 'recordings');
    mkdirSync(folder);
    const file = join(folder, 'r.hindcast');
    await saveRecording(workspace, file);
    await expect(saveRecording(workspace, file)).rejects.toMatchObject({ code: 'workspace.exists' });
    const live = await workspace.read('events.query', { filter: {}, from: 0, count: 500 });
    await workspace.close();
    chmodSync(folder, 0o555);
    const recording = await openWorkspace(file, { mode: 'open', log });
    expect(recording).toMatchObject({ kind: 'recording', readOnly: true });
    const kept = await recording.read('events.query', { filter: {}, from: 0, count: 500 });
    expect(kept.rows).toEqual(live.rows);
    expect(readdirSync(folder)).toEqual(['r.hindcast']);
    await recording.close();
    chmodSync(folder, 0o755);
  });
});

describe('migrations', () => {
  test('the schema is the one that was released', () => {
    const db = new Database(':memory:');
    migrate(db, MIGRATIONS);
    const tables = db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .pluck()
      .all() as string[];
    const columns = Object.fromEntries(
      [
        'meta',
        'topic',
        'partition',
        'event_type',
        'aggregate',
        'missing',
        'record',
        'block',
        'posting_tail',
        'posting_run',
        'posting_page',
      ].map((table) => [
        table,
        (db.pragma(`table_info(${table})`) as { name: string; type: string }[])
          .map(({ name, type }) => `${name} ${type}`.trim())
          .join(', '),
      ]),
    );
    expect(tables).toEqual(expect.arrayContaining(Object.keys(columns)));
    expect(columns).toMatchInlineSnapshot(`
      {
        "aggregate": "id INTEGER, type TEXT, key TEXT",
        "block": "id INTEGER, codec INTEGER, raw_size INTEGER, bytes BLOB",
        "event_type": "id INTEGER, name TEXT",
        "meta": "key TEXT, value",
        "missing": "partition_no INTEGER, from_offset INTEGER, to_offset INTEGER, count INTEGER, reason TEXT, note TEXT, bytes BLOB",
        "partition": "no INTEGER, topic_id INTEGER, partition INTEGER, next_offset INTEGER, settled_offset INTEGER, first_log_start INTEGER, log_start INTEGER, high_watermark INTEGER, rewritten INTEGER, stored INTEGER, events INTEGER, control INTEGER, aborted INTEGER, open INTEGER, bytes INTEGER, last_capture_at INTEGER, note TEXT",
        "posting_page": "id INTEGER, run INTEGER, first INTEGER, last INTEGER, entries BLOB",
        "posting_run": "id INTEGER, rows INTEGER, spans BLOB",
        "posting_tail": "id INTEGER, rows INTEGER, spans BLOB, entries BLOB",
        "record": "id INTEGER, ts INTEGER, late INTEGER, occurred INTEGER, state INTEGER, agg_id INTEGER, version INTEGER, event_hash INTEGER, producer_id INTEGER",
        "topic": "id INTEGER, name TEXT, kafka_name TEXT, kafka_id TEXT, aside TEXT, mapping TEXT",
      }
    `);
    expect(db.pragma('user_version', { simple: true })).toBe(FORMAT);
  });

  test('an older file gets only the steps it lacks, and keeps its data', () => {
    const db = new Database(':memory:');
    migrate(db, MIGRATIONS);
    db.exec("INSERT INTO event_type VALUES (1, 'Opened')");
    migrate(db, [...MIGRATIONS, { name: 'more', sql: 'CREATE TABLE added (x INTEGER)' }]);
    expect(db.pragma('user_version', { simple: true })).toBe(FORMAT + 1);
    expect(db.prepare('SELECT name FROM event_type').pluck().get()).toBe('Opened');
    expect(db.prepare('SELECT count(*) FROM added').pluck().get()).toBe(0);
  });
});

describe('calls', () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await openWorkspace(good, { mode: 'open', log });
  });
  afterAll(() => workspace.close());

  test('a call can be given up before and while it waits', async () => {
    const read = (signal: AbortSignal) =>
      workspace.read('events.query', { filter: {}, from: 0, count: 1 }, { signal });
    await expect(read(AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    const abort = new AbortController();
    const first = read(new AbortController().signal);
    const waiting = read(abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    expect((await first).rows.length).toBe(1);
  });

  test('an unknown record has its own error', async () => {
    await expect(workspace.read('events.get', { id: 2 ** 40 * 3 + 77_777 })).rejects.toMatchObject({
      code: 'record.unknown',
    });
  });

  test('other data of another cluster is refused; nothing of it is written', async () => {
    const before = await workspace.read('workspace.info', {});
    await expect(
      appendRecords(workspace, [recordAt('x', 0, 0)], { clusterId: 'cluster-2' }),
    ).rejects.toMatchObject({ code: 'workspace.other-cluster' });
    const after = await workspace.read('workspace.info', {});
    expect(after.records).toBe(before.records);
    expect(after.topics).toEqual(before.topics);
  });

  test('listeners hear of new records and the revision rises', async () => {
    const revision = workspace.revision();
    let heard = 0;
    const stop = workspace.onChange(() => {
      heard += 1;
    });
    await appendRecords(workspace, [recordAt('bank.audit', 1, 100)]);
    stop();
    expect(heard).toBeGreaterThan(0);
    expect(workspace.revision()).toBeGreaterThan(revision);
  });
});
