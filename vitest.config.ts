import { defineConfig } from 'vitest/config';

// Unit, integration and CDK tests. The real deploy has a configuration of its own: test/e2e/vitest.config.ts.
export default defineConfig({
  test: {
    // Against hanging alone: how long a test takes says nothing on a machine that others use as well.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Left alone, vitest keeps one core of a small machine free; the tests that start servers mostly wait.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: { name: 'code', include: ['test/{unit,integration,faults}/**/*.test.ts'] },
      },
      {
        extends: true,
        // Loading the CDK costs seconds: its files, which start nothing and change nothing global, share it.
        test: { name: 'cdk', include: ['test/cdk/**/*.test.ts'], isolate: false },
      },
    ],
  },
});
