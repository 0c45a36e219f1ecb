import { BautaError } from './faults.js';
import { DULL, contrastOf, differenceOf } from './thumbnail.js';
import type { Sampler, Thumbnail } from './thumbnail.js';

/** What went into an engine and what came out. */
export interface Pair {
  readonly raw: Thumbnail;
  readonly made: Thumbnail;
}

/** Pictures that differ by less are the same picture, by whatever way it went. */
const SAME = 2.5;
const BLANK = 1;
/** Camera pictures that differ by more show something that moved; their noise alone makes less than half of it. */
const MOVED = 2;

/**
 * What is wrong with an engine that made this; `undefined` where nothing can be said against it. `before` is from when
 * the engine's picture last changed.
 */
export const suspicion = ({ raw, made }: Pair, before: Pair | undefined): string | undefined => {
  if (contrastOf(raw) < DULL) return undefined;
  if (!(differenceOf(raw, made) >= SAME)) return 'it gives the camera picture back';
  if (contrastOf(made) < BLANK) return 'its picture is blank';
  const isStale = before !== undefined && differenceOf(raw, before.raw) > MOVED && differenceOf(made, before.made) === 0;
  return isStale ? 'its picture does not follow the camera' : undefined;
};

/** Looks at a frame before the engine gets it. What comes back throws where the engine's picture is suspicious. */
export interface Watch {
  look(raw: VideoFrame): (made: VideoFrame) => void;
}

/**
 * F6: looks at all that a running engine makes, and trusts nothing the engine says: it compares small pictures of what
 * went in and what came out, outside the engine's worker, before the frame may leave. It finds pictures that are wrong
 * as a whole; an engine that let a part of the camera's picture through would go unseen.
 */
export class Canary implements Watch {
  readonly #sample: Sampler;
  readonly #patience: number;
  #before: Pair | undefined;
  #stood = 0;

  /** `patience` is for how many frames a sound engine's picture may stand still while the camera's moves. */
  constructor(sample: Sampler, patience = 1) {
    this.#sample = sample;
    this.#patience = patience;
  }

  look(raw: VideoFrame): (made: VideoFrame) => void {
    const seen = this.#sample(raw);
    return (made) => {
      const pair = { raw: seen, made: this.#sample(made) };
      const isNew = this.#before === undefined || differenceOf(pair.made, this.#before.made) > 0;
      this.#stood = isNew ? 0 : this.#stood + 1;
      const why = suspicion(pair, this.#stood < this.#patience ? undefined : this.#before);
      // Kept while the engine's picture is the same: a slow scene moves little from one frame to the next.
      if (isNew) this.#before = pair;
      if (why !== undefined) throw new BautaError('canary-failed', `the engine cannot be trusted: ${why}; a fresh one takes its place`);
    };
  }
}
