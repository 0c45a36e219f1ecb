import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 60_000 }); // a compiler is started for each

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The examples for pages, of the project's README and of the package's. */
const examplesIn = (path: string): string[] =>
  [...readFileSync(here(path), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] ?? '');
const ofProject = examplesIn('../../../README.md');
const ofPackage = examplesIn('../../README.md');
const examples = [...ofProject, ...ofPackage];

/** What the compiler says of `code`, as a file beside the package's own source. */
const complaints = (code: string): string[] => {
  const file = here('../../src/readme-example.ts');
  const config = ts.readConfigFile(here('../../tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, here('../..'));
  const source = (name: string): string[] => [here(`../../src/${name}.ts`)];
  const paths = { bauta: source('index'), 'bauta/guard': source('guard'), 'bauta/conformance': source('conformance') };
  const checking = { ...options, noEmit: true, paths };
  const host = ts.createCompilerHost(checking);
  const readSource = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, code, ts.ScriptTarget.ESNext) : readSource(name, ...rest);
  const isThere = host.fileExists.bind(host);
  host.fileExists = (name) => name === file || isThere(name);
  const program = ts.createProgram([file], checking, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
};

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
