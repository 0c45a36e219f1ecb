/**
 * F15: the output's clock. It begins at zero with the output and always goes forward, so that nothing tells
 * how long the camera's machine has been running. Microseconds.
 */
export class Timeline {
  readonly #begin: number;
  readonly #nowMs: () => number;
  #offset: number | undefined;
  #last = -1;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#begin = nowMs();
  }

  /** The time of a slate that leaves now. */
  now(): number {
    return this.#forward(this.#elapsed());
  }

  /**
   * When a frame that the camera stamped `cameraUs` is due; distances between frames are kept. It is stamped by
   * `stamp` when it leaves, as slates may have left since.
   */
  due(cameraUs: number): number {
    const elapsed = this.#elapsed();
    const jumped = this.#offset === undefined || Math.abs(cameraUs + this.#offset - elapsed) > 1_000_000;
    if (jumped) this.#offset = Math.max(elapsed, this.#last + 1) - cameraUs; // the first frame, or a camera that stood still
    return cameraUs + (this.#offset ?? 0);
  }

  /** The time of a frame that was due at `dueUs` and leaves now: never before what has left already. */
  stamp(dueUs: number): number {
    return this.#forward(dueUs);
  }

  #elapsed(): number {
    return Math.round((this.#nowMs() - this.#begin) * 1000);
  }

  #forward(us: number): number {
    this.#last = Math.max(us, this.#last + 1);
    return this.#last;
  }
}
