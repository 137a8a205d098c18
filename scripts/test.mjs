// npm test: sets up what is missing and runs every test, real Kafka and real browser included. What cannot be set up
// is named with the command that would fix it; those tests are then reported as skipped.
//   npm test                     all
//   npm test -- unit integration only these suites (unit, integration, e2e, electron)
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import {
  cache,
  ensureBuild,
  ensureDemo,
  ensurePackages,
  environment,
  pinnedNode,
  root,
  say,
} from './setup.mjs';

const SUITES = ['unit', 'integration', 'e2e', 'electron'];
const asked = process.argv.slice(2).filter((a) => SUITES.includes(a));
const suites = asked.length > 0 ? asked : SUITES;

function has(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

function findChromium() {
  const names = [
    process.env.CHROMIUM_PATH,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  names.push('/Applications/Google Chrome.app/Contents/MacOS/Google Chrome');
  return names.find((file) => file && existsSync(file)) ?? null;
}

/** Chromium and kcat from Debian's packages, where this user may install them. */
function ensureDebianPackages() {
  const missing = [];
  if (!findChromium()) missing.push('chromium');
  if (!has('java') && !has('docker')) missing.push('openjdk-17-jre-headless');
  if (has('java') && !has('mvn')) missing.push('maven');
  if (!has('openssl')) missing.push('openssl');
  if (spawnSync('kcat', ['-V'], { stdio: 'ignore' }).error) missing.push('kcat');
  if (missing.length === 0) return;
  const command = `apt-get update && apt-get install -y ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !has('apt-get')) {
    say(
      `*** Not here: ${missing.join(', ')}. The tests that need them are SKIPPED. To run them: sudo sh -c '${command}'`,
    );
    return;
  }
  say(`Installing ${missing.join(', ')} …`);
  const done = spawnSync('sh', ['-c', `${command} >/dev/null 2>&1`], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (done.status !== 0) say(`*** ${command} failed; the tests that need them are SKIPPED.`);
}

const total = { passed: 0, failed: 0, skipped: 0 };

function vitest(project) {
  const report = join(cache, `vitest-${project}.json`);
  const args = [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const done = spawnSync(pinnedNode, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...environment(), CHROMIUM_PATH: findChromium() ?? '' },
  });
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null;
  if (!result) {
    total.failed += 1;
    return;
  }
  total.passed += result.numPassedTests;
  total.failed += result.numFailedTests;
  total.skipped += result.numPendingTests + result.numTodoTests;
  // A file that did not load has no tests to count, and an error outside a test fails the run as well.
  if (done.status !== 0 && result.numFailedTests === 0) total.failed += 1;
}

function electron() {
  // The stand-in is an optional help of this project's own machines; elsewhere real Electron or a loud skip.
  const beside = join(root, '../shared/electron-standin/sim/launch.mjs');
  const env = { ...environment(), CHROMIUM_PATH: findChromium() ?? '' };
  if (!env.ELECTRON_STANDIN && existsSync(beside)) env.ELECTRON_STANDIN = beside;
  const args = [
    '--test',
    '--test-force-exit',
    '--test-timeout=60000',
    '--test-reporter=tap',
    'test/electron/*.test.mjs',
  ];
  const done = spawnSync(pinnedNode, args, { cwd: root, env, encoding: 'utf8', maxBuffer: 64 << 20 });
  process.stdout.write(done.stdout);
  process.stderr.write(done.stderr);
  const count = (name) => Number(done.stdout.match(new RegExp(`^# ${name} (\\d+)$`, 'm'))?.[1] ?? 0);
  total.passed += count('pass');
  total.failed += count('fail') + count('cancelled');
  // A skipped suite is not counted by the runner, since its tests were never made.
  const skippedSuites = done.stdout.match(/^ok \d+ - .* # SKIP/gm)?.length ?? 0;
  total.skipped += count('skipped') + count('todo') + skippedSuites;
  if (done.status !== 0 && count('fail') + count('cancelled') === 0) total.failed += 1;
}

ensurePackages();
ensureDebianPackages();
mkdirSync(cache, { recursive: true });
if (suites.some((suite) => suite !== 'unit')) {
  ensureBuild();
  ensureDemo();
}
for (const suite of suites) {
  say(`\n=== ${suite} tests`);
  if (suite === 'electron') electron();
  else vitest(suite);
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`\ntests: ${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed > 0 ? 1 : 0);
