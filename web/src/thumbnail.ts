/** A picture small enough to look at now and then: R, G, B, A, row by row, of `THUMBNAIL` pixels. */
export type Thumbnail = Uint8ClampedArray;

/** Makes a thumbnail of a frame, which stays open. */
export type Sampler = (frame: VideoFrame) => Thumbnail;

const [WIDTH, HEIGHT] = [32, 24];

/** A sampler with a canvas of its own, which is kept. Reads the frame back, if it is on the GPU. */
export const newSampler = (): Sampler => {
  const context = new OffscreenCanvas(WIDTH, HEIGHT).getContext('2d', { willReadFrequently: true, alpha: false });
  if (context === null) throw new Error('the browser gives no 2D canvas');
  context.globalCompositeOperation = 'copy'; // nothing of the picture before shows through one that is not opaque
  return (frame) => {
    context.drawImage(frame, 0, 0, WIDTH, HEIGHT);
    return context.getImageData(0, 0, WIDTH, HEIGHT).data;
  };
};

/** Mean absolute difference of two thumbnails, in [0, 255]. */
export const differenceOf = (a: Thumbnail, b: Thumbnail): number =>
  meanOver(a, (value, at) => Math.abs(value - (b[at] ?? NaN)));

/** A picture with less contrast than this shows nothing: a covered lens, a muted camera. */
export const DULL = 4;

/** How much there is to see: the mean absolute deviation from the mean colour, in [0, 127.5]. */
export const contrastOf = (picture: Thumbnail): number => {
  const sums = [0, 0, 0, 0];
  picture.forEach((value, at) => { sums[at % 4] = (sums[at % 4] ?? 0) + value; });
  const means = sums.map((sum) => (4 * sum) / picture.length);
  return meanOver(picture, (value, at) => Math.abs(value - (means[at % 4] ?? NaN)));
};

/** The mean of `of` over all reds, greens and blues. */
const meanOver = (picture: Thumbnail, of: (value: number, at: number) => number): number => {
  const sum = picture.reduce((total, value, at) => (at % 4 === 3 ? total : total + of(value, at)), 0);
  return sum / (0.75 * picture.length);
};
