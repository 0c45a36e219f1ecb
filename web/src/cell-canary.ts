import type { Watch } from './canary.js';
import { beginnings, distrusted, isOfCells, newReader } from './cells.js';
import { DULL, contrastOf, differenceOf, newSampler } from './thumbnail.js';

/** Bytes that a pixel may be off: on the GPU, colours go through a canvas. */
const SLACK = 6;

/**
 * F6 for mosaics: a picture that is not of cells was not painted over, and one that is as the one before has no fresh
 * noise. Looks at every pixel, since a mosaic of small cells and a camera's picture are alike when they are shrunk.
 */
export class CellCanary implements Watch {
  readonly #cell: number;
  readonly #sample = newSampler();
  readonly #read = newReader();
  #before: Uint8ClampedArray | undefined;

  constructor(cell: number) {
    this.#cell = cell;
  }

  look(raw: VideoFrame): (made: VideoFrame) => void {
    const isDull = contrastOf(this.#sample(raw)) < DULL;
    return (made) => {
      const picture = this.#read(made);
      const small = this.#sample(made);
      const isOld = this.#before !== undefined && differenceOf(small, this.#before) === 0;
      this.#before = small;
      const begin = (at: number): number => at - (at % this.#cell);
      const isMosaic = isOfCells(picture, [beginnings(picture.width, begin), beginnings(picture.height, begin)], SLACK);
      if (!isDull && !isMosaic) throw distrusted('its picture is no mosaic');
      if (isOld && !isDull) throw distrusted('its noise is not fresh');
    };
  }
}
