// A copy of what the browser tests need, in which the source may be changed.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const exec = promisify(execFile);

/** Copied, since tests change or write them; what is large or fixed is linked. */
const COPIED = ['web', 'www', 'tests', 'scripts', 'LICENSE-MIT', 'LICENSE-APACHE', 'README.md'];
const LINKED = ['web/node_modules', 'web/wasm', 'models', 'target'];
const LEFT_OUT = new Set(['node_modules', 'wasm', 'dist']);

export class Copy {
  #folder;

  static async make() {
    const copy = new Copy();
    copy.#folder = await mkdtemp(join(tmpdir(), 'bauta-rules-'));
    for (const name of COPIED) {
      await cp(join(root, name), join(copy.#folder, name), { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) });
    }
    for (const name of LINKED) await symlink(join(root, name), join(copy.#folder, name));
    return copy;
  }

  /**
   * Runs `tests`, each a file, of tests/browser/ or (where it says `unit`) of web/test/unit/, and a pattern of names.
   * Gives the tests that ran: `{name, passed}`.
   */
  async run(tests) {
    const found = [];
    for (const { file, name, unit = false } of tests) {
      const report = join(this.#folder, 'report.json');
      await rm(report, { force: true });
      const [project, path] = unit ? ['unit', join('test', 'unit', file)] : ['browser', join('..', 'tests', 'browser', file)];
      const options = ['vitest', 'run', '--project', project, path, '-t', name];
      await this.#in('web', 'npx', [...options, '--reporter=json', `--outputFile=${report}`]).catch(() => undefined); // a test failed
      const { testResults } = JSON.parse(await readFile(report, 'utf8'));
      const ran = testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => status === 'passed' || status === 'failed');
      found.push(...ran.map(({ fullName, status }) => ({ name: `${file}: ${fullName}`, passed: status === 'passed' })));
    }
    return found;
  }

  /**
   * What `act` gives on a site in which `file` is changed, which is the copy's site from then on. Each change is what
   * stands there, once, and what shall.
   */
  async mutated(file, changes, act) {
    const path = join(this.#folder, file);
    const source = await readFile(path, 'utf8');
    const mutant = changes.reduce((text, [from, to]) => {
      if (text.split(from).length !== 2) throw new Error(`${file} has not once:\n${from}\nmend the mutant`);
      return text.replace(from, () => to);
    }, source);
    try {
      await writeFile(path, mutant);
      await this.build();
      return await act();
    } finally {
      await writeFile(path, source);
    }
  }

  async remove() {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Builds the site from what stands in the copy. */
  async build() {
    await this.#in('.', 'npm', ['--prefix', 'web', 'run', '--silent', 'build:demo']).catch((cause) => {
      throw new Error(`what stands in the copy does not build:\n${cause.stdout}${cause.stderr}`);
    });
  }

  #in(folder, command, options) {
    return exec(command, options, { cwd: join(this.#folder, folder), maxBuffer: 1 << 26 });
  }
}
