import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openWorkspace } from '../store/workspace.ts';

const root = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'hindcast-orphan-'));
let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const ENDLESS = 'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const childrenOf = (pid: number): number[] =>
  spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => line !== '')
    .map(Number);

function hasOpen(pid: number, file: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === file);
  } catch {
    return false; // it ended, or closed a file, while it was looked at
  }
}

test.skipIf(process.platform !== 'linux')(
  'a statement that never ends dies with a killed engine',
  async () => {
    const file = join(folder, 'empty.hindcast');
    await (await openWorkspace(file, { mode: 'create', log: () => {} })).close();
    const script = `
      import { createEngine } from '${root}/src/engine/app.ts';
      import { createNodeHost } from '${root}/src/headless/nodeHost.ts';
      const host = createNodeHost({ dataDir: '${folder}/data', door: 'test', version: '0', restarts: 0, demoRecording: null });
      const engine = await createEngine(host, { openLast: false });
      await engine.openWorkspaceFile('${file}', 'read-only');
      const context = { signal: new AbortController().signal, traceId: 't' };
      void engine.services.sql.query({ sql: '${ENDLESS}', cut: { knownOn: null, trueOn: null }, limit: 1 }, context);
      console.log('running');`;
    writeFileSync(join(folder, 'engine.mjs'), script);
    child = spawn(process.execPath, [join(folder, 'engine.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((done) => child!.stdout!.once('data', done));
    let helpers: number[] = [];
    // The one that has the workspace open has got the statement.
    await expect
      .poll(() => {
        helpers = childrenOf(child!.pid!);
        return helpers.some((pid) => hasOpen(pid, file));
      })
      .toBe(true);
    child.kill('SIGKILL');
    await expect.poll(() => helpers.some(isAlive)).toBe(false);
  },
  180_000,
);
