/** What runs inside the page: each function is sent there as text, so it may use `window.bauta` and its argument alone. */
import type { Page } from 'playwright-core';
import type { Assets, Engine, EngineKind } from '../../web/src/engine.js';

interface Testbench {
  /** Every GPU device the page has opened. */
  readonly devices: GPUDevice[];
  /** Calls since `counts` was last set to `{}`, by method. */
  counts: Record<string, number>;
  /** The engine, opened once unless `changes` are given. */
  load(kind: EngineKind, changes?: Partial<Assets>): Promise<Engine>;
  assets(): Promise<Assets>;
  /** The network alone. */
  infer(kind: EngineKind, planes: Float32Array, width: number, height: number): Promise<Float32Array>;
  pixelsOf(frame: VideoFrame): Promise<Uint8Array>;
  bytes(file: string): Promise<ArrayBuffer>;
  /** The code of the fault that a promise ends with, or `none`. */
  codeOf(promise: Promise<unknown>): Promise<string>;
}

declare global {
  interface Window {
    bauta: Testbench;
  }
}

/** A size of the reference, and the engine to compare with it. */
export interface Case {
  readonly kind: EngineKind;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly working: readonly [number, number];
}

const TESTBENCH = `
import { loadEngine } from '/dist/engine.js';

const pixelsOf = async (frame) => {
  const bytes = new Uint8Array(frame.allocationSize({ format: 'RGBA' }));
  await frame.copyTo(bytes, { format: 'RGBA' });
  return bytes;
};

const devices = [];
const open = GPUAdapter.prototype.requestDevice;
GPUAdapter.prototype.requestDevice = async function (...options) {
  const device = await open.apply(this, options);
  devices.push(device);
  return device;
};
const count = (type, method, name) => {
  const original = type.prototype[method];
  type.prototype[method] = function (...options) {
    window.bauta.counts[name] = (window.bauta.counts[name] ?? 0) + 1;
    return original.apply(this, options);
  };
};
count(GPUComputePassEncoder, 'dispatchWorkgroups', 'dispatches');
count(GPUComputePassEncoder, 'dispatchWorkgroupsIndirect', 'dispatches');
count(GPUQueue, 'submit', 'submit');
count(GPUBuffer, 'mapAsync', 'mapAsync');
count(GPUDevice, 'createBuffer', 'createBuffer');
count(GPUDevice, 'createBindGroup', 'createBindGroup');

const bytes = async (file) => {
  const response = await fetch(file);
  if (!response.ok) throw new Error(file + ': ' + response.status);
  return response.arrayBuffer();
};
const assets = async () => ({
  base: new URL('/dist/', location.href).href,
  weights: new Uint8Array(await bytes('/reference/model.bpk')),
  card: new TextDecoder().decode(await bytes('/reference/model.json')),
  allowSoftwareGpu: true,
});
const engines = new Map();
const networks = new Map();
const once = (map, key, make) => {
  if (!map.has(key)) map.set(key, make());
  return map.get(key);
};
window.bauta = {
  devices,
  counts: {},
  assets,
  bytes,
  pixelsOf,
  load: async (kind, changes) => changes
    ? loadEngine(kind, { ...(await assets()), ...changes })
    : once(engines, kind, async () => loadEngine(kind, await assets())),
  infer: async (kind, planes, width, height) => {
    const network = await once(networks, kind, async () => {
      const script = await import(kind === 'cpu' ? '/dist/wasm/cpu/bauta.js' : '/dist/wasm/gpu/bauta.js');
      await script.default();
      const { weights, card } = await assets();
      return (kind === 'cpu' ? script.CpuEngine : script.GpuEngine).load(weights, card, '{}');
    });
    return network.infer(planes, width, height);
  },
  codeOf: async (promise) => promise.then(() => 'none', (fault) => fault.code ?? String(fault)),
};
`;

/** Puts the testbench into a page. Must run before any engine is loaded there. */
export const installTestbench = async (page: Page): Promise<void> => {
  await page.addScriptTag({ type: 'module', content: TESTBENCH });
  await page.waitForFunction(() => 'bauta' in window);
};

/** The largest difference between the network here and the native one. */
export const compareNetwork = async ({ kind, name, working: [width, height] }: Case): Promise<number> => {
  const { bauta } = window;
  const input = new Float32Array(await bauta.bytes(`/reference/${name}.input.f32`));
  const expected = new Float32Array(await bauta.bytes(`/reference/${name}.output.f32`));
  const found = await bauta.infer(kind, input, width, height);
  if (found.length !== expected.length) return Infinity;
  return found.reduce((largest, value, index) => Math.max(largest, Math.abs(value - (expected[index] ?? NaN))), 0);
};

/** The largest difference of a colour between the frame here and the native one, of 255; and the frame's form. */
export const compareFrame = async ({
  kind,
  name,
  width,
  height,
}: Case): Promise<{ largest: number; shown: [number, number]; timestamp: number }> => {
  const { bauta } = window;
  const seen = new Uint8Array(await bauta.bytes(`/reference/${name}.raw.rgba`));
  const expected = new Uint8Array(await bauta.bytes(`/reference/${name}.anonymized.rgba`));
  const engine = await bauta.load(kind);
  const raw = new VideoFrame(seen, { format: 'RGBA', codedWidth: width, codedHeight: height, timestamp: 12_345 });
  const answer = await engine.anonymize(raw);
  const found = await bauta.pixelsOf(answer);
  const form = { shown: [answer.displayWidth, answer.displayHeight] as [number, number], timestamp: answer.timestamp };
  raw.close();
  answer.close();
  if (found.length !== expected.length) return { largest: Infinity, ...form };
  const largest = found.reduce((most, value, index) => Math.max(most, Math.abs(value - (expected[index] ?? NaN))), 0);
  return { largest, ...form };
};

