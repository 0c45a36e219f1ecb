import type { Watch } from './canary.js';
import { beginnings, distrusted, isOfCells, newReader } from './cells.js';
import type { Picture } from './cells.js';

/** Bytes that a pixel may be off: the processor's colours arrive as they are, but for rounding. */
const SLACK = 1;

/**
 * F6 for models of movement: nothing may leave but so many cells of so many greys, to within a byte, so that a broken engine
 * too shows no more than they hold. Looks at every pixel. It cannot tell whether they follow the camera: who stands still looks like
 * any other stillness.
 */
export class MotionCanary implements Watch {
  readonly #cells: number;
  readonly #levels: number;
  readonly #read = newReader();

  /** `cells` along each side, of one of so many greys between black and white. */
  constructor(cells: number, levels: number) {
    this.#cells = cells;
    this.#levels = levels;
  }

  look(): (made: VideoFrame) => void {
    return (made) => {
      const picture = this.#read(made);
      const [columns, rows] = [this.#beginnings(picture.width), this.#beginnings(picture.height)];
      if (!isOfCells(picture, [columns, rows], SLACK)) throw distrusted('its picture is not of cells');
      const corners = [...new Set(rows)].flatMap((y) => [...new Set(columns)].map((x) => y * picture.width + x));
      if (!corners.every((pixel) => this.#isGrey(picture, pixel))) throw distrusted('its picture is not of few greys');
    };
  }

  /** Pixel `at` of a side lies in cell `floor(at * cells / side)`. */
  #beginnings(side: number): number[] {
    return beginnings(side, (at) => Math.ceil((Math.floor((at * this.#cells) / side) * side) / this.#cells));
  }

  #isGrey({ bytes }: Picture, pixel: number): boolean {
    const step = 255 / (this.#levels - 1);
    const colours = [...bytes.subarray(4 * pixel, 4 * pixel + 3)];
    const nearest = step * Math.round((colours[0] ?? NaN) / step);
    return colours.every((colour) => Math.abs(colour - nearest) <= SLACK);
  }
}
