import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { saveRecording } from '../../../src/engine/store/recording.ts';
import { openWorkspace } from '../../../src/engine/store/workspace.ts';
import { startEngine, type TestEngine, temporaryFolder } from './support.ts';

let folder: ReturnType<typeof temporaryFolder>;
let engine: TestEngine | null;
const log = () => {};

beforeEach(() => {
  folder = temporaryFolder();
  engine = null;
});
afterEach(async () => {
  await engine?.close();
  folder.remove();
});

const start = async (options: Parameters<typeof startEngine>[1] = {}) => {
  await engine?.close();
  engine = await startEngine(folder.path, options);
  return engine.api;
};
const fileOf = (name: string) => join(folder.path, 'workspaces', `${name}.hindcast`);

/** A small recording, as the bundled demo is one. */
async function recording(path: string): Promise<string> {
  const file = join(folder.path, 'source.hindcast');
  const workspace = await openWorkspace(file, { mode: 'create', log });
  const value = Buffer.from('{"name":"one"}');
  await workspace.write('appendRecords', {
    clusterId: 'demo',
    end: true,
    records: [
      {
        topic: 'people',
        partition: 0,
        offset: 0,
        timestamp: 1000,
        key: Buffer.from('p1'),
        value,
        headers: [],
      },
    ],
  });
  await saveRecording(workspace, path);
  await workspace.close();
  return path;
}

test('the first start opens the demo read-only, later ones what was open last', async () => {
  const demoRecording = await recording(join(folder.path, 'demo.hindcast'));
  const bytes = readFileSync(demoRecording);
  let api = await start({ demoRecording });
  expect(await api.workspace.current({})).toMatchObject({
    name: 'Demo',
    kind: 'demo',
    readOnly: true,
    records: 1,
  });
  expect(await api.workspace.list({})).toMatchObject([{ name: 'Demo', kind: 'demo' }]);
  await expect(
    api.capture.start({ connectionId: 'any', topics: ['people'], from: 'earliest' }),
  ).rejects.toMatchObject({ code: expect.stringMatching(/^(workspace.read-only|connection.unknown)$/) });

  await api.workspace.create({ name: 'dispute 0412' });
  await expect(api.workspace.create({ name: 'dispute 0412' })).rejects.toMatchObject({
    code: 'workspace.exists',
  });
  api = await start({ demoRecording });
  expect(await api.workspace.current({})).toMatchObject({
    name: 'dispute 0412',
    kind: 'workspace',
    readOnly: false,
  });
  expect((await api.workspace.list({})).map(({ name }) => name)).toEqual(['dispute 0412', 'Demo']);
  expect(await api.workspace.openDemo({})).toMatchObject({ kind: 'demo' });
  api = await start({ demoRecording });
  expect(await api.workspace.current({})).toMatchObject({ name: 'dispute 0412' });
  expect(readFileSync(demoRecording).equals(bytes)).toBe(true);
});

test('without a demo nothing is open, and that is said', async () => {
  const api = await start();
  expect(await api.workspace.current({})).toBeNull();
  await expect(api.workspace.openDemo({})).rejects.toMatchObject({ code: 'workspace.missing' });
  await expect(api.events.query({ filter: {}, from: 0, count: 1 })).rejects.toMatchObject({
    code: 'workspace.none',
  });
  await expect(api.workspace.open({ name: 'nobody' })).rejects.toMatchObject({ code: 'workspace.missing' });
});

test('a file is opened by a token of a dialog only, and a token works once', async () => {
  const file = await recording(join(folder.path, 'chosen.hindcast'));
  const tokens = new Map([['t1', file]]);
  const api = await start({ tokens });
  expect(await api.workspace.openFile({ token: 't1' })).toMatchObject({ name: 'chosen', kind: 'recording' });
  await expect(api.workspace.openFile({ token: file })).rejects.toMatchObject({ code: 'file.token' });
  for (const name of ['../evil', 'a/b', '.hidden', ''])
    await expect(api.workspace.create({ name })).rejects.toMatchObject({ code: 'input.invalid' });
});

test('damaged, newer and foreign files are refused untouched, and the open workspace stays open', async () => {
  let api = await start();
  await api.workspace.create({ name: 'good' });
  await api.workspace.create({ name: 'newer' });
  await api.workspace.open({ name: 'good' });
  const db = new Database(fileOf('newer'));
  db.pragma('user_version = 999');
  db.close();
  copyFileSync(fileOf('newer'), fileOf('damaged'));
  truncateSync(fileOf('damaged'), 20_000);
  writeFileSync(fileOf('foreign'), 'not a workspace');
  for (const [name, codes] of [
    ['newer', ['workspace.newer']],
    ['damaged', ['workspace.newer', 'workspace.damaged']],
    ['foreign', ['workspace.not-ours']],
  ] as const) {
    const before = readFileSync(fileOf(name));
    const error = await api.workspace.open({ name }).catch((refusal: { code: string }) => refusal);
    expect(codes).toContain((error as { code: string }).code);
    expect(readFileSync(fileOf(name)).equals(before)).toBe(true);
    expect(await api.workspace.current({})).toMatchObject({ name: 'good' });
  }
  // The last one is gone or spoilt at the next start: said once, then the window goes on without.
  await engine!.close();
  writeFileSync(fileOf('good'), 'spoilt');
  api = await start();
  await expect(api.workspace.current({})).rejects.toMatchObject({ code: 'workspace.not-ours' });
  expect(await api.workspace.current({})).toBeNull();
});

test('a workspace that another process has open is refused with its number', async () => {
  const api = await start();
  await api.workspace.create({ name: 'shared' });
  await api.workspace.create({ name: 'other' });
  const source = new URL('../../../src/engine/store/workspace.ts', import.meta.url).href;
  const program = join(folder.path, 'holder.mjs');
  writeFileSync(
    program,
    `const { openWorkspace } = await import(${JSON.stringify(source)});
     await openWorkspace(${JSON.stringify(fileOf('shared'))}, { mode: 'open', log() {} });
     console.log('open'); process.stdin.resume();`,
  );
  const holder = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await once(holder.stdout, 'data');
    await expect(api.workspace.open({ name: 'shared' })).rejects.toMatchObject({
      code: 'workspace.in-use',
      message: expect.stringContaining(String(holder.pid)),
    });
    expect(await api.workspace.current({})).toMatchObject({ name: 'other' });
  } finally {
    holder.kill('SIGKILL');
    await once(holder, 'exit');
  }
  // A killed holder leaves no lock.
  expect(await api.workspace.open({ name: 'shared' })).toMatchObject({ name: 'shared' });
  expect(existsSync(fileOf('shared'))).toBe(true);
});
