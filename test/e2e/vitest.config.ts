import { defineConfig } from 'vitest/config';

// The real deploy, to an emulator on this machine. Apart from `npm test`, since it takes minutes and needs Python.
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    // One story told in order: a chapter makes no sense once an earlier one has failed.
    bail: 1,
    reporters: ['verbose'],
    disableConsoleIntercept: true,
    // Every wait inside has a bound of its own, with a better message.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
