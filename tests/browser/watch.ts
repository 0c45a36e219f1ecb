/** Runs in the page: looks at every frame of every track that the library makes, from the first on. */
import { MARK_SIZE, finestPattern, marksIn } from '../../web/src/conformance/marks.js';

/** What was seen of one frame that left. */
export interface Seen {
  readonly width: number;
  readonly height: number;
  /** Microseconds of the output's clock. */
  readonly timestamp: number;
  /** When it was read, in milliseconds of the page's clock. */
  readonly atMs: number;
  /** Whether all of it is the slate's colour. */
  readonly isSlate: boolean;
  /** See `finestPattern`. */
  readonly pattern: number;
  /** What the frame says of itself besides its picture. */
  readonly metadata: string;
}

/** The slate's default colour, and how far a frame may be off by its conversion. */
const SLATE = [0x20, 0x24, 0x2c] as const;
const SLATE_TOLERANCE = 3;

export const pixelsOf = async (frame: VideoFrame): Promise<Uint8Array<ArrayBuffer>> => {
  const bytes = new Uint8Array(frame.allocationSize({ format: 'RGBA' }));
  await frame.copyTo(bytes, { format: 'RGBA' });
  return bytes;
};

export const isSlate = (rgba: Uint8Array): boolean =>
  rgba.every((value, at) => at % 4 === 3 || Math.abs(value - (SLATE[at % 4] ?? 0)) <= SLATE_TOLERANCE);

/** What is to be seen of a frame, which the caller closes. */
export const look = async (frame: VideoFrame): Promise<Seen> => {
  const { displayWidth: width, displayHeight: height, timestamp } = frame;
  const atMs = performance.now();
  const metadata = JSON.stringify((frame as { metadata?: () => object }).metadata?.() ?? {});
  const rgba = await pixelsOf(frame);
  return { width, height, timestamp, atMs, isSlate: isSlate(rgba), pattern: finestPattern(rgba, width, height), metadata };
};

interface Processor {
  readonly readable: ReadableStream<VideoFrame>;
}
export interface Generator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}
interface Scope {
  MediaStreamTrackProcessor?: new (init: { track: MediaStreamTrack; maxBufferSize: number }) => Processor;
  MediaStreamTrackGenerator: new (init: { kind: 'video' }) => Generator;
}
const scope = globalThis as unknown as Scope;

/** The browser's own, for tracks that are not looked at, and for tests that take it from the page. */
export const OwnGenerator = scope.MediaStreamTrackGenerator;
const OwnProcessor = scope.MediaStreamTrackProcessor;

/** The frames of a track, one by one, until it ends. */
export const eachFrame = async (track: MediaStreamTrack, visit: (frame: VideoFrame) => Promise<boolean>): Promise<void> => {
  const Processor = scope.MediaStreamTrackProcessor ?? OwnProcessor;
  if (Processor === undefined) throw new Error('this browser gives no frames of a track');
  const reader = new Processor({ track, maxBufferSize: 30 }).readable.getReader();
  for (;;) {
    const { value: frame } = await reader.read();
    if (frame === undefined) return;
    const goesOn = await visit(frame);
    frame.close();
    if (!goesOn) {
      await reader.cancel();
      return;
    }
  }
};

/**
 * Calls `begin` with each track that the library makes, the moment it exists, and shows each of its frames to what
 * comes back: before the library itself can write to it.
 */
export const onOutput = (begin: (track: MediaStreamTrack) => (frame: VideoFrame) => Promise<void>): void => {
  scope.MediaStreamTrackGenerator = class extends OwnGenerator {
    constructor(init: { kind: 'video' }) {
      super(init);
      const visit = begin(this);
      void eachFrame(this, async (frame) => {
        await visit(frame);
        return true;
      });
    }
  };
};

/** As `onOutput`, for a library that paints on canvases. Those in the document are the test's own, and show no output. */
export const onPainted = (begin: (track: MediaStreamTrack) => void): void => {
  const canvases = HTMLCanvasElement.prototype;
  const { captureStream } = canvases as { captureStream: (this: HTMLCanvasElement, rate?: number) => MediaStream };
  canvases.captureStream = function (this: HTMLCanvasElement, ...rate: [number?]) {
    const stream = captureStream.apply(this, rate);
    if (!this.isConnected) stream.getVideoTracks().forEach(begin);
    return stream;
  };
};

/** Every frame that has left since `watchOutputs`, and the tracks they left by. */
export const seen: Seen[] = [];
export const outputs: MediaStreamTrack[] = [];

/** Looks at each track the library makes. */
export const watchOutputs = (): void => {
  onOutput((track) => {
    outputs.push(track);
    return async (frame) => { seen.push(await look(frame)); };
  });
};

/** Mean absolute difference of two pictures in [0, 255], red, green and blue alike, without what is in the marks. */
export const difference = (a: Uint8Array, b: Uint8Array, width: number, height: number): number => {
  const marks = marksIn(width, height);
  const isMarked = (x: number, y: number): boolean =>
    marks.some((mark) => x >= mark.x && x < mark.x + MARK_SIZE && y >= mark.y && y < mark.y + MARK_SIZE);
  let [sum, count] = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (isMarked(x, y)) continue;
      const at = 4 * (y * width + x);
      for (let channel = 0; channel < 3; channel++) {
        sum += Math.abs((a[at + channel] ?? NaN) - (b[at + channel] ?? NaN));
        count++;
      }
    }
  }
  return sum / count;
};
