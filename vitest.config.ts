import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// Unit tests lie beside their source. Integration tests need a real Kafka, e2e tests a real Chromium; both say so
// and are reported as skipped where the machine lacks them.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/*.test.ts', 'test/fixtures/**/*.test.ts'],
          // A limit against hanging, not a measure: on a busy machine the default of 5 s failed sound tests.
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
      {
        plugins: [react()],
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          // They mostly wait for a broker; each file has its own.
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
