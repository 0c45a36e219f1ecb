/**
 * The output's clock. It begins at zero with the output and always goes forward, so that nothing tells
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

  /** The time of a frame that the camera stamped `cameraUs`; distances between frames are kept. */
  of(cameraUs: number): number {
    const elapsed = this.#elapsed();
    const jumped = this.#offset === undefined || Math.abs(cameraUs + this.#offset - elapsed) > 1_000_000;
    if (jumped) this.#offset = Math.max(elapsed, this.#last + 1) - cameraUs; // the first frame, or a camera that stood still
    return this.#forward(cameraUs + (this.#offset ?? 0));
  }

  #elapsed(): number {
    return Math.round((this.#nowMs() - this.#begin) * 1000);
  }

  #forward(us: number): number {
    this.#last = Math.max(us, this.#last + 1);
    return this.#last;
  }
}
