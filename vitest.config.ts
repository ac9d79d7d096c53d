import { defineConfig } from 'vitest/config';

/** Tests import the package by its own name, so they run what a user would run: the built files. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'threads',
    // The package keeps no state of its own: files share what a worker has loaded.
    isolate: false,
    // By itself it leaves one core alone: on two that is half of them.
    maxWorkers: 2,
    testTimeout: 120_000,
    server: { deps: { external: [/\/dist\//] } },
  },
});
