/** What has gone through since the camera was attached, and how fast it goes now. */
export interface Stats {
  /** Frames the camera gave. */
  readonly framesIn: number;
  /** Anonymized frames that left. */
  readonly framesOut: number;
  /** Slates that left. */
  readonly slates: number;
  /** Frames that came while no engine was ready, and were closed unseen. */
  readonly withheld: number;
  /** Times that something went wrong. */
  readonly faults: number;
  /** Anonymized frames a second, over the last two seconds or since the first of them. */
  readonly fps: number;
  /** Milliseconds from camera frame to anonymized frame, over the last frames; `null` before the first. */
  readonly frameMs: {
    /** Half of the frames took no longer. */
    readonly p50: number;
    /** 95 of 100 took no longer. */
    readonly p95: number;
  } | null;
}

const WINDOW_MS = 2000;
const KEPT_TIMES = 120;

/** Counts frames. Times are in milliseconds of any clock that does not go back. */
export class Tally {
  framesIn = 0;
  slates = 0;
  withheld = 0;
  faults = 0;
  #framesOut = 0;
  #times: number[] = [];
  #leftAt: number[] = [];

  /** Notes an anonymized frame that left at `now` and took `frameMs`. */
  frame(frameMs: number, now: number): void {
    this.#framesOut++;
    this.#times.push(frameMs);
    if (this.#times.length > KEPT_TIMES) this.#times.shift();
    this.#leftAt.push(now);
    this.#forget(now);
  }

  /** Everything counted so far. */
  read(now: number): Stats {
    this.#forget(now);
    const { framesIn, slates, withheld, faults } = this;
    const [first = now] = this.#leftAt;
    const fps = now > first ? ((this.#leftAt.length - 1) * 1000) / (now - first) : 0;
    const sorted = [...this.#times].sort((a, b) => a - b);
    const frameMs = sorted.length > 0 ? { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) } : null;
    return { framesIn, framesOut: this.#framesOut, slates, withheld, faults, fps, frameMs };
  }

  #forget(now: number): void {
    while ((this.#leftAt[0] ?? Infinity) <= now - WINDOW_MS) this.#leftAt.shift();
  }
}

/** The smallest value that at least the share `q` of the values does not exceed. */
export const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? NaN;
