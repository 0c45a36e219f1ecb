/**
 * The way through the page, for browsers that have no streams of tracks: frames are taken from a video element and
 * handed to the gate one by one, and what comes back is painted on a canvas. A page that is hidden gets no frames so;
 * then the gate's deadline shows the slate.
 */
import { sizeOf } from './capture.js';
import type { Outlet } from './capture.js';
import { openFrameStream } from './frame-port.js';
import { Inlet } from './inlet.js';
import type { OpenPassage, Passage } from './passage.js';
import type { Size } from './slate.js';

const LOOK_EVERY_MS = 100;

/** The frames of a track, as a video element shows them. One is only taken when it is asked for: it is the newest. */
const shownFrames = (track: MediaStreamTrack): ReadableStream<VideoFrame> => {
  const video = Object.assign(document.createElement('video'), { muted: true, playsInline: true });
  video.srcObject = new MediaStream([track]);
  let callback = 0;
  let looking: ReturnType<typeof setInterval> | undefined;
  const leave = (): void => {
    clearInterval(looking);
    video.cancelVideoFrameCallback(callback);
    video.srcObject = null;
  };
  return new ReadableStream<VideoFrame>(
    {
      start(out) {
        // No event tells in every browser that a track was stopped by the app.
        looking = setInterval(() => {
          if (track.readyState === 'live') return;
          leave();
          out.close();
        }, LOOK_EVERY_MS);
        video.play().catch((cause: unknown) => {
          if (video.srcObject === null) return;
          leave();
          out.error(cause);
        });
      },
      pull: (out) => new Promise((resolve) => {
        callback = video.requestVideoFrameCallback((_, { mediaTime }) => {
          resolve();
          out.enqueue(new VideoFrame(video, { timestamp: Math.round(mediaTime * 1e6) }));
        });
      }),
      cancel: leave,
    },
    { highWaterMark: 0 },
  );
};

/** A track of what is painted on a canvas, and the end that frames are written to. */
const paintedTrack = ({ width, height }: Size): Outlet => {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { alpha: false });
  const [track] = canvas.captureStream().getVideoTracks();
  if (context === null || track === undefined) throw new Error('the browser gives no canvas');
  const end = (): void => { track.stop(); };
  const writable = new WritableStream<VideoFrame>({
    write(frame) {
      const { displayWidth, displayHeight } = frame;
      if (canvas.width !== displayWidth || canvas.height !== displayHeight) Object.assign(canvas, { width: displayWidth, height: displayHeight });
      context.drawImage(frame, 0, 0);
      frame.close();
    },
    close: end,
    abort: end,
  });
  return { track, writable };
};

/** Hands over a frame for each that is asked for, and then the newest. Ends with the frames, and they with what they go to. */
const pump = async (frames: ReadableStream<VideoFrame>, into: WritableStream<VideoFrame>, wanted: () => Promise<void>): Promise<void> => {
  const [reader, writer] = [frames.getReader(), into.getWriter()];
  try {
    for (;;) {
      await Promise.race([wanted(), reader.closed]);
      const { value: frame, done } = await Promise.race([reader.read(), writer.closed.then(() => END)]);
      if (done) break;
      await writer.write(frame);
    }
    await writer.close();
  } catch (cause) {
    await Promise.allSettled([writer.abort(cause), reader.cancel(cause)]);
  }
};
const END = { done: true, value: undefined } as const;

class ElementPassage implements Passage {
  readonly command;
  readonly transfer;
  readonly track: MediaStreamTrack;
  readonly #inlet: Inlet;
  #camera: MediaStreamTrack | null;

  constructor(camera: MediaStreamTrack) {
    const size = sizeOf(camera);
    const { readable, writable, wanted, input, output } = openFrameStream();
    const { track, writable: screen } = paintedTrack(size);
    this.command = { type: 'stream', isCamera: true, input, output, size } as const;
    this.transfer = [input, output];
    this.track = track;
    this.#camera = camera;
    this.#inlet = new Inlet(shownFrames(camera));
    void pump(this.#inlet.frames, writable, wanted);
    readable.pipeTo(screen).catch(() => undefined); // the gate tells why it broke off
  }

  /** The gate sees frames come, and not from where. */
  turn(next: MediaStreamTrack | null): Promise<void> {
    if (this.#inlet.turn(next && shownFrames(next))) this.#camera?.stop();
    this.#camera = next; // stopped by `end` where it comes too late
    return Promise.resolve();
  }

  end(): void {
    this.track.stop();
    this.#camera?.stop();
  }
}

export const openPassage: OpenPassage = (camera) => new ElementPassage(camera);
