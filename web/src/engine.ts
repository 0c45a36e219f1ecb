import type { Card } from './engine-file.js';
import { BautaError, unloaded } from './faults.js';
import { distance, frameOf, pattern } from './known-answer.js';

export type { Card, Figure, Provenance, TrainingSet } from './engine-file.js';
export type { KnownAnswer } from './known-answer.js';

/** Which engine: on the GPU, or on the processor. */
export type EngineKind = 'webgpu' | 'cpu';

/** What an engine is made of. All of it comes from the caller's own server. */
export interface Assets {
  /** Absolute URL of the folder that holds `wasm/`, with a slash at its end. */
  readonly base: string;
  /** The model's weights, the bytes of `NAME.bpk`. */
  readonly weights: Uint8Array;
  /** The model's card, the text of `NAME.json`. */
  readonly card: string;
  /** Settings of a mosaic, as JSON; then there are no weights and no card. */
  readonly mosaic?: string;
  /** How the ledger begins of what is counted: JSON of any of `budget`, `delta` and `kept`. Default: empty, without a budget. */
  readonly ledger?: string;
  /** Also take a GPU that is emulated on the processor (slow; for tests). */
  readonly allowSoftwareGpu?: boolean;
  /** Called once if the engine breaks for good: from then on it anonymizes nothing. */
  readonly onLost?: (fault: BautaError) => void;
}

/** A model at work. One frame at a time. */
export interface Engine {
  readonly kind: EngineKind;
  /** What it runs on, for people to read. */
  readonly adapter: string;
  readonly card: Card;
  /**
   * Anonymizes one frame. Does not close `raw`; the result has its display size and timestamp, and the
   * caller closes it. Rejects with a `BautaError` and never with, or after handing out, a raw pixel.
   */
  anonymize(raw: VideoFrame): Promise<VideoFrame>;
  /** What it makes of the known picture alone, without noise and frames before; nothing where any picture can be asked about. */
  answer?(): Promise<VideoFrame | undefined>;
  /** What was released and has been spent, as JSON; nothing where nothing is counted. */
  ledger?(): string | undefined;
  close(): void;
}

/**
 * F6: opens a model on an engine and tests it: the picture of the card's known answer goes through
 * `anonymize` like a camera frame, or through `answer` where there is noise or memory, and an engine that answers otherwise is
 * closed and refused.
 */
export const loadEngine = async (kind: EngineKind, assets: Assets): Promise<Engine> => {
  const engine = await openEngine(kind, assets);
  try {
    await selfTest(engine);
  } catch (cause) {
    engine.close();
    throw cause;
  }
  return engine;
};

/** Only the engine that is asked for is downloaded. */
const openEngine = async (kind: EngineKind, assets: Assets): Promise<Engine> => {
  if (assets.mosaic !== undefined) return (await import('./engine-mosaic.js').catch(unloaded)).loadMosaic(kind, assets);
  if (kind === 'webgpu') return (await import('./engine-gpu.js').catch(unloaded)).GpuEngine.load(assets);
  return (await import('./engine-cpu.js').catch(unloaded)).CpuEngine.load(assets);
};

const selfTest = async (engine: Engine): Promise<void> => {
  const { width, height, tolerance } = engine.card.known_answer;
  const question = frameOf(pattern(width, height), width, height, 0);
  let answer: VideoFrame | undefined;
  try {
    answer = (await engine.answer?.()) ?? (await engine.anonymize(question));
    const off = await distance(answer, engine.card.known_answer);
    if (off <= tolerance) return; // false for NaN
    throw new BautaError(
      'self-test-failed',
      `the ${engine.kind} engine fails its self-test on ${engine.adapter}: off by ${off.toFixed(1)} of 255 ` +
        `where ${String(tolerance)} is allowed; use the other engine or fetch the model again`,
    );
  } finally {
    question.close();
    answer?.close();
  }
};
