/** How an app is built with each bundler, as web/README.md says; what is built is in `out/`. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Files, Project } from './packed.js';

export interface Way {
  readonly name: string;
  /** The app's own files: a page `index.html` and a script `main.js`. */
  files(main: string): Files;
  build(project: Project): void;
  /** Where the app says that `wasm/` and `models/` are; by itself the package looks beside its scripts. */
  readonly assetBase?: string;
}

const page = (script: string): string =>
  `<!doctype html><meta charset="utf-8"><title>app</title><script type="module" src="${script}"></script>`;

const copyPage = ({ folder }: Project): void => { cpSync(join(folder, 'index.html'), join(folder, 'out/index.html')); };

/** A bundler that makes files of the workers: `wasm/` and `models/` go where `assetBase` says. */
const copyAssets = (project: Project, to: string): void => {
  for (const name of ['wasm', 'models']) project.copy(`dist/${name}`, `${to}/${name}`);
};

export const WAYS: readonly Way[] = [
  {
    name: 'Vite',
    assetBase: '/bauta/',
    files: (main) => ({
      'index.html': page('/main.js'),
      'main.js': main,
      'vite.config.js': "export default { build: { outDir: 'out', target: 'es2022' }, optimizeDeps: { exclude: ['bauta'] }, worker: { format: 'es' } };",
    }),
    build(project) {
      copyAssets(project, 'public/bauta');
      project.run('vite', 'build', '--logLevel', 'warn');
    },
  },
  {
    name: 'webpack',
    assetBase: '/bauta/',
    files: (main) => ({
      'index.html': page('/main.js'),
      'main.js': main,
      'webpack.config.js': `import { fileURLToPath } from 'node:url';
        export default {
          mode: 'production', entry: './main.js', experiments: { outputModule: true },
          output: { path: fileURLToPath(new URL('out', import.meta.url)), filename: 'main.js', module: true },
        };`,
    }),
    build(project) {
      project.run('webpack');
      copyAssets(project, 'out/bauta');
      copyPage(project);
    },
  },
  {
    name: 'Rollup',
    files: (main) => ({
      'index.html': page('/main.js'),
      'main.js': main,
      'rollup.config.js': `import resolve from '@rollup/plugin-node-resolve';
        export default { input: 'main.js', output: { dir: 'out', format: 'es' }, plugins: [resolve({ browser: true })] };`,
    }),
    build(project) {
      project.copy('dist', 'out');
      project.run('rollup', '-c', '--silent');
      copyPage(project);
    },
  },
  {
    name: 'esbuild',
    files: (main) => ({ 'index.html': page('/main.js'), 'main.js': main }),
    build(project) {
      project.copy('dist', 'out');
      project.run('esbuild', 'main.js', '--bundle', '--format=esm', '--minify', '--outdir=out', '--log-level=warning');
      copyPage(project);
    },
  },
  {
    name: 'no bundler',
    files: (main) => ({ 'index.html': page('/main.js'), 'main.js': main.replace("'bauta'", "'./bauta/index.js'") }),
    build(project) {
      project.copy('dist', 'out/bauta');
      cpSync(join(project.folder, 'main.js'), join(project.folder, 'out/main.js'));
      copyPage(project);
    },
  },
];
