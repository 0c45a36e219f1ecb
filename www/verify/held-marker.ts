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
    const steps = stepsOf(means);
    for (let at = 0; at + 2 * (BARS.length - 1) < means.length; at++) {
      const product = productAt(steps, at);
      if (isFit(product, means, at)) found.push({ band, x: (at * barWidth) / 2, barWidth, sign: Math.sign(product) });
    }
  }
  return found;
};

/** Means over windows as wide as a bar, one at every half of a bar. */
const meansOf = (sums: Float64Array, barWidth: number): Float64Array => {
  const means = new Float64Array(Math.max(0, Math.floor((2 * (sums.length - 1)) / barWidth) - 1));
  for (let at = 0; at < means.length; at++) {
    means[at] = (sumUpTo(sums, (at / 2 + 1) * barWidth) - sumUpTo(sums, (at / 2) * barWidth)) / barWidth;
  }
  return means;
};

const sumUpTo = (sums: Float64Array, x: number): number => {
  const whole = Math.floor(x);
  const before = sums[whole] ?? 0;
  return before + (x - whole) * ((sums[whole + 1] ?? before) - before);
};

/** From each bar to the next, which is two windows further. */
const stepsOf = (means: Float64Array): Float64Array => {
  const steps = new Float64Array(means.length);
  for (let at = 0; at + 2 < means.length; at++) steps[at] = (means[at] ?? 0) - (means[at + 2] ?? 0);
  return steps;
};

/** For each bit the sign of its first bar: the second is its opposite. */
const SIGNS = new Float64Array(BARS.filter((_, at) => at % 2 === 0));

/** Sum of the means at `at` and every second one after it, each with the sign of its bar. */
const productAt = (steps: Float64Array, at: number): number => {
  let product = 0;
  for (let bit = 0; bit < SIGNS.length; bit++) product += (SIGNS[bit] ?? 0) * (steps[at + 4 * bit] ?? 0);
  return product;
};

/** Whether the bars that begin at `at` are strong enough, and little else is there. */
const isFit = (product: number, means: Float64Array, at: number): boolean => {
  if (Math.abs(product) < FAINTEST * BARS.length) return false;
  let [sum, squares] = [0, 0];
  for (let bar = 0; bar < BARS.length; bar++) {
    const mean = means[at + 2 * bar] ?? 0;
    sum += mean;
    squares += mean * mean;
  }
  return product * product >= FIT * FIT * (BARS.length * squares - sum * sum);
};
