#!/usr/bin/env node
// Runs the command line on the Node version it was made for, whichever Node the machine has.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The pinned Node of the package `node`; null when it is not installed (its install script did not run). */
function pinnedNode() {
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const folders = [join(root, 'node_modules', 'node')];
  try {
    folders.push(dirname(createRequire(join(root, 'package.json')).resolve('node/package.json')));
  } catch {
    // Not installed, or hoisted to where Node does not look.
  }
  return folders.map((folder) => join(folder, 'bin', file)).find((path) => existsSync(path)) ?? null;
}

function fail(message) {
  process.stderr.write(`hindcast: ${message}\n`);
  process.exit(1);
}

const built = join(root, 'out', 'main', 'headless.js');
const source = join(root, 'src', 'headless', 'cli.ts');
const entry = [built, source].find((file) => existsSync(file));
if (!entry) fail('there is no build. Run npm run build in the package folder.');
const major = Number(process.versions.node.split('.')[0]);
const node = pinnedNode() ?? (major >= 24 ? process.execPath : null);
if (!node)
  fail(`Node 24 is missing (this is ${process.version}). Run npm rebuild node in the package folder.`);

// Memory goes back to the system sooner: buffers wander between threads, and each would keep a heap for its own.
const flags = ['--max-semi-space-size=8'];
const env = { MALLOC_ARENA_MAX: '2', ...process.env };
const child = spawn(node, [...flags, entry, ...process.argv.slice(2)], { stdio: 'inherit', env });
// What is sent to this process alone is passed on. Ctrl-C on a terminal reaches the child by itself; twice would be
// a second request. The child decides how to end.
const onTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
process.on('SIGINT', () => onTerminal || child.kill('SIGINT'));
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => fail(`${node} cannot be started: ${error.message}`));
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
