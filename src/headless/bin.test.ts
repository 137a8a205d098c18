import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const project = join(import.meta.dirname, '../..');
/** The oldest Node on this machine that the starter must do with; the pinned one where there is no other. */
const anyNode = ['/usr/bin/node', '/usr/local/bin/node'].find((file) => existsSync(file)) ?? process.execPath;
const PROGRAM = `
  const tell = () => console.log(JSON.stringify({ args: process.argv.slice(2), version: process.versions.node }));
  if (process.argv.includes('--wait')) {
    process.on('SIGTERM', () => process.exit(7));
    setInterval(() => {}, 1000);
  } else if (process.argv.includes('--killed')) process.kill(process.pid, 'SIGKILL');
  else process.exitCode = 3;
  tell();`;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hindcast-bin-'));
  for (const folder of ['bin', 'out/main', 'node_modules']) mkdirSync(join(dir, folder), { recursive: true });
  copyFileSync(join(project, 'bin/hindcast.mjs'), join(dir, 'bin/hindcast.mjs'));
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
  writeFileSync(join(dir, 'out/main/headless.js'), PROGRAM);
  symlinkSync(join(project, 'node_modules/node'), join(dir, 'node_modules/node'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function run(...args: string[]) {
  const child = spawn(anyNode, [join(dir, 'bin/hindcast.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code, output, errors }));
  return { child, ended, started: () => once(child.stdout, 'data') };
}

test('arguments and exit status pass through, on the pinned Node', async () => {
  const { code, output } = await run('events', '--where', 'a b', '').ended;
  expect(code).toBe(3);
  expect(JSON.parse(output)).toEqual({
    args: ['events', '--where', 'a b', ''],
    version: execFileSync(join(project, 'node_modules/node/bin/node'), ['-p', 'process.versions.node'], {
      encoding: 'utf8',
    }).trim(),
  });
});

test('a signal reaches the program, which decides how to end', async () => {
  const { child, ended, started } = run('--wait');
  await started();
  child.kill('SIGTERM');
  expect((await ended).code).toBe(7);
});

test('a program that was killed is told as shells do', async () => {
  expect((await run('--killed').ended).code).toBe(128 + 9);
});

test('without a build the source runs; without both it says what to do', async () => {
  rmSync(join(dir, 'out'), { recursive: true });
  const { code, errors } = await run().ended;
  expect([code, errors]).toEqual([
    1,
    'hindcast: there is no build. Run npm run build in the package folder.\n',
  ]);
  mkdirSync(join(dir, 'src/headless'), { recursive: true });
  writeFileSync(join(dir, 'src/headless/cli.ts'), 'const status: number = 5; process.exitCode = status;');
  expect((await run().ended).code).toBe(5);
});
