// Turns the compiler's many scripts into the few that are published. Each file is compressed on its own and a page pays
// for each, so what page and workers are made of is one file, and long names and comments are left out.
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode, encode } from '@jridgewell/sourcemap-codec';
import { build } from 'esbuild';
import { minify } from 'terser';

/** What apps and workers are started with. */
const ENTRIES = ['index', 'guard', 'log', 'livekit', 'jitsi', 'conformance', 'gate-worker', 'engine-worker', 'track-probe-worker'];

/**
 * Stay files of their own, under their own names: what is only loaded when it is used, and what tests put something
 * else in the place of, so that they break what is published and nothing that only resembles it. `track-probe` starts a
 * worker.
 */
const APART = [
  'camera-change', 'encoder', 'encoding', 'frame-port', 'element-passage', 'worker-passage', 'track-probe',
  'engine-cpu', 'engine-gpu', 'engine-mosaic', 'engine', 'kernels', 'modes', 'conformance/marks',
];

/**
 * What the page and both workers consist of, in one file that is downloaded once. Nothing in it may start a worker: a
 * bundler that follows the worker would come back to the file it comes from.
 */
const CORE = [
  'adapter', 'audit', 'brand', 'canary', 'capture', 'client', 'engine-file', 'engine-host', 'engines', 'fail-closed', 'faults', 'files',
  'frozen', 'gate', 'inlet', 'known-answer', 'slate', 'state', 'stats', 'thumbnail', 'timeline',
];

/** The engine's address is the app's, and only known when it runs: bundlers must leave the import alone. */
const HINT = '/* @vite-ignore */ /* webpackIgnore: true */';

/** The names of everything that the modules of the core export, by module. */
const exportsOfCore = async (dist) => new Map(await Promise.all(CORE.map(async (name) => {
  const code = await readFile(join(dist, `${name}.js`), 'utf8');
  return [name, [...code.matchAll(/^export (?:let|const|class|async function|function) (\w+)/gm)].map(([, each]) => each)];
})));

/** `code`, which imports modules of the core, with one import of their short names from the core instead. */
const fromCore = (code, short) => {
  const shortened = (names) => names.split(',').map((name) => name.trim()).filter(Boolean).map((name) => `${short.get(name)} as ${name}`);
  const imported = [];
  const isCore = (module) => CORE.includes(module);
  const without = code.replace(/^import \{([^}]*)\} from '\.\/([\w-]+)\.js';$/gm, (line, names, module) => {
    if (isCore(module)) imported.push(...shortened(names));
    return isCore(module) ? '' : line; // the line stays, for the map
  });
  const reexported = without.replace(/^export \{([^}]*)\} from '\.\/([\w-]+)\.js';$/gm, (line, names, module) =>
    (isCore(module) ? `export { ${shortened(names).join(', ')} } from './core.js';` : line));
  return imported.length > 0 ? `import { ${imported.join(', ')} } from './core.js'; ${reexported}` : reexported;
};

/** Leaves imports of the core, and of files that stay apart, to the browser. */
const leaveApart = (dist, short) => ({
  name: 'leave apart',
  setup({ onResolve, onLoad }) {
    const nameOf = (path) => relative(dist, path).split(sep).join('/').replace(/\.js$/, '');
    onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, importer, kind }) => {
      const name = nameOf(join(resolveDir, path));
      if (kind === 'entry-point' || importer === join(dist, 'core')) return undefined;
      return name === 'core' || APART.includes(name) ? { path: `./${name}.js`, external: true, sideEffects: false } : undefined;
    });
    onLoad({ filter: /\.js$/ }, async ({ path }) => {
      if (CORE.includes(nameOf(path))) return undefined;
      return { contents: fromCore(await readFile(path, 'utf8'), short), resolveDir: dirname(path) };
    });
  },
});

/** Every script and map of ours in `dist`, as absolute paths. */
const scriptsIn = async (dist) => {
  const names = await readdir(dist, { recursive: true });
  return names.filter((name) => /\.js(\.map)?$/.test(name) && !/^(wasm|models)[/\\]/.test(name)).map((name) => join(dist, name));
};

