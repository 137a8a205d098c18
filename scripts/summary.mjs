// The end of .ci/run: counts of the tests and of the checks after them, and what failed. Called with the file of the checks
// (a line each: name, status, seconds, file of its output; divided by tabs). The last line is 'N passed, N failed'.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { lastLines, reasonIn } from './report.mjs';
import { cache } from './setup.mjs';

const summary = join(cache, 'tests.json');
const tests = existsSync(summary)
  ? JSON.parse(readFileSync(summary, 'utf8'))
  : { passed: 0, failed: 0, failures: [], parts: [], files: [] };
const failures = [...tests.failures];
const parts = [...tests.parts];
let { passed, failed } = tests;
const checks = readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean);
for (const check of checks) {
  const [name, status, seconds, output] = check.split('\t');
  // The tests count themselves, if they came to it.
  const isCounted = name === 'npm test' && failed + passed > 0 && (status === '0' || failed > 0);
  if (isCounted) continue;
  parts.push({ name, seconds: Number(seconds) });
  if (status === '0' && name !== 'npm test') passed += 1;
  else {
    failed += 1;
    const error = reasonIn(readFileSync(output, 'utf8'));
    failures.push({ suite: 'check', file: '', name: `${name} (status ${status})`, error });
  }
}
for (const line of lastLines({ failures, parts, files: tests.files })) console.log(line);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
