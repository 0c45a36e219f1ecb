import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The browser tests live outside this folder; these are the packages they need from it. */
const alias = {
  'playwright-core': here('node_modules/playwright-core/index.mjs'),
  'puppeteer-core': here('node_modules/puppeteer-core/lib/esm/puppeteer/puppeteer-core.js'),
  ws: here('node_modules/ws/wrapper.mjs'),
  typescript: here('node_modules/typescript/lib/typescript.js'),
};

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        resolve: { alias },
        server: { fs: { strict: false } },
        test: { name: 'conformance', root: here('..'), include: ['tests/browser/conformance/publish.ts'] },
      },
      {
        resolve: { alias },
        server: { fs: { strict: false } },
        test: { name: 'soak', root: here('..'), include: ['tests/browser/soak/publish.ts'] },
      },
      {
        resolve: { alias },
        server: { fs: { strict: false } },
        test: {
          name: 'package',
          root: here('..'),
          include: ['tests/package/**/*.test.ts'],
          fileParallelism: false, // one browser at a time
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        resolve: { alias },
        server: { fs: { strict: false } },
        test: {
          name: 'browser',
          root: here('..'),
          include: ['tests/browser/**/*.test.ts'],
          globals: false,
          fileParallelism: false, // one browser at a time
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
