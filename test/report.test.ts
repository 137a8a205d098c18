// The end of a test run: what it says of failures, from the reports that the runners write.
import { describe, expect, test } from 'vitest';
import {
  firstLine,
  lastLines,
  reasonIn,
  tapFailures,
  type VitestReport,
  vitestFailures,
  vitestSeconds,
} from '../scripts/report.mjs';

const root = '/repo';
const assertion = (title: string, failure?: string) => ({
  ancestorTitles: ['', 'a group'],
  title,
  status: failure === undefined ? 'passed' : 'failed',
  failureMessages: failure === undefined ? [] : [failure],
});
const file = (
  name: string,
  assertionResults: ReturnType<typeof assertion>[],
  more: { status?: string; message?: string } = {},
) => ({
  name: `${root}/${name}`,
  status: assertionResults.some(({ status }) => status === 'failed') ? 'failed' : 'passed',
  message: '',
  startTime: 1_000,
  endTime: 3_500,
  assertionResults,
  ...more,
});
const run = (...testResults: VitestReport['testResults']) => ({
  ...{ suite: 'unit', root, more: null, status: 1 },
  report: { testResults },
});

describe('failures of Vitest', () => {
  test('a failed test has suite, file, full name and the first line of its error', () => {
    const failing = assertion(
      'adds up',
      '\u001b[31mAssertionError: expected 1 to be 2\u001b[39m\n    at here',
    );
    expect(vitestFailures(run(file('src/a.test.ts', [assertion('is fine'), failing])))).toEqual([
      {
        suite: 'unit',
        file: 'src/a.test.ts',
        name: 'a group > adds up',
        error: 'AssertionError: expected 1 to be 2',
      },
    ]);
  });

  test('of a browser test: what it was waiting for, in which line of its file, and what the page showed', () => {
    const failing = assertion(
      'opens',
      "TimeoutError: locator.waitFor: Timeout 30000ms exceeded.\nCall log:\n\u001b[2m  - waiting for getByRole('grid') to be visible\u001b[22m\n\n    at help (/repo/test/e2e/screen.ts:7:9)\n    at /repo/test/e2e/a.test.ts:112:29\n    at run (node_modules/x.js:1:2)\nThe page: #/events · focus div",
    );
    expect(vitestFailures(run(file('test/e2e/a.test.ts', [failing])))[0]?.error).toBe(
      "TimeoutError: locator.waitFor: Timeout 30000ms exceeded. | waiting for getByRole('grid') to be visible | line 112 | The page: #/events · focus div",
    );
  });

  test('in what a result differs from the expected one stands behind it', () => {
    const diff =
      '\u001b[32m- Expected\u001b[39m\n+ Received\n\n  {\n-   "stored": 180,\n+   "stored": 181,\n  }';
    const more = {
      milliseconds: {},
      differences: { '/repo/src/a.test.ts\na group > adds up': diff },
      outside: [],
    };
    const failed = run(file('src/a.test.ts', [assertion('adds up', 'AssertionError: not so')]));
    expect(vitestFailures({ ...failed, more })[0]?.error).toBe(
      'AssertionError: not so | - "stored": 180, + "stored": 181,',
    );
  });

  test('a file that did not load, did not end, or whose set-up failed is one', () => {
    const failures = vitestFailures(
      run(
        file('src/broken.test.ts', [], { status: 'failed', message: 'Cannot find module ./x' }),
        file('src/killed.test.ts', [assertion('was not run')], { status: 'failed' }),
      ),
    );
    expect(failures.map((each) => [each.file, each.name, each.error])).toEqual([
      ['src/broken.test.ts', 'the file as a whole', 'Cannot find module ./x'],
      ['src/killed.test.ts', 'the file as a whole', 'it did not end'],
    ]);
  });

  test('an error outside of the tests is one, also when all tests passed', () => {
    const outside = [{ file: `${root}/src/a.test.ts`, message: 'Error: late\n  at there' }];
    const passed = run(file('src/a.test.ts', [assertion('is fine')]));
    expect(vitestFailures({ ...passed, more: { milliseconds: {}, differences: {}, outside } })).toEqual([
      { suite: 'unit', file: 'src/a.test.ts', name: 'an error outside of the tests', error: 'Error: late' },
    ]);
  });

  test('a run that failed without a word, or left no report, is one; a good run is none', () => {
    const passed = run(file('src/a.test.ts', [assertion('is fine')]));
    expect(vitestFailures(passed)).toMatchObject([{ name: 'the run', error: 'ended with status 1' }]);
    expect(vitestFailures({ ...passed, report: null, status: null })).toMatchObject([
      { error: 'gave no report, status null' },
    ]);
    expect(vitestFailures({ ...passed, status: 0 })).toEqual([]);
  });

  test('seconds of a file are those with its hooks where they are known', () => {
    const { report } = run(file('src/a.test.ts', []), file('src/b.test.ts', []));
    const more = { milliseconds: { '/repo/src/b.test.ts': 9_000 }, differences: {}, outside: [] };
    expect(vitestSeconds({ suite: 'unit', root, report, more })).toEqual([
      { suite: 'unit', file: 'src/a.test.ts', seconds: 2.5 },
      { suite: 'unit', file: 'src/b.test.ts', seconds: 9 },
    ]);
  });
});

