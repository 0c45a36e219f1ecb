/** A mosaic instead of a model: cells of one colour each, with noise (DP-Pix). It is there at once. */
export interface MosaicOptions {
  /** Makes it one. */
  readonly mode: 'mosaic';
  /** Side of a cell, in pixels. Default 16. */
  readonly cell?: number;
  /** How many pixels the promise is about. Default 16. */
  readonly neighbourhood?: number;
  /** What one frame costs. Default 0.5. */
  readonly epsilon?: number;
  /** What is shown of colours: `rgb` costs three times the noise. Default `grey`. */
  readonly colour?: 'grey' | 'rgb';
}

/** What releases may cost together; at the budget the slate is shown. */
export interface BudgetOptions {
  /** As mu of Gaussian differential privacy. */
  readonly mu?: number;
  /** As epsilon, at `delta`. Give one of the two, or none to count only. */
  readonly epsilon?: number;
  /** The chance with which epsilon may be missed. Default 1e-5. */
  readonly delta?: number;
  /**
   * A name under which this origin remembers what was spent, across reloads of the page. One page at a time may have it.
   * Default: it is forgotten when the Bauta is closed.
   */
  readonly remember?: string;
}

/** What may be spent: anything, or one of two numbers. */
export type Budget =
  | 'none'
  | {
      /** As mu. */
      readonly mu: number;
    }
  | {
      /** As epsilon. */
      readonly epsilon: number;
    };

/** What was released and what it has cost. Frames of one kind add up, whichever model or mosaic made them. */
export interface Ledger {
  /** What one release is about. */
  readonly unit: string;
  /** Which inputs nobody shall tell apart. */
  readonly relation: string;
  /** What all releases may cost. */
  readonly budget: Budget;
  /** Releases so far. */
  readonly releases: number;
  /** What they have cost together, as mu; `null`: nothing is promised any more. */
  readonly mu: number | null;
  /** The same as epsilon at `delta`; `null`: nothing is promised any more. */
  readonly epsilon: number | null;
  /** The chance with which epsilon may be missed. */
  readonly delta: number;
  /** How many more releases the budget holds; `null`: any number. */
  readonly left: number | null;
}
