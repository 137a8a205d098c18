import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Services } from '../../contract/contract.ts';
import { createFileDesk } from '../../engine/files/fileDesk.ts';
import type { EngineHost, FileDesk } from '../../engine/host.ts';
import { type RunningHost, startHost } from './startHost.ts';

let dir: string;
let files: FileDesk;
let host: RunningHost;
let origin: string;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'hindcast-pass-'));
  mkdirSync(join(dir, 'page'));
  writeFileSync(join(dir, 'page', 'index.html'), '<!doctype html>');
  files = createFileDesk({ dataDir: dir, resolveFileToken: () => null } as unknown as EngineHost);
  const log = () => {};
  host = await startHost({ engine: { services: {} as Services, files }, pageDir: join(dir, 'page'), log });
  origin = `http://127.0.0.1:${host.port}`;
});
afterEach(async () => {
  await host.close();
  files.close();
  rmSync(dir, { recursive: true, force: true });
});

const passing = () => readdirSync(join(dir, 'passing'), { recursive: true }).length;

test('what a job made is fetched once, under its name, and gone then', async () => {
  const { path, offer } = files.destination({ download: 'a “b”\r\n../c.csv' });
  writeFileSync(path, 'hello');
  offer('job-1');
  const found = files.download('job-1')!;
  expect(found.path).toMatch(/^\/download\/[\w-]{43}$/);
  const answer = await fetch(`${origin}${found.path}`);
  expect(await answer.text()).toBe('hello');
  expect(answer.headers.get('content-disposition')).toBe(
    "attachment; filename*=UTF-8''a%20%E2%80%9Cb%E2%80%9D__.._c.csv",
  );
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect((await fetch(`${origin}${found.path}`)).status).toBe(404);
  await expect.poll(() => existsSync(path)).toBe(false);
  expect(files.download('job-1')).toBe(null);
});

test('unknown addresses, other methods and other hosts get nothing', async () => {
  expect((await fetch(`${origin}/download/none`)).status).toBe(404);
  expect(
    (await fetch(`${origin}/upload/none`, { method: 'PUT', body: 'x', headers: { origin } })).status,
  ).toBe(400);
  expect((await fetch(`${origin}/download/none`, { method: 'DELETE' })).status).toBe(405);
});

const put = (path: string, body: string, from = origin) =>
  fetch(`${origin}${path}`, { method: 'PUT', body, headers: { origin: from } });

test('an upload comes whole, from the page itself, and its token works once', async () => {
  const { path, token } = files.upload('../../x.ndjson', 5);
  expect((await put(path, 'hello', 'http://evil.example')).status).toBe(403);
  expect((await put(path, 'hello')).status).toBe(204);
  const { file, isUploaded } = files.resolve(token);
  expect(isUploaded).toBe(true);
  expect(file.startsWith(join(dir, 'passing'))).toBe(true);
  expect(readFileSync(file, 'utf8')).toBe('hello');
  expect(() => files.resolve(token)).toThrow(/not chosen in a dialog/);
  expect((await put(path, 'again')).status).toBe(400);
});

test.each(['hello and more', 'hi'])(
  'an upload of another size than announced is refused: %s',
  async (body) => {
    const { path, token } = files.upload('x.csv', 5);
    expect((await put(path, body)).status).toBe(400);
    expect(() => files.resolve(token)).toThrow(/not chosen in a dialog/);
  },
);

test('what was not fetched goes with the engine', () => {
  const { path, offer } = files.destination({ download: 'a.csv' });
  writeFileSync(path, 'hello');
  offer('job-1');
  expect(passing()).toBeGreaterThan(0);
  files.close();
  expect(existsSync(path)).toBe(false);
});
