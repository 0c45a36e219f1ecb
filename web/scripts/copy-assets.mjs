// Lays the engines and the models beside the compiled scripts, where the package looks for them:
// web/wasm/ -> dist/wasm/, models/ -> dist/models/.
import { cp, mkdir, readdir } from 'node:fs/promises';

const here = new URL('../', import.meta.url);
const dist = new URL('dist/', here);

const copyEngine = async (name) => {
  const [from, to] = [new URL(`wasm/${name}/`, here), new URL(`wasm/${name}/`, dist)];
  try {
    await readdir(from);
  } catch {
    throw new Error(`web/wasm/${name}/ is missing; run scripts/build-web first`);
  }
  await mkdir(to, { recursive: true });
  for (const file of ['bauta.js', 'bauta.d.ts', 'bauta_bg.wasm']) await cp(new URL(file, from), new URL(file, to));
};

const copyModels = async () => {
  const [from, to] = [new URL('../models/', here), new URL('models/', dist)];
  await mkdir(to, { recursive: true });
  for (const file of await readdir(from)) {
    if (/\.(bpk|json)$/.test(file) && !file.endsWith('.report.json')) await cp(new URL(file, from), new URL(file, to));
  }
};

try {
  await Promise.all(['cpu', 'gpu'].map(copyEngine));
  await copyModels();
} catch (cause) {
  console.error(`copy-assets: ${cause.message}`);
  process.exitCode = 1;
}
