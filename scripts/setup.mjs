// What `npm start`, `npm test` and the others need before anything else: packages, the pinned Node, a build.
// Runs on any Node ≥ 20 with nothing installed, so it imports Node's own modules only.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

export const root = join(import.meta.dirname, '..');
export const cache = join(root, '.cache');
export const pinnedNode = join(
  root,
  'node_modules',
  '.bin',
  process.platform === 'win32' ? 'node.cmd' : 'node',
);

export const say = (text) => process.stderr.write(`${text}\n`);

/** Environment in which `node` is the pinned one. */
export function environment() {
  const separator = process.platform === 'win32' ? ';' : ':';
  return {
    ...process.env,
    PATH: `${join(root, 'node_modules', '.bin')}${separator}${process.env.PATH ?? ''}`,
  };
}

/** Runs a command; on failure says what failed and ends the program with its status. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: environment(), ...options });
  if (done.error) fail(`${command} could not be started: ${done.error.message}`);
  if (done.status !== 0)
    fail(`${[command, ...args].join(' ')} failed (status ${done.status ?? done.signal}).`);
}

export function fail(text) {
  say(`hindcast: ${text}`);
  process.exit(1);
}

/** Installs the packages of the lockfile when they are missing or of an older lockfile. */
export function ensurePackages() {
  const stamp = join(root, 'node_modules', '.package-lock.json');
  const wanted = statSync(join(root, 'package-lock.json')).mtimeMs;
  if (existsSync(stamp) && existsSync(pinnedNode) && statSync(stamp).mtimeMs >= wanted) return;
  say('Installing packages (once; about a minute) …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  // A lockfile that a checkout made newer than the install would else trigger it again each time.
  writeFileSync(stamp, readFileSync(stamp));
}

function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) latest = Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
  }
  return latest;
}

/** Builds the bundles when a source is newer than the last build. */
export function ensureBuild() {
  const stamp = join(root, 'out', '.built');
  const configs = ['package-lock.json', 'electron.vite.config.ts'].map(
    (file) => statSync(join(root, file)).mtimeMs,
  );
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= Math.max(newest(join(root, 'src')), ...configs)) return;
  say('Building (a few seconds) …');
  const done = spawnSync(
    pinnedNode,
    [join(root, 'node_modules/electron-vite/bin/electron-vite.js'), 'build'],
    {
      cwd: root,
      env: environment(),
      encoding: 'utf8',
    },
  );
  if (done.status !== 0) fail(`the build failed:\n${done.stdout}\n${done.stderr}`);
  mkdirSync(join(root, 'out'), { recursive: true });
  writeFileSync(stamp, '');
}

/** The demo recording is made from the seeded generator, not kept in the repository. */
export function ensureDemo() {
  const recording = join(root, 'resources', 'demo.hindcast');
  const sources = [newest(join(root, 'test/fixtures/demo')), newest(join(root, 'src/engine/store'))];
  if (existsSync(recording) && statSync(recording).mtimeMs >= Math.max(...sources)) return;
  say('Making the demo recording (a few seconds) …');
  run(pinnedNode, [join(root, 'scripts', 'make-demo.ts'), recording]);
}
