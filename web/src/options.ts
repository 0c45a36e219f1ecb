import type { EngineKind } from './engine.js';
import type { BudgetOptions, MosaicOptions } from './ledger.js';
import type { GateCommand } from './protocol.js';
import { SLATE_COLOUR, colourOf } from './slate.js';
import type { EngineChoice } from './support.js';

/** How a Bauta is made. */
export interface BautaOptions {
  /** Name of a model in `assetBase`'s folder `models/`, or the URL of one, without its ending; or a mosaic, which needs none. */
  readonly model?: string | MosaicOptions;
  /** Refuses a model of another mode, by `useModel()` too; what stands in for it is not meant. Default: any. */
  readonly mode?: 'learned' | 'dp' | 'mosaic';
  /** A mosaic that is shown instead of the slate while the model cannot be: before it is loaded, and after a fault. */
  readonly meanwhile?: MosaicOptions;
  /** What releases of mode `dp` and of mosaics may cost. Default: they are only counted. */
  readonly budget?: BudgetOptions;
  /** `auto` takes the GPU where there is a real one that passes its self-test, else the processor. */
  readonly engine?: EngineChoice;
  /** Also take a GPU that is emulated on the processor. It is slower than the CPU engine; for tests. */
  readonly allowSoftwareGpu?: boolean;
  /** URL of the folder with `wasm/` and `models/`. Default: where the package's own script lies. */
  readonly assetBase?: string | URL;
  /** Colour of the slate, `#rrggbb`. */
  readonly slate?: string;
  /** How long the output may stand still before the slate replaces it, in milliseconds. Default 1000. */
  readonly deadlineMs?: number;
  /**
   * How long the camera may give the same picture, to the last bit, before the slate replaces it, in milliseconds.
   * Default 5000; `Infinity` for sources that may stand still. A picture of one colour may always.
   */
  readonly frozenMs?: number;
  /** Closes the Bauta when it is aborted. */
  readonly signal?: AbortSignal;
}

const withDefaults = (options: BautaOptions) => {
  const { model = 'bauta-s', engine = 'auto', allowSoftwareGpu = false } = options;
  const { slate = SLATE_COLOUR, deadlineMs = 1000, frozenMs = 5000 } = options;
  return { model, engine, allowSoftwareGpu, slate, deadlineMs, frozenMs };
};

const ENGINES: readonly string[] = ['auto', 'webgpu', 'cpu'] satisfies EngineChoice[];

/** Throws a `TypeError` for options that make no sense. */
export const checkOptions = (options: BautaOptions): void => {
  const { engine, slate, deadlineMs, frozenMs } = withDefaults(options);
  if (!ENGINES.includes(engine)) throw new TypeError(`engine is one of ${ENGINES.join(', ')}, not '${engine}'`);
  if (!(deadlineMs > 0)) throw new TypeError(`deadlineMs is a number above 0, not ${String(deadlineMs)}`);
  if (!(frozenMs > 0)) throw new TypeError(`frozenMs is a number above 0, not ${String(frozenMs)}`);
  colourOf(slate);
};

/** What the gate is asked for, in a browser where `best` would run. */
export const loadCommand = (options: BautaOptions, best: EngineKind): Extract<GateCommand, { readonly type: 'load' }> => {
  const { model, engine, allowSoftwareGpu, slate, deadlineMs, frozenMs } = withDefaults(options);
  const base = baseOf(options);
  const { mode, meanwhile, budget } = options;
  const sources = { base, model: modelUrl(model, base), allowSoftwareGpu };
  const candidates = engine === 'auto' && best === 'webgpu' ? (['webgpu', 'cpu'] as const) : [best];
  return { type: 'load', sources, candidates, slate, deadlineMs, frozenMs, mode, meanwhile, budget };
};

/** Absolute URL of the folder with `wasm/` and `models/`, with a slash at its end. */
export const baseOf = ({ assetBase = new URL('./', import.meta.url) }: BautaOptions): string => {
  const { href } = new URL(assetBase, globalThis.location.href);
  return href.endsWith('/') ? href : `${href}/`;
};

/** Absolute URL of a model without its ending; a mosaic as it is. */
export const modelUrl = <Model extends string | MosaicOptions>(model: Model, base: string): Model | string =>
  typeof model === 'string' ? new URL(model, new URL('models/', base)).href : model;
