// What is left to do in dist/ after the compiler: lays the engines, the models and the licences beside the
// scripts, where the package looks for them, and gives bundlers back a hint that went with the comments.
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';

const here = new URL('../', import.meta.url);
const root = new URL('../', here);
const dist = new URL('dist/', here);

const copyEngine = async (name) => {
  const [from, to] = [new URL(`wasm/${name}/`, here), new URL(`wasm/${name}/`, dist)];
  await readdir(from).catch(() => {
    throw new Error(`web/wasm/${name}/ is missing; run scripts/build-web first`);
  });
  await mkdir(to, { recursive: true });
  for (const file of ['bauta.js', 'bauta.d.ts', 'bauta_bg.wasm']) await cp(new URL(file, from), new URL(file, to));
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

/** The engine's address is the app's, and only known when it runs: bundlers must leave the import alone. */
const restoreHint = async () => {
  const script = new URL('engine-file.js', dist);
  const compiled = await readFile(script, 'utf8');
  const hinted = compiled.replace('import(address)', 'import(/* @vite-ignore */ /* webpackIgnore: true */ address)');
  if (hinted === compiled) throw new Error('engine-file.js has no import(address) any more; mend this script');
  await writeFile(script, hinted);
};

try {
  await restoreHint();
  await Promise.all([copyEngine('cpu'), copyEngine('gpu'), copyModels(), copyLicences()]);
} catch (cause) {
  console.error(`finish-build: ${cause.message}`);
  process.exitCode = 1;
}