/** The scripts among `files` made smaller still, each with its map. Names that files import from each other stay. */
const shrunk = async (files) => {
  const textOf = (wanted) => files.find(({ path }) => path === wanted)?.text;
  const shrink = async (path) => {
    const sourceMap = { content: textOf(`${path}.map`), url: `${basename(path)}.map` };
    const { code, map } = await minify(textOf(path), { module: true, ecma: 2022, compress: { passes: 3 }, sourceMap });
    return [{ path, text: `${code}\n` }, { path: `${path}.map`, text: map }];
  };
  const scripts = files.map(({ path }) => path).filter((path) => path.endsWith('.js'));
  return (await Promise.all(scripts.map(shrink))).flat();
};

/** Puts the hint where an engine is imported, since minifying takes all comments, and what follows further right in the map. */
const restoreHint = (files) => {
  const scripts = files.filter(({ path, text }) => path.endsWith('.js') && /import\([\w$]+\)/.test(text));
  const places = scripts.flatMap(({ path, text }) => [...text.matchAll(/import\((?=[\w$]+\))/g)].map(({ 0: found, index }) => ({ path, at: index + found.length })));
  if (places.length !== 1) throw new Error(`an engine is imported by its address in ${places.length} places, not in one; mend bundle.mjs`);
  const [{ path, at }] = places;
  return files.map(({ path: each, text }) => {
    if (each === path) return { path, text: text.slice(0, at) + HINT + text.slice(at) };
    if (each !== `${path}.map`) return { path: each, text };
    const before = scripts[0].text.slice(0, at);
    const [line, column] = [before.split('\n').length - 1, at - (before.lastIndexOf('\n') + 1)];
    const map = JSON.parse(text);
    const mappings = decode(map.mappings);
    for (const segment of mappings[line]) if (segment[0] >= column) segment[0] += HINT.length;
    return { path: each, text: JSON.stringify({ ...map, mappings: encode(mappings) }) };
  });
};

/** A module in two files would exist twice: an error of one would be none for the other. */
const mustBeOnce = ({ outputs }) => {
  const modules = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const twice = modules.filter((name, at) => modules.indexOf(name) !== at || CORE.includes(name.replace(/\.js$/, '')));
  if (twice.length > 0) throw new Error(`${twice.join(', ')} would be in two files; name it in CORE or APART of bundle.mjs`);
};

/** What `files` import from the core, by its short names: nothing else of it is kept. */
const takenFromCore = (files) => {
  const lists = files.filter(({ path }) => path.endsWith('.js')).flatMap(({ text }) => [...text.matchAll(/(?:import|export)\s*\{([^{}]*)\}\s*from\s*"\.\/core\.js"/g)]);
  return new Set(lists.flatMap(([, names]) => names.split(',').map((name) => name.trim().split(/\s+as\s+/)[0])));
};

/** Bundles the scripts of the folder `dist` (a URL) in place. Their declarations stay as they are. */
export const bundle = async (folder) => {
  const dist = fileURLToPath(folder).replace(/[/\\]$/, '');
  const exported = await exportsOfCore(dist);
  const names = [...exported.values()].flat();
  const short = new Map(names.map((name, at) => [name, `${'abcdefghijklmnopqrstuvwxyz'[at % 26]}${at < 26 ? '' : Math.floor(at / 26)}`]));
  if (short.size !== names.length) throw new Error('two modules of the core export the same name; rename one');
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
    metafile: true,
    logLevel: 'silent',
    plugins: [leaveApart(dist, short)],
  };
  const entryPoints = [...ENTRIES, ...APART].map((name) => `${name}.js`);
  const rest = await build({ ...settings, entryPoints });
  mustBeOnce(rest.metafile);
  const taken = takenFromCore(rest.outputFiles);
  const lines = [...exported].map(([module, names]) => {
    const kept = names.filter((name) => taken.has(short.get(name))).map((name) => `${name} as ${short.get(name)}`);
    return kept.length > 0 ? `export { ${kept.join(', ')} } from './${module}.js';\n` : '';
  });
  const stdin = { contents: lines.join(''), resolveDir: dist, sourcefile: 'core' };
  const core = await build({ ...settings, stdin, entryNames: 'core' });
  const files = restoreHint(await shrunk([...core.outputFiles, ...rest.outputFiles]));
  const isKept = new Set(files.map(({ path }) => path));
  for (const path of await scriptsIn(dist)) if (!isKept.has(path)) await rm(path);
  for (const { path, text } of files) {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  }
};
