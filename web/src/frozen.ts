import { DULL, contrastOf } from './thumbnail.js';
import type { Sampler, Thumbnail } from './thumbnail.js';

const LOOK_EVERY_MS = 500;

/**
 * F8: tells a source that stands still. A camera's noise makes every picture a little different; one that repeats
 * to the last bit comes from a paused video, a hidden page or a driver that hangs. A picture without contrast, of a
 * muted camera or a covered lens, is none of that.
 */
export class FrozenWatch {
  readonly #sample: Sampler;
  readonly #limitMs: number;
  #last: Thumbnail | undefined;
  #lookedMs = -Infinity;
  #sameSinceMs = 0;

  /** A source is frozen after `limitMs` milliseconds without a change; `Infinity` for never. */
  constructor(sample: Sampler, limitMs: number) {
    this.#sample = sample;
    this.#limitMs = limitMs;
  }

  /** Whether the source has stood still for too long, with `raw` as its newest frame. Looks twice a second. */
  isFrozen(raw: VideoFrame, nowMs: number): boolean {
    if (this.#limitMs === Infinity) return false;
    if (nowMs - this.#lookedMs >= LOOK_EVERY_MS || this.#hasLapsed()) {
      const seen = this.#sample(raw);
      const isSame = this.#last?.every((value, at) => value === seen[at]) === true && contrastOf(seen) >= DULL;
      if (!isSame) this.#sameSinceMs = nowMs;
      this.#last = seen;
      this.#lookedMs = nowMs;
    }
    return this.#hasLapsed();
  }

  #hasLapsed(): boolean {
    return this.#lookedMs - this.#sameSinceMs >= this.#limitMs;
  }
}
