import type { Assets } from './engine.js';
import { BautaError } from './faults.js';
import type { FaultCode } from './faults.js';
import { ENGINE_FILE, fetchFile } from './files.js';
import type { KnownAnswer } from './known-answer.js';

/** What is known of a model: the card that travels with its weights. Sentences are for people to read. */
export interface Card {
  readonly format: number;
  readonly name: string;
  /** How frames are anonymized, and so what is guaranteed. */
  readonly mode: string;
  readonly privacy_claim: string;
  readonly licence: string;
  /** SHA-256 of the weights, lower-case hex. */
  readonly sha256: string;
  readonly known_answer: KnownAnswer;
  readonly trained: Provenance;
  readonly measured: readonly Figure[];
  readonly limits: readonly string[];
}

/** How weights came to be. */
export interface Provenance {
  readonly commit: string;
  /** The sets trained on: `role` is what each was used for. */
  readonly data: readonly { readonly name: string; readonly role: string; readonly licence: string; readonly items: number }[];
  readonly seed: number;
  readonly steps: number;
  readonly minutes: number;
  readonly device: string;
}

/** One measured number, and what the best constant guess would reach. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly chance: number | null;
  /** Number of clips or pictures. */
  readonly n: number;
  /** The 95 % interval, where a judge has measured. */
  readonly low?: number;
  readonly high?: number;
}

/** The text of a card as data. */
export const readCard = (text: string): Card => {
  try {
    return JSON.parse(text) as Card; // the engine itself checks the fields, and refuses a card that lacks one
  } catch (cause) {
    throw new BautaError('bad-model', 'the model card is no JSON; fetch it again', { cause });
  }
};

/** What the script of every engine exports: its start, which is given the WebAssembly. */
interface Script {
  default(start: { readonly module_or_path: WebAssembly.Module }): Promise<unknown>;
}

/** Loads the script in the folder `wasm/NAME/` and starts its WebAssembly, once both are as the manifest says (F12). */
export const openScript = async <Exports>(name: 'cpu' | 'gpu', { base }: Assets): Promise<Exports> => {
  const address = new URL(`wasm/${name}/bauta.js`, base).href;
  const [wasm] = await Promise.all([
    fetchFile(`wasm/${name}/bauta_bg.wasm`, base, ENGINE_FILE),
    fetchFile(`wasm/${name}/bauta.js`, base, ENGINE_FILE), // what is imported below comes from the same place
  ]);
  try {
    // The address is the caller's, so a bundler must leave it alone.
    const script = (await import(/* @vite-ignore */ /* webpackIgnore: true */ address)) as Script & Exports;
    await script.default({ module_or_path: await WebAssembly.compile(wasm) });
    return script;
  } catch (cause) {
    throw new BautaError('bad-engine-file', `the engine ${address} does not start; ${ENGINE_FILE.remedy}`, { cause });
  }
};

/** The codes that engines give their errors, as `name`. */
const ENGINE_CODES: ReadonlySet<string> = new Set<FaultCode>([
  'no-webgpu',
  'device-lost',
  'bad-model',
  'self-test-failed',
  'frame-failed',
]);

const isEngineCode = (name: string): name is FaultCode => ENGINE_CODES.has(name);

/** An engine's error with its own code and sentence; anything else gets `code`. */
export const faultOf = (cause: unknown, code: FaultCode): BautaError => {
  if (cause instanceof BautaError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof Error && isEngineCode(cause.name)) return new BautaError(cause.name, message, { cause });
  return new BautaError(code, message, { cause });
};

/** Whether WebAssembly stopped in the middle of something: nothing it holds can be trusted any more. */
export const isTrap = (cause: unknown): boolean => cause instanceof WebAssembly.RuntimeError;
