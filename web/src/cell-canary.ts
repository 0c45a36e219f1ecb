import type { Watch } from './canary.js';
import { BautaError } from './faults.js';
import { DULL, contrastOf, differenceOf, newSampler } from './thumbnail.js';

/** Bytes that a pixel may be off from its cell: colours may be converted on the way. */
const SLACK = 6;

/**
 * F6 for mosaics: a picture that is not of cells was not painted over, and one that is as the one before has no fresh
 * noise. Looks at every pixel, since a mosaic of small cells and a camera's picture are alike when they are shrunk.
 */
export class CellCanary implements Watch {
  readonly #cell: number;
  readonly #sample = newSampler();
  readonly #context: OffscreenCanvasRenderingContext2D;
  #before: Uint8ClampedArray | undefined;

  constructor(cell: number) {
    const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true, alpha: false });
    if (context === null) throw new Error('the browser gives no 2D canvas');
    this.#cell = cell;
    this.#context = context;
  }

  look(raw: VideoFrame): (made: VideoFrame) => void {
    const isDull = contrastOf(this.#sample(raw)) < DULL;
    return (made) => {
      const [picture, width] = this.#pixels(made);
      const small = this.#sample(made);
      const isOld = this.#before !== undefined && differenceOf(small, this.#before) === 0;
      this.#before = small;
      if (!isDull && !isOfCells(picture, width, this.#cell)) throw distrusted('its picture is no mosaic');
      if (isOld && !isDull) throw distrusted('its noise is not fresh');
    };
  }

  #pixels(frame: VideoFrame): [Uint8ClampedArray, number] {
    const { canvas } = this.#context;
    const { displayWidth: width, displayHeight: height } = frame;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    this.#context.drawImage(frame, 0, 0);
    return [this.#context.getImageData(0, 0, width, height).data, width];
  }
}

/** Whether each pixel, R, G, B, A, is as the upper left one of its cell. */
const isOfCells = (picture: Uint8ClampedArray, width: number, cell: number): boolean => {
  const height = picture.length / (4 * width);
  const pixels = new Uint32Array(picture.buffer);
  for (let y = 0; y < height; y++) {
    const top = (y - (y % cell)) * width;
    for (let x = 0; x < width; x++) {
      const [pixel, corner] = [y * width + x, top + x - (x % cell)];
      if (pixels[pixel] === pixels[corner]) continue;
      const [at, first] = [4 * pixel, 4 * corner];
      for (let channel = 0; channel < 3; channel++) {
        if (Math.abs((picture[at + channel] ?? NaN) - (picture[first + channel] ?? NaN)) > SLACK) return false;
      }
    }
  }
  return true;
};

const distrusted = (why: string): BautaError => new BautaError('canary-failed', `the engine cannot be trusted: ${why}; a fresh one takes its place`);