test('failures of Node’s runner: tests and hooks, not the parents of failed tests', () => {
  const output = `TAP version 13
# Subtest: window
    # Subtest: opens
    ok 1 - opens
      ---
      type: 'test'
      ...
    # Subtest: menu
        # Subtest: has quit
        not ok 1 - has quit
          ---
          type: 'test'
          location: '/repo/test/electron/window.test.mjs:12:3'
          failureType: 'testCodeFailure'
          error: |-
            it is
            not there
          code: 'ERR_TEST_FAILURE'
          ...
        1..1
    not ok 2 - menu
      ---
      type: 'suite'
      failureType: 'subtestsFailed'
      error: '1 subtest failed'
      ...
    1..2
not ok 1 - window
  ---
  failureType: 'subtestsFailed'
  ...
# Subtest: engine
not ok 2 - engine
  ---
  location: '/repo/test/electron/engine.test.mjs:3:1'
  failureType: 'hookFailed'
  error: 'no shell'
  ...
`;
  expect(tapFailures({ suite: 'electron', output, root })).toEqual([
    {
      suite: 'electron',
      file: 'test/electron/window.test.mjs',
      name: 'window > menu > has quit',
      error: 'it is',
    },
    { suite: 'electron', file: 'test/electron/engine.test.mjs', name: 'engine', error: 'no shell' },
  ]);
});

test('of a command’s output the line that speaks of an error, else the last one', () => {
  expect(reasonIn('built\nsrc/a.ts(3,4): error TS2322: no\nFound 1 error\n')).toBe(
    'src/a.ts(3,4): error TS2322: no',
  );
  expect(reasonIn('Loading …\nTypeError: x is not a function\n  at y\n')).toBe(
    'TypeError: x is not a function',
  );
  expect(reasonIn('one\ntwo\n\n')).toBe('two');
  expect(firstLine('')).toBe('no message');
  expect(firstLine('x'.repeat(1_000))).toHaveLength(240);
});

test('the end: a line per failure, seconds per part, the ten slowest files', () => {
  const files = Array.from({ length: 12 }, (_, i) => ({ suite: 'unit', file: `f${i}`, seconds: i * 3 }));
  const failures = [
    { suite: 'unit', file: 'a.test.ts', name: 'group > name', error: 'Error: no' },
    { suite: 'check', file: '', name: 'types (status 1)', error: 'error TS1' },
  ];
  const parts = [
    { name: 'unit', seconds: 300.4 },
    { name: 'types', seconds: 4.25 },
  ];
  expect(lastLines({ failures, parts, files })).toEqual([
    'FAILED: unit | a.test.ts | group > name: Error: no',
    'FAILED: check | types (status 1): error TS1',
    'Seconds: unit 300, types 4.3; all 305',
    'Slowest files: f11 33, f10 30, f9 27, f8 24, f7 21, f6 18, f5 15, f4 12, f3 9.0, f2 6.0',
  ]);
});
