// A reporter of Vitest for what its JSON report leaves out: errors outside of tests, and the time of a file with its hooks.
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
    const errors = outside.map((error) => ({
      file: error.VITEST_TEST_PATH ?? null,
      message: error.stack || error.message || String(error),
    }));
    writeFileSync(process.env.HINDCAST_MORE_REPORT, JSON.stringify({ milliseconds, outside: errors }));
  }
}
