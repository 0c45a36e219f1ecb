/** The package as npm would publish it, and projects that have it installed. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('../../web/', import.meta.url));

/** Where scripts/setup has installed the bundlers; projects below it find them. */
const bundlers = fileURLToPath(new URL('../../target/bundlers/', import.meta.url));

/** The text of each file of a project, by its path. */
export type Files = Readonly<Record<string, string>>;

export interface Project {
  readonly folder: string;
  /** Runs a program of the bundlers, such as `vite`, in the project. Throws with what it said where it fails. */
  run(program: string, ...options: string[]): string;
  /** Copies a file or folder of the installed package, by its path in it. */
  copy(from: string, to: string): void;
}

/** The packed package, and the projects made with it. */
export interface Packed {
  readonly tarball: string;
  project(files: Files): Project;
  remove(): void;
}

const call = (program: string, options: string[], cwd: string): string => {
  try {
    return execFileSync(program, options, { cwd, encoding: 'utf8', stdio: 'pipe' });
  } catch (cause) {
    const { stdout, stderr } = cause as { stdout: string; stderr: string };
    throw new Error(`${program} ${options.join(' ')} failed:\n${stdout}${stderr}`, { cause });
  }
};

/** Packs web/, which must be built. */
export const pack = (): Packed => {
  if (!existsSync(join(bundlers, 'node_modules'))) throw new Error('the bundlers are not installed; run scripts/setup --test');
  const temporary = mkdtempSync(join(bundlers, 'projects-'));
  const [{ filename }] = JSON.parse(call('npm', ['pack', '--json', '--pack-destination', temporary], web)) as [{ filename: string }];
  const tarball = join(temporary, filename);
  let made = 0;
  return {
    tarball,
    project(files) {
      const folder = join(temporary, String(made++));
      for (const [name, text] of Object.entries({ 'package.json': '{ "private": true, "type": "module" }', ...files })) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
      }
      call('npm', ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', tarball], folder);
      return {
        folder,
        run: (program, ...options) => call(join(bundlers, 'node_modules/.bin', program), options, folder),
        copy(from, to) {
          cpSync(join(folder, 'node_modules/bauta', from), join(folder, to), { recursive: true });
        },
      };
    },
    remove() {
      rmSync(temporary, { recursive: true });
    },
  };
};