/** A frame of a clip, as the native engine was shown it. */
export interface Still {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly timestamp: number;
}

/** How far each frame of a clip is off from what the native engine shows, of 255; and whether the native ones differ. */
export const compareClip = async ({ model, frames }: { model: string; frames: readonly Still[] }): Promise<{ off: number[]; differ: boolean }> => {
  const { bauta } = window;
  const card = new TextDecoder().decode(await bauta.bytes(`/reference/${model}.json`));
  const engine = await bauta.load('cpu', { card, weights: new Uint8Array(await bauta.bytes(`/reference/${model}.bpk`)) });
  const [off, texts]: [number[], Set<string>] = [[], new Set()];
  for (const { name, width, height, timestamp } of frames) {
    const seen = new Uint8Array(await bauta.bytes(`/reference/${name}.raw.rgba`));
    const expected = new Uint8Array(await bauta.bytes(`/reference/${name}.shown.rgba`));
    const raw = new VideoFrame(seen, { format: 'RGBA', codedWidth: width, codedHeight: height, timestamp });
    const answer = await engine.anonymize(raw);
    const found = await bauta.pixelsOf(answer);
    raw.close();
    answer.close();
    texts.add(String(expected));
    off.push(found.reduce((most, value, at) => Math.max(most, Math.abs(value - (expected[at] ?? NaN))), found.length === expected.length ? 0 : Infinity));
  }
  engine.close();
  return { off, differ: texts.size > 2 };
};

/** How far the frame is off after it went through a track, of 255. */
export const compareTrack = async ({
  kind,
  name,
  width,
  height,
}: Case): Promise<{ format: string | null; mean: number; largest: number }> => {
  const { bauta } = window;
  const seen = new Uint8Array(await bauta.bytes(`/reference/${name}.raw.rgba`));
  const expected = new Uint8Array(await bauta.bytes(`/reference/${name}.anonymized.rgba`));
  const engine = await bauta.load(kind);
  const raw = new VideoFrame(seen, { format: 'RGBA', codedWidth: width, codedHeight: height, timestamp: 0 });
  // Chromium's own, unknown to TypeScript.
  const { MediaStreamTrackGenerator: Generator, MediaStreamTrackProcessor: Processor } = window as unknown as {
    MediaStreamTrackGenerator: new (options: { kind: 'video' }) => MediaStreamTrack & { writable: WritableStream<VideoFrame> };
    MediaStreamTrackProcessor: new (options: { track: MediaStreamTrack }) => { readable: ReadableStream<VideoFrame> };
  };
  const track = new Generator({ kind: 'video' });
  const reader = new Processor({ track }).readable.getReader();
  const writer = track.writable.getWriter();
  await writer.write(await engine.anonymize(raw));
  const { value: frame } = await reader.read();
  if (frame === undefined) throw new Error('the track ended');
  const { format } = frame;
  const found = await bauta.pixelsOf(frame);
  frame.close();
  raw.close();
  await writer.close();
  const off = found.map((value, index) => Math.abs(value - (expected[index] ?? NaN)));
  const colours = off.filter((_, index) => index % 4 !== 3);
  const mean = colours.reduce((sum, value) => sum + value, 0) / colours.length;
  return { format, mean, largest: colours.reduce((most, value) => Math.max(most, value), 0) };
};

/** What the GPU is told for one frame, once the first frames are through. */
export const countCommands = async ({ name, width, height }: Omit<Case, 'kind'>): Promise<Record<string, number>> => {
  const { bauta } = window;
  const seen = new Uint8Array(await bauta.bytes(`/reference/${name}.raw.rgba`));
  const engine = await bauta.load('webgpu');
  for (let timestamp = 0; timestamp < 4; timestamp++) {
    const raw = new VideoFrame(seen, { format: 'RGBA', codedWidth: width, codedHeight: height, timestamp });
    bauta.counts = { mapAsync: 0 };
    (await engine.anonymize(raw)).close();
    raw.close();
  }
  return bauta.counts;
};

/** The code of the fault with which an engine is refused. */
export const refusal = async ({
  kind,
  change,
}: {
  kind: EngineKind;
  change: 'answer' | 'weights' | 'movement' | 'hardware only' | 'nothing';
}): Promise<string> => {
  const { bauta } = window;
  const { weights, card } = await bauta.assets();
  if (change === 'nothing') return bauta.codeOf(bauta.load(kind, {}));
  if (change === 'hardware only') return bauta.codeOf(bauta.load(kind, { allowSoftwareGpu: false }));
  if (change === 'weights') {
    weights[weights.length - 1] = (weights.at(-1) ?? 0) ^ 1;
    return bauta.codeOf(bauta.load(kind, { weights }));
  }
  const altered = JSON.parse(card) as { known_answer: { grid: number[] }; config: { architecture?: string } };
  if (change === 'movement') {
    altered.config.architecture = 'motion';
    return bauta.codeOf(bauta.load(kind, { card: JSON.stringify(altered) }));
  }
  altered.known_answer.grid[100] = (altered.known_answer.grid[100] ?? 0) + 3;
  return bauta.codeOf(bauta.load(kind, { card: JSON.stringify(altered) }));
};
