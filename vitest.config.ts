import { defineConfig } from 'vitest/config';

// Unit, integration and CDK tests. The real deploy has a configuration of its own: test/e2e/vitest.config.ts.
export default defineConfig({
  test: {
    include: ['test/{unit,integration,cdk}/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
