// What a page downloads, with gzip; and what the largest part of it consists of.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzip, sizeOfPage } from '../../../web/scripts/sizes.mjs';
import { built, peers, target } from './places.mjs';
import { bytesByCrate } from './wasm-crates.mjs';

const kilobytes = (bytes, name) => ({ value: bytes / 1000, unit: 'kB', ...(name === undefined ? {} : { name }) });

/** Each file is compressed on its own, as it is served. */
const weigh = async (files) => {
  const sizes = await Promise.all(files.map(async (file) => gzip(await readFile(file))));
  return sizes.reduce((sum, size) => sum + size, 0);
};

/** Ours, in bytes. */
const ownSizes = async () => {
  const dist = built('web/dist');
  const engine = async (name) => ({ ...sizeOfPage(dist, name), wasm: await weigh([built(`web/dist/wasm/${name}/bauta_bg.wasm`)]) });
  const model = await weigh([built('models/bauta-s.bpk'), built('models/bauta-s.json')]);
  const mosaic = await weigh([built('web/dist/wasm/mosaic/bauta_bg.wasm')]);
  return { model, mosaic, gpu: await engine('gpu'), cpu: await engine('cpu') };
};

/** Files of a package together. */
const peerSize = async (name, folder, files) => {
  const { version } = JSON.parse(await readFile(join(peers, folder, 'package.json'), 'utf8'));
  return kilobytes(await weigh(files.map((file) => join(peers, folder, file))), `${name} ${version}`);
};

const ORT = { gpu: ['webgpu', '.asyncify'], cpu: ['wasm', ''] };

const onnxruntime = (kind, parts) => {
  const [bundle, build] = ORT[kind];
  const files = { wasm: `dist/ort-wasm-simd-threaded${build}.wasm`, script: `dist/ort.${bundle}.bundle.min.mjs` };
  return peerSize(`onnxruntime-web ${bundle}`, 'onnxruntime-web', parts.map((part) => files[part]));
};

const MEDIAPIPE = ['vision_bundle.mjs', 'wasm/vision_wasm_internal.js', 'wasm/vision_wasm_internal.wasm'];

export const measureSizes = async () => {
  const { model, mosaic, gpu, cpu } = await ownSizes();
  const all = ({ scripts, glue, wasm }) => kilobytes(scripts + glue + wasm + model);
  const rows = [
    { what: 'GPU engine, wasm', ours: kilobytes(gpu.wasm), peer: await onnxruntime('gpu', ['wasm']), goal: { most: 1500 } },
    { what: 'CPU engine, wasm', ours: kilobytes(cpu.wasm), peer: await onnxruntime('cpu', ['wasm']), goal: { most: 400 } },
    { what: 'mosaic, wasm', ours: kilobytes(mosaic) },
    { what: `our JavaScript for the CPU engine, ${cpu.files.length} files`, ours: kilobytes(cpu.scripts), goal: { most: 15 } },
    { what: `our JavaScript for the GPU engine, ${gpu.files.length} files`, ours: kilobytes(gpu.scripts), goal: { most: 15 } },
    { what: 'JavaScript of wasm-bindgen for the CPU engine', ours: kilobytes(cpu.glue) },
    { what: 'JavaScript of wasm-bindgen for the GPU engine', ours: kilobytes(gpu.glue) },
    { what: 'model, weights and card', ours: kilobytes(model), goal: { most: 1000 } },
    { what: 'everything for the GPU engine', ours: all(gpu), peer: await onnxruntime('gpu', ['script', 'wasm']) },
    { what: 'everything for the CPU engine', ours: all(cpu), peer: await onnxruntime('cpu', ['script', 'wasm']) },
    {
      what: 'everything for the CPU engine',
      ours: all(cpu),
      peer: await peerSize('MediaPipe vision', '@mediapipe/tasks-vision', MEDIAPIPE),
    },
  ];
  const notes = ['downloads of peers are without any model', ...(await composition())];
  return { rows: rows.map((row) => ({ ...row, what: `download, gzip: ${row.what}` })), notes };
};

/** Crates that are named; the rest is summed. */
const SHOWN = 16;

/** What the engines consist of, from the builds that still have the names of their functions. */
const composition = async () => {
  const notes = [];
  for (const kind of ['gpu', 'cpu']) {
    const file = join(target, `wasm32-unknown-unknown/web-${kind}/bauta.wasm`);
    if (!existsSync(file)) continue;
    const parts = bytesByCrate(await readFile(file)).map(({ name, bytes }) => ({ name, size: gzip(bytes) / 1000 }));
    const sorted = parts.sort((a, b) => b.size - a.size);
    const shown = sorted.slice(0, SHOWN).map(({ name, size }) => `${name} ${size.toFixed(0)}`);
    const others = sorted.slice(SHOWN);
    const rest = others.reduce((sum, { size }) => sum + size, 0);
    const list = `${shown.join(', ')}, ${others.length} others ${rest.toFixed(0)}`;
    notes.push(`${kind.toUpperCase()} engine by crate, kB with gzip, each on its own: ${list}`);
  }
  return notes;
};
