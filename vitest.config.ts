import { availableParallelism } from 'node:os';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { bundledThreads } from './test/setup/bundles.ts';

// Vitest would leave one core for itself, which is half of a machine with two.
const maxWorkers = availableParallelism();
const globalSetup = ['test/setup/bundles.ts'];
// As the limits below: against hanging. The default is one second.
const expectations = { poll: { timeout: 60_000 } };

// Unit tests lie beside their source. Integration tests need a real Kafka, e2e tests a real Chromium; both say so
// and are reported as skipped where the machine lacks them.
export default defineConfig({
  test: {
    projects: [
      {
        plugins: [bundledThreads],
        test: {
          name: 'unit',
          globalSetup,
          maxWorkers,
          include: ['src/**/*.test.ts', 'test/*.test.ts', 'test/fixtures/**/*.test.ts'],
          // A limit against hanging, not a measure: on a busy machine the default of 5 s failed sound tests.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          expect: expectations,
        },
      },
      {
        plugins: [react(), bundledThreads],
        test: {
          name: 'integration',
          globalSetup,
          include: ['test/integration/**/*.test.ts'],
          // More than what the waits inside allow together: else this limit would be the one that is met.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          expect: expectations,
          // They mostly wait for a broker; each file has its own.
          maxWorkers: maxWorkers + 1,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          setupFiles: ['test/e2e/failedPages.ts'],
          // A poll that names no time would give up after one second, however busy the machine is.
          expect: { poll: { timeout: 60_000 } },
          // Against hanging only: what a test waits for has limits of its own.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
