/**
 * The way through the page, for browsers that have no streams of tracks: frames are taken from a video element and
 * handed to the gate one by one, and what comes back is painted on a canvas. A page that is hidden gets no frames so,
 * and may paint none: the gate's deadline makes the slate, which is seen then or when the page is shown again.
 */
import { sizeOf } from './capture.js';
import type { Outlet } from './capture.js';
import { detached } from './faults.js';
import { openFrameStream } from './frame-port.js';
import { Inlet } from './inlet.js';
import type { OpenPassage, Passage, Turned } from './passage.js';
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
        const ask = (): void => {
          callback = video.requestVideoFrameCallback((_, { mediaTime }) => {
            let frame: VideoFrame;
            try {
              frame = new VideoFrame(video, { timestamp: Math.round(mediaTime * 1e6) });
            } catch {
              ask(); // there is no picture just now
              return;
            }
            out.enqueue(frame);
            resolve();
          });
        };
        ask();
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
      try {
        if (canvas.width !== displayWidth || canvas.height !== displayHeight) Object.assign(canvas, { width: displayWidth, height: displayHeight });
        context.drawImage(frame, 0, 0);
      } catch (cause) {
        end(); // a sink that fails is told nothing more
        throw cause;
      } finally {
        frame.close();
      }
    },
    close: end,
    abort: end,
  });
  return { track, writable };
};

/** Hands over a frame for each that is asked for, and then the newest. Ends with the frames, and they with what they go to. */
const pump = async (frames: ReadableStream<VideoFrame>, into: WritableStream<VideoFrame>, wanted: () => Promise<void>): Promise<void> => {
  const [reader, writer] = [frames.getReader(), into.getWriter()];
  // Told once, and not raced anew with each frame: what waits for an end that is far away piles up.
  reader.closed.then(() => writer.close(), (cause: unknown) => writer.abort(cause)).catch(() => undefined);
  writer.closed.catch((cause: unknown) => reader.cancel(cause)).catch(() => undefined);
  for (;;) {
    await wanted();
    const { value: frame } = await reader.read();
    if (frame === undefined) return;
    await writer.write(frame).catch(() => { frame.close(); });
  }
};

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
    pump(this.#inlet.frames, writable, wanted).catch(() => undefined); // the gate tells why
    readable.pipeTo(screen).catch(() => undefined); // the gate tells why it broke off
  }

  /** The gate sees frames come, and not from where: it is told for the log. */
  async turn(next: MediaStreamTrack | null, tell: (camera: Turned, transfer: Transferable[]) => Promise<unknown>): Promise<void> {
    if (!this.#inlet.turn(next && shownFrames(next))) throw detached();
    if (this.#camera !== next) this.#camera?.stop();
    this.#camera = next;
    await tell('page', []);
  }

  end(): void {
    this.track.stop();
    this.#camera?.stop();
  }
}

export const openPassage: OpenPassage = (camera) => new ElementPassage(camera);
