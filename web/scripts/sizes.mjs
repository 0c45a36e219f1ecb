// What a page downloads of the package's scripts, with gzip, each file on its own, as it is served.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export const gzip = (bytes) => gzipSync(bytes, { level: 9 }).length;

/** What is downloaded only by a page that uses it, or by browsers other than Chromium's. */
export const OPTIONAL = [
  'camera-change.js', 'encoder.js', 'encoding.js', 'frame-port.js',
  'element-passage.js', 'worker-passage.js', 'track-probe.js', 'track-probe-worker.js', 'engine-mosaic.js', 'modes.js',
];

/** Files that only one engine loads; the glue is what wasm-bindgen wrote. */
const ENGINES = {
  cpu: { scripts: ['engine-cpu.js'], glue: 'wasm/cpu/bauta.js' },
  gpu: { scripts: ['engine-gpu.js', 'kernels.js'], glue: 'wasm/gpu/bauta.js' },
};

const NEXT = /(?:from\s*|import\s*\(?\s*|new URL\(\s*)(['"`])(\.\/[\w./-]+\.js)\1/g;

/** The scripts in `folder` that `entry` loads, itself included: imports, and workers that are started by a literal address. */
export const reached = (folder, entry, leftOut = []) => {
  const found = new Set();
  const visit = (name) => {
    if (found.has(name) || leftOut.includes(name)) return;
    if (!existsSync(join(folder, name))) throw new Error(`${name} is not in ${folder}; build the package first`);
    found.add(name);
    for (const match of readFileSync(join(folder, name), 'utf8').matchAll(NEXT)) visit(match[2].slice(2));
  };
  visit(entry);
  return [...found];
};

/** Bytes of a page that runs one engine: our scripts, workers included, and the glue; each with its files. */
export const sizeOfPage = (folder, engine, entry = 'index.js') => {
  const others = Object.entries(ENGINES).filter(([name]) => name !== engine).flatMap(([, { scripts }]) => scripts);
  const files = reached(folder, entry, [...others, ...OPTIONAL]);
  const weigh = (name) => gzip(readFileSync(join(folder, name)));
  return { files, scripts: files.reduce((sum, name) => sum + weigh(name), 0), glue: weigh(ENGINES[engine].glue) };
};

/** Bytes that an entry costs beside what `index.js` has loaded already. */
export const sizeBeside = (folder, entry) => {
  const loaded = reached(folder, 'index.js', OPTIONAL);
  const files = reached(folder, entry, OPTIONAL.filter((name) => name !== entry)).filter((name) => !loaded.includes(name));
  return files.reduce((sum, name) => sum + gzip(readFileSync(join(folder, name))), 0);
};
