// npm test: sets up what is missing and runs every test, real Kafka and real browser included. What cannot be set up
// is named with the command that would fix it; those tests are then reported as skipped.
//   npm test                     all
//   npm test -- unit integration only these suites (unit, integration, e2e, electron)
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { lastLines, tapFailures, vitestFailures, vitestSeconds } from './report.mjs';
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

function has(command, argument = '--version') {
  return spawnSync(command, [argument], { stdio: 'ignore' }).status === 0;
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
  if (!has('openssl', 'version')) missing.push('openssl');
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

const total = { passed: 0, failed: 0, skipped: 0, failures: [], parts: [], files: [] };

/** Runs a part and remembers how long it took. */
function timed(name, work) {
  const began = performance.now();
  work();
  total.parts.push({ name, seconds: (performance.now() - began) / 1000 });
}

const readJson = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null);

function vitest(suite) {
  const reportFile = join(cache, `vitest-${suite}.json`);
  const moreFile = join(cache, `vitest-${suite}-more.json`);
  // A run that dies must not be counted by the report of an earlier one.
  for (const file of [reportFile, moreFile]) rmSync(file, { force: true });
  const args = [
    'run',
    '--project',
    suite,
    '--reporter=default',
    '--reporter=json',
    `--reporter=${join(root, 'scripts/moreReporter.mjs')}`,
    `--outputFile.json=${reportFile}`,
  ];
  const { status } = spawnSync(pinnedNode, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...environment(), CHROMIUM_PATH: findChromium() ?? '', HINDCAST_MORE_REPORT: moreFile },
  });
  const report = readJson(reportFile);
  const more = readJson(moreFile);
  const failures = vitestFailures({ suite, report, more, status, root });
  total.passed += report?.numPassedTests ?? 0;
  total.skipped += (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  total.failed += failures.length;
  total.failures.push(...failures);
  total.files.push(...vitestSeconds({ suite, report, more, root }));
}

function electron() {
  // The stand-in is an optional help of this project's own machines; elsewhere real Electron or a loud skip.
  const beside = join(root, '../shared/electron-standin/sim/launch.mjs');
  const env = { ...environment(), CHROMIUM_PATH: findChromium() ?? '' };
  if (!env.ELECTRON_STANDIN && existsSync(beside)) env.ELECTRON_STANDIN = beside;
  const args = [
    '--test',
    '--test-force-exit',
    '--test-timeout=300000',
    '--test-reporter=tap',
    'test/electron/*.test.mjs',
  ];
  const done = spawnSync(pinnedNode, args, { cwd: root, env, encoding: 'utf8', maxBuffer: 64 << 20 });
  process.stdout.write(done.stdout);
  process.stderr.write(done.stderr);
  const count = (name) => Number(done.stdout.match(new RegExp(`^# ${name} (\\d+)$`, 'm'))?.[1] ?? 0);
  const failures = tapFailures({ suite: 'electron', output: done.stdout, root });
  let failed = count('fail') + count('cancelled');
  if (done.status !== 0 && failed === 0) failed = 1;
  if (failed > 0 && failures.length === 0)
    failures.push({
      suite: 'electron',
      file: 'test/electron',
      name: 'the run',
      error: `ended with status ${done.status}`,
    });
  total.passed += count('pass');
  total.failed += failed;
  total.failures.push(...failures);
  // A skipped suite is not counted by the runner, since its tests were never made.
  const skippedSuites = done.stdout.match(/^ok \d+ - .* # SKIP/gm)?.length ?? 0;
  total.skipped += count('skipped') + count('todo') + skippedSuites;
}

timed('set-up', () => {
  ensurePackages();
  ensureDebianPackages();
  mkdirSync(cache, { recursive: true });
  if (suites.every((suite) => suite === 'unit')) return;
  ensureBuild();
  ensureDemo();
});
for (const suite of suites) {
  say(`\n=== ${suite} tests`);
  timed(suite, () => (suite === 'electron' ? electron() : vitest(suite)));
}
writeFileSync(join(cache, 'tests.json'), JSON.stringify(total));
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`\n${lastLines(total).join('\n')}`);
console.log(`tests: ${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed > 0 ? 1 : 0);
