/**
 * A marker to hold before a real camera, and the detector that reads it. Two rows of 30 bars: the upper row is a code,
 * the lower one its opposite, dark for bright. Nothing that merely has vertical stripes looks like that.
 *
 * Each bit is a dark and a bright bar, or a bright and a dark one, so that the marker has no coarse shape: where its
 * bars are finer than what a filter works on, nothing readable is left.
 *
 * This file runs in Node too; it imports nothing.
 */

/** A sequence of 15 bits that is least like itself when it is shifted (an m-sequence). */
const BITS = '000100110101111';

/** The upper row from left to right: +1 for a bright bar, -1 for a dark one. The lower row is the opposite. */
export const BARS: readonly number[] = BITS.split('').flatMap((bit) => (bit === '1' ? [1, -1] : [-1, 1]));

/** Rows of pixels that are looked at as one: the marker may lean by some ten degrees. */
const BAND = 8;
/** How wide a bar may be, in pixels. */
const [NARROWEST, WIDEST] = [1.6, 12];
/** From one width to the next: bars at the end are off by half their width at most. */
const STEP = 1 + 1 / BARS.length;
/** How well bars must fit, as a coefficient of correlation. */
const FIT = 0.8;
/** Half the least difference between bright and dark bars, of 127.5: below, noise might fit. */
const FAINTEST = 2;
/** The rows of the marker are no further apart than this many bands. */
const FURTHEST = 16;

/** Where a row of the marker was read. */
interface Reading {
  readonly band: number;
  readonly x: number;
  readonly barWidth: number;
  readonly sign: number;
}

/**
 * Looks for the marker in a picture of `width` x `height` pixels, and gives how wide its bars are, in pixels; `null`
 * where it is not.
 */
export const readMarker = (rgba: Uint8Array, width: number, height: number): number | null => {
  const sums = new Float64Array(width + 1);
  const earlier: Reading[] = [];
  for (let band = 0; (band + 1) * BAND <= height; band++) {
    sumBand(rgba, width, band * BAND, sums);
    for (const found of readBand(sums, band)) {
      if (earlier.some((other) => isPair(other, found))) return found.barWidth;
      earlier.push(found);
    }
  }
  return null;
};

const isPair = (above: Reading, below: Reading): boolean =>
  above.sign === 1 && below.sign === -1 && below.band - above.band <= FURTHEST &&
  Math.abs(Math.log(below.barWidth / above.barWidth)) < 1.5 * Math.log(STEP) &&
  Math.abs(below.x - above.x) < 2 * above.barWidth * Math.max(1, (below.band - above.band) / 2);

/** The greens of a band, averaged down and summed from the left: `sums[x]` is of all columns before `x`. */
const sumBand = (rgba: Uint8Array, width: number, top: number, sums: Float64Array): void => {
  for (let x = 0; x < width; x++) {
    let column = 0;
    for (let y = top; y < top + BAND; y++) column += rgba[4 * (y * width + x) + 1] ?? 0;
    sums[x + 1] = (sums[x] ?? 0) + column / BAND;
  }
};

/** Every place and width at which the bars, or their opposite, fit a band. */
const readBand = (sums: Float64Array, band: number): Reading[] => {
  const found: Reading[] = [];
  const width = sums.length - 1;
  for (let barWidth = NARROWEST; barWidth <= WIDEST && barWidth * BARS.length <= width; barWidth *= STEP) {
    const means = meansOf(sums, barWidth);
    for (let at = 0; at + 2 * (BARS.length - 1) < means.length; at++) {
      const sign = fits(means, at);
      if (sign !== 0) found.push({ band, x: (at * barWidth) / 2, barWidth, sign });
    }
  }
  return found;
};

/** Means over windows as wide as a bar, one at every half of a bar. */
const meansOf = (sums: Float64Array, barWidth: number): Float64Array => {
  const upTo = (x: number): number => {
    const whole = Math.floor(x);
    const before = sums[whole] ?? 0;
    return before + (x - whole) * ((sums[whole + 1] ?? before) - before);
  };
  const count = Math.floor((2 * (sums.length - 1)) / barWidth) - 1;
  return Float64Array.from({ length: Math.max(0, count) }, (_, at) => (upTo((at / 2 + 1) * barWidth) - upTo((at / 2) * barWidth)) / barWidth);
};

/** 1 where the bars begin at `at`, -1 where their opposite does, else 0. */
const fits = (means: Float64Array, at: number): number => {
  let [sum, squares, product] = [0, 0, 0];
  for (let bar = 0; bar < BARS.length; bar++) {
    const mean = means[at + 2 * bar] ?? 0;
    sum += mean;
    squares += mean * mean;
    product += mean * (BARS[bar] ?? 0);
  }
  const spread = squares - (sum * sum) / BARS.length;
  if (Math.abs(product) < FAINTEST * BARS.length || product * product < FIT * FIT * BARS.length * spread) return 0;
  return Math.sign(product);
};
