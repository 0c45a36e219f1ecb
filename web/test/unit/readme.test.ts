import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const web = fileURLToPath(new URL('../../', import.meta.url));

/** What the compiler says of a program that is a README's TypeScript block. */
const complaints = (source: string): string[] => {
  const read = ts.readConfigFile(join(web, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, web);
  const file = join(web, 'src', 'example-of-a-readme.ts');
  const host = ts.createCompilerHost(options);
  const onDisk = { ...host };
  host.fileExists = (path) => path === file || onDisk.fileExists(path);
  host.readFile = (path) => (path === file ? source : onDisk.readFile(path));
  host.getSourceFile = (path, version) =>
    path === file ? ts.createSourceFile(path, source, version) : onDisk.getSourceFile(path, version);
  const program = ts.createProgram([file], { ...options, noUnusedLocals: false }, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
};

const blocks = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, source]) => `export {};\n${source ?? ''}`);

for (const path of ['README.md', 'web/README.md']) {
  it(`${path} shows TypeScript that compiles`, () => {
    const found = blocks(join(dirname(web), path));
    expect(found.length, 'blocks of TypeScript').toBeGreaterThan(0);
    expect(found.map(complaints)).toEqual(found.map(() => []));
  }, 60_000);
}

it('a README that calls what there is not is found out', () => {
  expect(complaints("import { Bauta } from 'bauta';\nawait Bauta.create({ engine: 'none' });\n").length).toBe(1);
}, 60_000);
