import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { complaints } from './compiler.js';

vi.setConfig({ testTimeout: 60_000 }); // a compiler is started for each

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The examples for pages, of the project's README and of the package's. */
const examplesIn = (path: string): string[] =>
  [...readFileSync(here(path), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] ?? '');
const ofProject = examplesIn('../../../README.md');
const ofPackage = examplesIn('../../README.md');
const examples = [...ofProject, ...ofPackage];

test('both READMEs have an example for pages', () => {
  expect(ofProject.length).toBeGreaterThan(0);
  expect(ofPackage.length).toBeGreaterThan(0);
});

test.each(examples)('the README example %# is what the package offers', (code) => {
  expect(complaints(code)).toEqual([]);
});

test('an example that is wrong would be noticed', () => {
  const wrong = (examples[0] ?? '').replace('openCamera', 'openKamera');
  expect(complaints(wrong).join()).toContain('openKamera');
});
