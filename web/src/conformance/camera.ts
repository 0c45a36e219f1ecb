import { MARK_SIZE, markAt, marksIn } from './marks.js';

interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}
declare const MediaStreamTrackGenerator: new (init: { kind: 'video' }) => TrackGenerator;

const FRAME_MS = 1000 / 15;

/** Different pictures before the scene repeats itself. */
const SCENE = 12;

/**
 * A camera that needs no camera: a figure walks to and fro before a wall, with marks on both that are one pixel
 * fine. Its frames are those of a webcam, 4:2:0 with 15 in a second.
 */
export class SyntheticCamera {
  /** Its picture: give it to the filter. */
  readonly track: MediaStreamTrack;
  readonly #writer: WritableStreamDefaultWriter<VideoFrame>;
  readonly #beganMs = performance.now();
  #pictures: readonly Uint8Array<ArrayBuffer>[] = [];
  #width = 0;
  #height = 0;
  #ticking: ReturnType<typeof setInterval> | undefined;
  #number = 0;
  #isFrozen = false;

  /** Begins at once. `width` and `height` are even numbers of pixels, 240 at least. */
  constructor(width = 640, height = 480) {
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    this.track = track;
    this.#writer = track.writable.getWriter();
    this.resize(width, height);
    this.resume();
  }

  /** The frames from now on have this size, in even numbers of pixels. */
  resize(width: number, height: number): void {
    this.#pictures = Array.from({ length: SCENE }, (_, number) => picture(width, height, number / SCENE));
    [this.#width, this.#height] = [width, height];
  }

  /** No frame comes until `resume`. */
  pause(): void {
    clearInterval(this.#ticking);
  }

  /** The same picture comes over and over, to the last bit, until `resume`. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** Goes on after it stood still or was silent. */
  resume(): void {
    clearInterval(this.#ticking);
    this.#isFrozen = false;
    this.#ticking = setInterval(() => { this.#send(); }, FRAME_MS);
  }

  /** The camera is unplugged. */
  end(): void {
    this.pause();
    this.#writer.close().catch(() => undefined);
    this.track.stop();
  }

  #send(): void {
    const pixels = this.#pictures[this.#number % SCENE];
    if (!this.#isFrozen) this.#number++;
    if (pixels === undefined || (this.#writer.desiredSize ?? 0) <= 0) return;
    const timestamp = Math.round(1000 * (performance.now() - this.#beganMs));
    const frame = new VideoFrame(pixels, { format: 'I420', codedWidth: this.#width, codedHeight: this.#height, timestamp });
    this.#writer.write(frame).catch(() => { frame.close(); });
  }
}

/** One picture of the scene as planes Y, U, V. `phase` is in [0, 1). */
const picture = (width: number, height: number, phase: number): Uint8Array<ArrayBuffer> => {
  const luma = width * height;
  const planes = new Uint8Array(luma + luma / 2);
  const middle = width * (0.5 + 0.25 * Math.sin(2 * Math.PI * phase));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isFigure = Math.hypot((x - middle) / width, (y - 0.7 * height) / (2 * height)) < 0.15;
      planes[y * width + x] = isFigure ? 150 + 40 * Math.sin(y / 30) : 70 + (60 * x) / width;
      if (x % 2 === 0 && y % 2 === 0) {
        const chroma = luma + (y / 2) * (width / 2) + x / 2;
        planes[chroma] = isFigure ? 110 : 140;
        planes[chroma + luma / 4] = isFigure ? 155 : 115;
      }
    }
  }
  for (const { x: left, y: top, kind } of marksIn(width, height)) {
    for (let y = top; y < top + MARK_SIZE; y++) {
      for (let x = left; x < left + MARK_SIZE; x++) planes[y * width + x] = markAt(kind, x, y) ? 235 : 16;
    }
  }
  return planes;
};
