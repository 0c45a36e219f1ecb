import type { Assets } from './engine.js';
import { BautaError } from './faults.js';
import type { FaultCode } from './faults.js';
import { ENGINE_FILE, fetchFile } from './files.js';
import type { KnownAnswer } from './known-answer.js';

/** What is known of a model: the card that travels with its weights. Sentences are for people to read. */
export interface Card {
  /** Version of the card's form. */
  readonly format: number;
  /** The model's name, that of its files too. */
  readonly name: string;
  /** How frames are anonymized, and so what is guaranteed. */
  readonly mode: string;
  /** What is claimed of the model's privacy, and what is not. */
  readonly privacy_claim: string;
  /** Licence of the weights, with those of the data they come from. */
  readonly licence: string;
  /** SHA-256 of the weights, lower-case hex. */
  readonly sha256: string;
  /** Shape of the network: which of several kinds it is, and the numbers of that kind. */
  readonly config: {
    /** `dp`, `motion`, or nothing for the network of single pictures. */
    readonly architecture?: string;
  };
  /** What the weights make of a known picture. */
  readonly known_answer: KnownAnswer;
  /** How the weights came to be. */
  readonly trained: Provenance;
  /** What was measured of the model. */
  readonly measured: readonly Figure[];
  /** What it does not do, as sentences. */
  readonly limits: readonly string[];
}

/** A set that weights were trained on. */
export interface TrainingSet {
  /** The set's name. */
  readonly name: string;
  /** What it was used for. */
  readonly role: string;
  /** Its licence. */
  readonly licence: string;
  /** Number of clips or pictures. */
  readonly items: number;
}

/** How weights came to be. */
export interface Provenance {
  /** The program's version, as a commit of its source. */
  readonly commit: string;
  /** The sets trained on. */
  readonly data: readonly TrainingSet[];
  /** What chance began from: the same gives the same weights. */
  readonly seed: number;
  /** Training steps. */
  readonly steps: number;
  /** How long it took. */
  readonly minutes: number;
  /** What it was trained on. */
  readonly device: string;
}

/** One measured number, and what the best constant guess would reach. */
export interface Figure {
  /** What was measured, of which data, in words. */
  readonly name: string;
  /** What came out, in the unit that `name` says. */
  readonly value: number;
  /** What the best constant guess would reach; `null` where there is none. */
  readonly chance: number | null;
  /** Number of clips or pictures. */
  readonly n: number;
  /** The 95 % interval, where a judge has measured. */
  readonly low?: number;
  /** Its upper end. */
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
export const openScript = async <Exports>(name: 'cpu' | 'gpu' | 'mosaic', { base }: Assets): Promise<Exports> => {
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
    const remedy = isForbidden(cause) ? "allow 'wasm-unsafe-eval' in script-src of the page's content security policy" : ENGINE_FILE.remedy;
    throw new BautaError('bad-engine-file', `the engine ${address} does not start; ${remedy}`, { cause });
  }
};

/** Whether the page's policy forbids WebAssembly: what its bytes are was found to be right before. */
const isForbidden = (cause: unknown): boolean => cause instanceof WebAssembly.CompileError || cause instanceof EvalError;

/** The codes that engines give their errors, as `name`. */
const ENGINE_CODES: ReadonlySet<string> = new Set<FaultCode>([
  'no-webgpu',
  'device-lost',
  'bad-model',
  'self-test-failed',
  'frame-failed',
  'bad-ledger',
  'budget-spent',
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
