/** What a model makes of the pattern picture: the self-test that travels on its card. */
export interface KnownAnswer {
  /** Width of the picture, in pixels. */
  readonly width: number;
  /** Height of the picture, in pixels. */
  readonly height: number;
  /** Mean of R, G, B in each of 8 x 8 cells, row by row, in [0, 255]: 192 numbers. */
  readonly grid: readonly number[];
  /** How far any of the numbers may be off. */
  readonly tolerance: number;
}

const CELLS = 8;

/** Blocks of 8 x 8 pixels in colours that follow from the block's place, as R, G, B, A. */
export const pattern = (width: number, height: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(4 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const block = Math.imul(x >> 3, 73856093) ^ Math.imul(y >> 3, 19349663);
      const colour = Math.imul(block ^ (block >>> 13), 1274126177);
      bytes.set([colour & 255, (colour >>> 8) & 255, (colour >>> 16) & 255, 255], 4 * (y * width + x));
    }
  }
  return bytes;
};

/** A frame of pixels R, G, B, A, row by row, whose A does not count; they are taken over. */
export const frameOf = (rgba: Uint8Array<ArrayBuffer>, codedWidth: number, codedHeight: number, timestamp: number): VideoFrame => {
  const form: VideoFrameBufferInit = { format: 'RGBX', codedWidth, codedHeight, timestamp };
  return new VideoFrame(rgba, Object.assign(form, { transfer: [rgba.buffer] }));
};

/** The pixels of a frame at its display size: R, G, B, A, row by row. Waits for the GPU. */
export const pixelsOf = async (frame: VideoFrame): Promise<Uint8Array<ArrayBuffer>> => {
  const { displayWidth: width, displayHeight: height } = frame;
  const shown = frame.visibleRect;
  // A frame that is shown as it is stored can be copied; not every browser converts colours here.
  const plain = shown?.width === width && shown.height === height && !isTurned(frame);
  if (plain) {
    const bytes = new Uint8Array(4 * width * height);
    try {
      await frame.copyTo(bytes, { format: 'RGBA', layout: [{ offset: 0, stride: 4 * width }] });
      return bytes;
    } catch {
      // Drawn instead.
    }
  }
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('the browser gives no 2D canvas');
  context.drawImage(frame, 0, 0, width, height);
  return new Uint8Array(context.getImageData(0, 0, width, height).data.buffer);
};

/** Whether the picture must be turned or mirrored to be shown, as those of a phone's camera. */
const isTurned = (frame: VideoFrame): boolean => {
  const { rotation = 0, flip = false } = frame as { rotation?: number; flip?: boolean };
  return rotation !== 0 || flip;
};

/** The largest difference between a frame and the known answer, in [0, 255]; NaN where a number is missing. */
export const distance = async (frame: VideoFrame, answer: KnownAnswer): Promise<number> => {
  const { displayWidth: width, displayHeight: height } = frame;
  if (width !== answer.width || height !== answer.height) return Infinity;
  if (answer.grid.length !== 3 * CELLS * CELLS) return Infinity;
  const bytes = await pixelsOf(frame);
  let largest = 0;
  for (let cell = 0; cell < CELLS * CELLS; cell++) {
    const means = cellMeans(bytes, width, height, cell);
    for (const [channel, mean] of means.entries()) {
      const off = Math.abs(mean - (answer.grid[3 * cell + channel] ?? NaN));
      largest = Math.max(largest, off); // NaN stays NaN
    }
  }
  return largest;
};

/** Mean R, G, B of one cell; cell `i` of an axis covers `[i * side / 8, (i + 1) * side / 8)`. */
const cellMeans = (bytes: Uint8Array, width: number, height: number, cell: number): [number, number, number] => {
  const from = (index: number, side: number): number => Math.floor((index * side) / CELLS);
  const [column, row] = [cell % CELLS, Math.floor(cell / CELLS)];
  const sums: [number, number, number] = [0, 0, 0];
  let pixels = 0;
  for (let y = from(row, height); y < from(row + 1, height); y++) {
    for (let x = from(column, width); x < from(column + 1, width); x++) {
      const at = 4 * (y * width + x);
      sums[0] += bytes[at] ?? NaN;
      sums[1] += bytes[at + 1] ?? NaN;
      sums[2] += bytes[at + 2] ?? NaN;
      pixels++;
    }
  }
  const shared = Math.max(pixels, 1);
  return [sums[0] / shared, sums[1] / shared, sums[2] / shared];
};
