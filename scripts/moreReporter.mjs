// A reporter of Vitest for what its JSON report leaves out: errors outside of tests, in what a result differs from the
// expected one, and the time of a file with its hooks.
import { writeFileSync } from 'node:fs';
import process from 'node:process';

export default class MoreReporter {
  onTestRunEnd(modules, outside) {
    const milliseconds = Object.fromEntries(
      modules.map((each) => {
        const { duration, collectDuration } = each.diagnostic();
        return [each.moduleId, duration + collectDuration];
      }),
    );
    const differences = {};
    for (const each of modules)
      for (const test of each.children.allTests('failed')) {
        const diff = test.result().errors?.find((error) => error.diff)?.diff;
        if (diff) differences[`${each.moduleId}\n${test.fullName}`] = diff;
      }
    const errors = outside.map((error) => ({
      file: error.VITEST_TEST_PATH ?? null,
      message: error.stack || error.message || String(error),
    }));
    writeFileSync(
      process.env.HINDCAST_MORE_REPORT,
      JSON.stringify({ milliseconds, differences, outside: errors }),
    );
  }
}
