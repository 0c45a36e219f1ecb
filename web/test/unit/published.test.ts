/** The package as npm would publish it, looked at by tools that know what bundlers and compilers expect. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, expect, test } from 'vitest';

const web = fileURLToPath(new URL('../../', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'bauta-published-'));
let tarball: string;

beforeAll(() => {
  const said = execFileSync('npm', ['pack', '--json', '--pack-destination', temporary], { cwd: web, encoding: 'utf8', stdio: 'pipe' });
  const [{ filename }] = JSON.parse(said) as [{ filename: string }];
  tarball = join(temporary, filename);
}, 60_000);
afterAll(() => { rmSync(temporary, { recursive: true }); });

test('publint finds nothing, not even a suggestion', async () => {
  const { buffer } = new Uint8Array(readFileSync(tarball));
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, level: 'suggestion', strict: true });
  expect(messages.map((message) => formatMessage(message, pkg as never, { color: false }))).toEqual([]);
}, 60_000);

test('the types are right for every entry, for those who import modules', () => {
  const attw = join(web, 'node_modules/@arethetypeswrong/cli/dist/index.js');
  const options = [tarball, '--profile', 'esm-only', '--format', 'json', '--exclude-entrypoints', './wasm/*', './models/*'];
  const said = ((): string => {
    try {
      return execFileSync(process.execPath, [attw, ...options], { encoding: 'utf8', stdio: 'pipe', maxBuffer: 1 << 26 });
    } catch (cause) {
      return (cause as { stdout: string }).stdout; // it has found something
    }
  })();
  interface Problem { readonly kind: string; readonly resolutionKind?: string }
  const { analysis, problems } = JSON.parse(said) as { analysis: { types: unknown; entrypoints: object }; problems: Record<string, Problem[]> };
  // The report lists all; what the profile leaves out is those who call `require`, and Node.js 10.
  const counting = Object.values(problems).flat().filter(({ resolutionKind }) => !['node10', 'node16-cjs'].includes(resolutionKind ?? ''));
  expect(counting).toEqual([]);
  expect(analysis.types).not.toBe(false);
  expect(Object.keys(analysis.entrypoints)).toEqual(expect.arrayContaining(['.', './guard', './log', './livekit', './jitsi', './conformance']));
}, 60_000);
