// What is left to do in dist/ after the compiler: lays the engines, the models and the licences beside the
// scripts, where the package looks for them, writes their hashes into the manifest, and bundles the scripts.
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { bundle } from './bundle.mjs';

const here = new URL('../', import.meta.url);
const root = new URL('../', here);
const dist = new URL('dist/', here);

const copyEngine = async (name) => {
  const [from, to] = [new URL(`wasm/${name}/`, here), new URL(`wasm/${name}/`, dist)];
  await readdir(from).catch(() => {
    throw new Error(`web/wasm/${name}/ is missing; run scripts/build-web first`);
  });
  await mkdir(to, { recursive: true });
  for (const file of ['bauta.d.ts', 'bauta_bg.wasm']) await cp(new URL(file, from), new URL(file, to));
  const { code } = await transform(await readFile(new URL('bauta.js', from), 'utf8'), { minify: true, format: 'esm', target: 'es2022' });
  await writeFile(new URL('bauta.js', to), code);
};

/** A model is two files of one name: NAME.bpk, and NAME.json, its card. */
const copyModels = async () => {
  const [from, to] = [new URL('models/', root), new URL('models/', dist)];
  const files = await readdir(from);
  const names = files.filter((file) => file.endsWith('.bpk')).map((file) => file.slice(0, -'.bpk'.length));
  await mkdir(to, { recursive: true });
  for (const file of names.flatMap((name) => [`${name}.bpk`, `${name}.json`])) await cp(new URL(file, from), new URL(file, to));
};

const copyLicences = async () => {
  for (const file of ['LICENSE-MIT', 'LICENSE-APACHE']) await cp(new URL(file, root), new URL(file, dist));
};

/** SHA-256 of every file that the scripts fetch, for them to hold those files to: in a file whose own they know. */
const writeManifest = async () => {
  const under = async (folder) => {
    const entries = await readdir(new URL(folder, dist), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile() && !/\.d\.ts$|^manifest\.json$/.test(entry.name))
      .map(({ parentPath, name }) => `${parentPath}/${name}`);
  };
  const files = [...(await under('wasm/')), ...(await under('models/'))].sort();
  const hash = async (file) => createHash('sha256').update(await readFile(file)).digest('hex');
  const entries = await Promise.all(files.map(async (file) => [relative(fileURLToPath(dist), file), await hash(file)]));
  const manifest = JSON.stringify(Object.fromEntries(entries), null, 2);
  await writeFile(new URL('wasm/manifest.json', dist), manifest);
  const script = new URL('manifest.js', dist);
  const compiled = await readFile(script, 'utf8');
  const filled = compiled.replace("MANIFEST_SHA256 = ''", `MANIFEST_SHA256 = '${createHash('sha256').update(manifest).digest('hex')}'`);
  if (filled === compiled) throw new Error('manifest.js has no empty MANIFEST_SHA256 any more; mend this script');
  await writeFile(script, filled);
};

try {
  await Promise.all([copyEngine('mosaic'), copyEngine('cpu'), copyEngine('gpu'), copyModels(), copyLicences()]);
  await writeManifest(); // of what is served, and before it becomes part of a bundle
  await bundle(dist);
} catch (cause) {
  console.error(`finish-build: ${cause.message}`);
  process.exitCode = 1;
}
