/** What the compiler says of code that uses the package, as its users' compiler would. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const config = ts.readConfigFile(here('../../tsconfig.json'), (path) => ts.sys.readFile(path));
const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, here('../..'));

const check = (file: string, code: string, checking: ts.CompilerOptions): string[] => {
  const host = ts.createCompilerHost(checking);
  const readSource = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, code, ts.ScriptTarget.ESNext) : readSource(name, ...rest);
  const isThere = host.fileExists.bind(host);
  host.fileExists = (name) => name === file || isThere(name);
  const program = ts.createProgram([file], checking, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
};

/** Complaints about `code`, as a file beside the package's own source. */
export const complaints = (code: string): string[] => check(here('../../src/example.ts'), code, { ...options, noEmit: true });

/** Complaints about `code` as a file in `folder`, where nothing is known but what is installed there; declarations are checked too. */
export const complaintsIn = (folder: string, code: string): string[] => {
  const checking = { ...options, noEmit: true, types: [], skipLibCheck: false };
  delete checking.paths;
  delete checking.typeRoots;
  return check(`${folder}/example.ts`, code, checking);
};
