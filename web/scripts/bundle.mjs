// Turns the compiler's many scripts into the few that are published. Each file is compressed on its own and a page pays
// for each, so what page and workers are made of is one file, and long names and comments are left out.
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** What apps and workers are started with. */
const ENTRIES = ['index', 'guard', 'livekit', 'jitsi', 'conformance', 'gate-worker', 'engine-worker'];

/**
 * Stay files of their own, under their own names: what is only loaded when it is used, and what tests put something
 * else in the place of, so that they break what is published and nothing that only resembles it.
 */
const APART = ['engine-cpu', 'engine-gpu', 'engine', 'canary', 'fail-closed', 'kernels', 'known-answer', 'conformance/marks'];

/** What the page and both workers consist of, in one file that is downloaded once. */
const CORE = [
  'adapter', 'bauta', 'brand', 'capture', 'client', 'encoder', 'encoding', 'engine-file', 'engine-host', 'faults', 'files',
  'frame-port', 'frozen', 'gate', 'slate', 'state', 'stats', 'support', 'thumbnail', 'timeline',
];

/** The engine's address is the app's, and only known when it runs: bundlers must leave the import alone. */
const HINT = '/* @vite-ignore */ /* webpackIgnore: true */';

/** Leaves imports of files that stay apart to the browser, and those of the core to the one file that has it. */
const leaveApart = (dist) => ({
  name: 'leave apart',
  setup({ onResolve }) {
    const nameOf = (path) => relative(dist, path).split(sep).join('/').replace(/\.js$/, '');
    const outside = (name) => ({ path: `./${name}.js`, external: true, sideEffects: false });
    onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, importer, kind }) => {
      const name = nameOf(join(resolveDir, path));
      if (kind === 'entry-point' || importer === join(dist, 'core')) return undefined;
      if (APART.includes(name)) return outside(name);
      return CORE.includes(name) && !CORE.includes(nameOf(importer)) ? outside('core') : undefined;
    });
  },
});

/** Every script and map of ours in `dist`, as absolute paths. */
const scriptsIn = async (dist) => {
  const names = await readdir(dist, { recursive: true });
  return names.filter((name) => /\.js(\.map)?$/.test(name) && !/^(wasm|models)[/\\]/.test(name)).map((name) => join(dist, name));
};

/** A comment that bundlers look for, where the engine is imported: the compiler leaves comments out. */
const restoreHint = (files) => {
  let restored = 0;
  const hinted = files.map(({ path, text }) => {
    if (!path.endsWith('.js')) return { path, text };
    return { path, text: text.replace(/import\((?=[\w$]+\))/g, () => { restored++; return `import(${HINT} `; }) };
  });
  if (restored !== 1) throw new Error(`an engine is imported by its address in ${restored} places, not in one; mend bundle.mjs`);
  return hinted;
};

/** The names that `files` import from the core: nothing else of it is kept. */
const takenFromCore = (files) => {
  const lists = files.flatMap(({ path, text }) => (path.endsWith('.js') ? [...text.matchAll(/(?:import|export)\{([^{}]*)\}from"\.\/core\.js"/g)] : []));
  return new Set(lists.flatMap(([, names]) => names.split(',').map((name) => name.split(' as ')[0].trim())));
};

/** The core's own script: `wanted` names, from the modules that have them. */
const reexport = async (dist, wanted) => {
  const lines = await Promise.all(CORE.map(async (name) => {
    const code = await readFile(join(dist, `${name}.js`), 'utf8');
    const names = [...code.matchAll(/^export (?:let|const|class|function|async function) (\w+)/gm)].map(([, each]) => each);
    const kept = names.filter((each) => wanted.delete(each));
    return kept.length > 0 ? `export { ${kept.join(', ')} } from './${name}.js';\n` : '';
  }));
  if (wanted.size > 0) throw new Error(`no module of the core exports ${[...wanted].join(', ')}; mend bundle.mjs`);
  return lines.join('');
};

/** Bundles the scripts of the folder `dist` (a URL) in place. Their declarations stay as they are. */
export const bundle = async (folder) => {
  const dist = fileURLToPath(folder).replace(/[/\\]$/, '');
  const settings = {
    absWorkingDir: dist,
    outdir: dist,
    outbase: dist,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    sourcemap: 'linked',
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
    plugins: [leaveApart(dist)],
  };
  const rest = await build({ ...settings, entryPoints: [...ENTRIES, ...APART].map((name) => `${name}.js`), splitting: true, chunkNames: 'shared-[hash]' });
  const wanted = takenFromCore(rest.outputFiles);
  const core = await build({ ...settings, stdin: { contents: await reexport(dist, wanted), resolveDir: dist, sourcefile: 'core' }, entryNames: 'core' });
  const files = restoreHint([...core.outputFiles, ...rest.outputFiles]);
  const isKept = new Set(files.map(({ path }) => path));
  for (const path of await scriptsIn(dist)) if (!isKept.has(path)) await rm(path);
  for (const { path, text } of files) {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  }
};
