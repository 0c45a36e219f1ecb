import { BautaError } from './faults.js';

/** The pixels of a frame: R, G, B, A, row by row. */
export interface Picture {
  readonly bytes: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** Reads all pixels of a frame, with a canvas of its own, which is kept. */
export const newReader = (): ((frame: VideoFrame) => Picture) => {
  const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true, alpha: false });
  if (context === null) throw new Error('the browser gives no 2D canvas');
  const { canvas } = context;
  return (frame) => {
    const { displayWidth: width, displayHeight: height } = frame;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const opaque = new VideoFrame(frame, { timestamp: frame.timestamp, alpha: 'discard' }); // as it will leave
    context.drawImage(opaque, 0, 0);
    opaque.close();
    return { bytes: context.getImageData(0, 0, width, height).data, width, height };
  };
};

/**
 * Whether each pixel is as the one in column `columns[x]` and row `rows[y]`, the upper left one of its cell, to within
 * `slack` bytes: colours may be converted on the way.
 */
export const isOfCells = (
  { bytes, width, height }: Picture,
  [columns, rows]: readonly [readonly number[], readonly number[]],
  slack: number,
): boolean => {
  const pixels = new Uint32Array(bytes.buffer);
  for (let y = 0; y < height; y++) {
    const top = (rows[y] ?? NaN) * width;
    for (let x = 0; x < width; x++) {
      const [pixel, corner] = [y * width + x, top + (columns[x] ?? NaN)];
      if (pixels[pixel] === pixels[corner]) continue;
      for (let channel = 0; channel < 3; channel++) {
        const off = Math.abs((bytes[4 * pixel + channel] ?? NaN) - (bytes[4 * corner + channel] ?? NaN));
        if (!(off <= slack)) return false; // NaN is refused
      }
    }
  }
  return true;
};

/** Where the cell of each of `length` pixels begins, by `beginOf` the pixel's place. */
export const beginnings = (length: number, beginOf: (at: number) => number): number[] => Array.from({ length }, (_, at) => beginOf(at));

export const distrusted = (why: string): BautaError => new BautaError('canary-failed', `the engine cannot be trusted: ${why}; a fresh one takes its place`);
