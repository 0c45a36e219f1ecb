import { adapterName, findAdapter } from './adapter.js';
import type { EngineKind } from './engine.js';
import { asFault, unloaded } from './faults.js';
import type { Pipeline } from './passage.js';

/** Which engine an app asks for; `auto` takes the GPU where there is a real one, else the processor. */
export type EngineChoice = 'auto' | EngineKind;

/** What is asked of `support()`. */
export interface SupportOptions {
  /** The engine to ask for. Default `auto`. */
  readonly engine?: EngineChoice;
  /** Also take a GPU that is emulated on the processor. It is slower than the CPU engine; for tests. */
  readonly allowSoftwareGpu?: boolean;
}

/** What this browser can do. */
export interface Support {
  /** Whether Bauta runs here with the engine that was asked for. */
  readonly supported: boolean;
  /** What the browser lacks, by the names of its interfaces; empty where nothing is. */
  readonly missing: readonly string[];
  /** The engine that would be tried first; `null` where none can run. */
  readonly engine: EngineKind | null;
  /** How frames would be taken from a camera's track; `null` where nothing can run. */
  readonly pipeline: Pipeline | null;
  /** Why that one, or why none, as a sentence. */
  readonly why: string;
}

/** What runs a Bauta, where nothing is missing. */
export interface Found {
  readonly engine: EngineKind;
  readonly pipeline: Pipeline;
  /** Why that engine. */
  readonly why: string;
}

/** The smallest WebAssembly module with a 128-bit vector in it. */
const SIMD_MODULE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

const hasSimd = (): boolean => typeof WebAssembly !== 'undefined' && WebAssembly.validate(SIMD_MODULE);

/** What Bauta cannot do without, wherever the engine runs. */
const NEEDED: Readonly<Record<string, () => boolean>> = {
  'a secure origin (https or localhost)': () => globalThis.isSecureContext,
  Worker: () => 'Worker' in globalThis,
  VideoFrame: () => 'VideoFrame' in globalThis,
  OffscreenCanvas: () => 'OffscreenCanvas' in globalThis,
  'WebAssembly with SIMD': hasSimd,
};

/** Chromium's streams of tracks. What has neither them nor another way is told that it has not them. */
const STREAMS = ['MediaStreamTrackProcessor', 'MediaStreamTrackGenerator'];

/** The first that this browser can do, by what it has and not by its name. */
const findPipeline = async (): Promise<Pipeline | null> => {
  if (STREAMS.every((name) => name in globalThis)) return 'streams';
  const { HTMLVideoElement: Video, HTMLCanvasElement: Canvas } = globalThis as Partial<typeof globalThis>;
  if (Canvas === undefined || !('captureStream' in Canvas.prototype)) return null;
  const { canGiveTracks } = await import('./track-probe.js').catch(unloaded);
  if (await canGiveTracks()) return 'worker';
  return Video && 'requestVideoFrameCallback' in Video.prototype ? 'element' : null;
};

/**
 * Says what is missing and which engine would run, and why. Asks for no permission and opens no device, and downloads
 * nothing but, in browsers other than Chromium's, a few lines that find out what workers can do. The engine is
 * tested later, when it is loaded.
 */
export const support = async (options: SupportOptions = {}): Promise<Support> => {
  const { engine = 'auto', allowSoftwareGpu = false } = options;
  const missing = Object.keys(NEEDED).filter((name) => NEEDED[name]?.() !== true);
  const pipeline = missing.length > 0 ? null : await findPipeline();
  if (pipeline === null) {
    if (missing.length === 0) missing.push(...STREAMS.filter((name) => !(name in globalThis)));
    const why = `this browser has no ${missing.join(', no ')}; use a current one`;
    return { supported: false, missing, engine: null, pipeline, why };
  }
  if (engine === 'cpu') return { supported: true, missing, engine, pipeline, why: 'the CPU engine was asked for' };
  try {
    const adapter = await findAdapter(allowSoftwareGpu);
    const why = `WebGPU is there, on ${adapterName(adapter.info)}`;
    return { supported: true, missing, engine: 'webgpu', pipeline, why };
  } catch (cause) {
    const why = asFault(cause, 'no-webgpu').message;
    if (engine === 'webgpu') {
      return { supported: false, missing: ['WebGPU'], engine: null, pipeline: null, why: `${why}; ask for the CPU engine or auto` };
    }
    return { supported: true, missing, engine: 'cpu', pipeline, why };
  }
};
