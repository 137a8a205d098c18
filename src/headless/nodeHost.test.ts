import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createNodeHost, defaultDataDir } from './nodeHost.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hindcast-node-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});
const open = (dataDir: string) =>
  createNodeHost({ dataDir, door: 'test', version: '1', restarts: 0, demoRecording: null });

test.skipIf(process.platform === 'win32')('the data folder is made private, also one that was open', () => {
  const fresh = join(dir, 'a', 'b');
  expect(open(fresh).dataDir).toBe(fresh);
  expect(statSync(fresh).mode & 0o777).toBe(0o700);
  const loose = join(dir, 'loose');
  mkdirSync(loose);
  chmodSync(loose, 0o755);
  open(loose);
  expect(statSync(loose).mode & 0o777).toBe(0o700);
});

test('it has a vault, a user, and no dialogs', async () => {
  const host = open(dir);
  expect(await host.secrets.open(await host.secrets.seal('x'))).toBe('x');
  expect(typeof host.user).toBe('string');
  expect(host.resolveFileToken('/etc/passwd')).toBeNull();
});

test('a helper is a process of its own that answers, and ends when it is killed', async () => {
  const helper = open(dir).spawnHelper('console');
  const answer = new Promise((resolve) => helper.onMessage(resolve));
  const ended = new Promise<void>((resolve) => helper.onExit(resolve));
  helper.send({ id: 7, query: { database: join(dir, 'missing') } });
  expect(await answer).toMatchObject({ id: 7, code: expect.any(String) });
  helper.kill();
  await ended;
  helper.send({ id: 8 }); // too late, and no error
  await new Promise<void>((resolve) => helper.onExit(resolve));
});

test.runIf(process.platform === 'linux')('data goes where XDG says', () => {
  vi.stubEnv('XDG_DATA_HOME', '/data/ada');
  expect(defaultDataDir()).toBe('/data/ada/hindcast');
  vi.stubEnv('XDG_DATA_HOME', '');
  expect(defaultDataDir()).toBe(join(homedir(), '.local/share/hindcast'));
});
