/** What runs inside the page to compare engines that count: sent there as text, with `window.bauta` and `window.counted`. */
import type { Page } from 'playwright-core';
import type { Engine, EngineKind } from '../../web/src/engine.js';

/** As the native engine has written it. */
export interface Counted {
  readonly seed: number;
  readonly codes: { readonly code: number[]; readonly clip: number; readonly sigma: number; readonly released: number[] };
  readonly mosaics: readonly { readonly name: string; readonly settings: object; readonly raw: string; readonly width: number; readonly height: number }[];
}

interface CountedBench {
  /** What the WebAssembly of an engine exports, started. */
  script(kind: EngineKind): Promise<{
    releaseSeededForTests(code: Float32Array, clip: number, sigma: number, seed: bigint): Float64Array;
    open(weights: Uint8Array, card: string): Promise<{ draw(released: Float64Array): Promise<Float32Array> | Float32Array }>;
  }>;
  /** An engine of mosaics whose noise follows from `seed`. */
  mosaic(kind: EngineKind, settings: object, seed: number): Promise<Engine>;
}

declare global {
  interface Window {
    counted: CountedBench;
  }
}

const BENCH = `
import { CpuMosaic, GpuMosaic } from '/dist/engine-mosaic.js';
const started = async (name) => {
  const script = await import('/dist/wasm/' + name + '/bauta.js');
  await script.default();
  return script;
};
window.counted = {
  script: async (kind) => {
    const script = await started(kind === 'cpu' ? 'cpu' : 'gpu');
    const engine = kind === 'cpu' ? script.CpuEngine : script.GpuEngine;
    return { releaseSeededForTests: script.releaseSeededForTests, open: async (weights, card) => engine.load(weights, card, '{}') };
  },
  mosaic: async (kind, settings, seed) => {
    const { MosaicEngine } = await started('mosaic');
    const session = MosaicEngine.load(JSON.stringify(settings), '{}').seededForTests(BigInt(seed));
    if (kind === 'cpu') return new CpuMosaic(session);
    const adapter = await navigator.gpu.requestAdapter();
    return GpuMosaic.open(session, await adapter.requestDevice(), 'a test');
  },
};
`;

export const installCounted = async (page: Page): Promise<void> => {
  await page.addScriptTag({ type: 'module', content: BENCH });
  await page.waitForFunction(() => 'counted' in window);
};

/** The released numbers of the reference's code and seed, and the largest difference of the picture that is drawn of them. */
export const compareCodes = async ({ kind, counted }: { kind: EngineKind; counted: Counted }): Promise<{ released: number[]; largest: number }> => {
  const { bauta } = window;
  const script = await window.counted.script(kind);
  const { code, clip, sigma, released } = counted.codes;
  const again = [...script.releaseSeededForTests(new Float32Array(code), clip, sigma, BigInt(counted.seed))];
  const weights = new Uint8Array(await bauta.bytes('/reference/codes.bpk'));
  const network = await script.open(weights, new TextDecoder().decode(await bauta.bytes('/reference/codes.json')));
  const found = await network.draw(new Float64Array(released));
  const expected = new Float32Array(await bauta.bytes('/reference/codes.output.f32'));
  if (found.length !== expected.length) return { released: again, largest: Infinity };
  return { released: again, largest: found.reduce((largest, value, at) => Math.max(largest, Math.abs(value - (expected[at] ?? NaN))), 0) };
};

/** The largest difference of 255 between a mosaic here and the native one of the same seed. */
export const compareMosaic = async ({ kind, seed, mosaic }: { kind: EngineKind; seed: number; mosaic: Counted['mosaics'][number] }): Promise<number> => {
  const { bauta } = window;
  const engine = await window.counted.mosaic(kind, mosaic.settings, seed);
  const bytes = new Uint8Array(await bauta.bytes(`/reference/${mosaic.raw}.raw.rgba`));
  const raw = new VideoFrame(bytes, { format: 'RGBA', codedWidth: mosaic.width, codedHeight: mosaic.height, timestamp: 0 });
  const shown = await engine.anonymize(raw);
  const found = await bauta.pixelsOf(shown);
  raw.close();
  shown.close();
  const expected = new Uint8Array(await bauta.bytes(`/reference/${mosaic.name}.rgba`));
  if (found.length !== expected.length) return Infinity;
  return found.reduce((most, value, at) => Math.max(most, Math.abs(value - (expected[at] ?? NaN))), 0);
};
