import type { Assets, Engine } from './engine.js';
import { faultOf, isTrap, openScript, readCard } from './engine-file.js';
import type { Card } from './engine-file.js';
import type { BautaError } from './faults.js';
import { frameOf, pixelsOf } from './known-answer.js';

/** The WebAssembly engine, as `crate/src/web/cpu.rs` exports it. */
interface Session {
  anonymize(rgba: Uint8Array, width: number, height: number, at: number): Uint8Array<ArrayBuffer>;
  answer(): Uint8Array<ArrayBuffer> | undefined;
  ledger(): string | undefined;
  free(): void;
}

interface Exports {
  readonly CpuEngine: { load(weights: Uint8Array, card: string, ledger: string): Session };
}

/** Frames through the processor: copied out, anonymized in WebAssembly, wrapped again. */
export class CpuEngine implements Engine {
  readonly kind = 'cpu';
  readonly adapter = 'processor (WebAssembly, 128-bit SIMD)';
  readonly card: Card;
  readonly #session: Session;
  readonly #onLost: (fault: BautaError) => void;
  #broken: BautaError | undefined;

  private constructor(session: Session, assets: Assets) {
    this.card = readCard(assets.card);
    this.#session = session;
    this.#onLost = assets.onLost ?? (() => undefined);
  }

  static async load(assets: Assets): Promise<CpuEngine> {
    const exports = await openScript<Exports>('cpu', assets);
    try {
      return new CpuEngine(exports.CpuEngine.load(assets.weights, assets.card, assets.ledger ?? '{}'), assets);
    } catch (cause) {
      throw faultOf(cause, 'bad-model');
    }
  }

  async anonymize(raw: VideoFrame): Promise<VideoFrame> {
    if (this.#broken) throw this.#broken;
    const { displayWidth: codedWidth, displayHeight: codedHeight, timestamp } = raw;
    try {
      const seen = await pixelsOf(raw);
      const shown = this.#session.anonymize(seen, codedWidth, codedHeight, timestamp);
      return frameOf(shown, codedWidth, codedHeight, timestamp);
    } catch (cause) {
      const fault = faultOf(cause, 'frame-failed');
      if (isTrap(cause)) {
        this.#broken = fault;
        this.#onLost(fault);
      }
      throw fault;
    }
  }

  answer(): Promise<VideoFrame | undefined> {
    const { width, height } = this.card.known_answer;
    const answer = this.#session.answer();
    return Promise.resolve(answer && frameOf(answer, width, height, 0));
  }

  ledger(): string | undefined {
    return this.#session.ledger();
  }

  close(): void {
    if (this.#broken) return; // what is left of a broken instance must not be called
    this.#broken = faultOf(new Error('the engine is closed'), 'frame-failed');
    this.#session.free();
  }
}
