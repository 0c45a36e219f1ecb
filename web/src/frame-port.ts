/**
 * Streams of frames from page to worker and back. A stream that is transferred copies its frames, and the copies left
 * behind stay open; here each frame is handed over, so that it is open at one end only.
 */
import { BautaError } from './faults.js';
import type { Fault } from './faults.js';

/** What goes through a port: frames one way, leave for one more the other way, and the end of it either way. */
type Message =
  | { readonly frame: VideoFrame }
  | { readonly next: true }
  | { readonly end: true }
  | { readonly broken: Reason };

type Reason = { readonly fault: Fault } | { readonly value: unknown };

/** As much of a `MessagePort` as is needed. */
export interface FramePort {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

/** An end of a stream of frames, and the way to break it off where the other end is gone. */
export interface Source {
  readonly readable: ReadableStream<VideoFrame>;
  readonly fail: (reason: unknown) => void;
}
export interface Sink {
  readonly writable: WritableStream<VideoFrame>;
  readonly fail: (reason: unknown) => void;
}

/** The end that frames come out of, one for each that is asked for. `mark` sees each first. */
export const frameSource = (port: FramePort, mark: (frame: VideoFrame) => VideoFrame = (frame) => frame): Source => {
  let out: ReadableStreamDefaultController<VideoFrame>;
  let arrived: (() => void) | undefined;
  let isOver = false;
  /** Ends it once. A frame that still is under way is closed when it comes. */
  const over = (then: () => void): void => {
    if (isOver) return;
    isOver = true;
    then();
    arrived?.();
  };
  const fail = (reason: unknown): void => { over(() => { out.error(reason); }); };
  const readable = new ReadableStream<VideoFrame>(
    {
      start(controller) {
        out = controller;
        port.onmessage = ({ data }: MessageEvent<Message>) => {
          if ('end' in data) over(() => { out.close(); });
          else if ('broken' in data) fail(unpacked(data.broken));
          else if (!('frame' in data)) return;
          else if (isOver) data.frame.close();
          else {
            out.enqueue(mark(data.frame));
            arrived?.();
          }
        };
      },
      pull: () => new Promise((resolve) => {
        arrived = resolve; // only then may one more be asked for: none is to wait here and grow old
        post(port, { next: true });
      }),
      cancel(reason) {
        over(() => { post(port, { broken: packed(reason) }); });
      },
    },
    { highWaterMark: 0 },
  );
  return { readable, fail };
};

/** The end that frames go into. It takes a frame over when it is written: each is handed on or closed. */
export const frameSink = (port: FramePort): Sink => {
  const waiting = new Set<VideoFrame>();
  let control: WritableStreamDefaultController;
  let leave = 0;
  let woken: (() => void) | undefined;
  let isOver = false;
  const over = (): void => {
    isOver = true;
    for (const frame of waiting) frame.close();
    waiting.clear();
    woken?.();
  };
  const fail = (reason: unknown): void => {
    if (isOver) return;
    control.error(reason);
    over();
  };
  port.onmessage = ({ data }: MessageEvent<Message>) => {
    if ('broken' in data) fail(unpacked(data.broken));
    if (!('next' in data)) return;
    leave++;
    woken?.();
  };
  const writable = new WritableStream<VideoFrame>(
    {
      start(controller) {
        control = controller;
        controller.signal.addEventListener('abort', over);
      },
      async write(frame) {
        try {
          if (!(frame instanceof VideoFrame)) throw new TypeError('a VideoFrame is wanted');
          while (leave === 0 && !isOver) await new Promise<void>((resolve) => { woken = resolve; });
          if (isOver) return; // closed with the rest
          leave--;
          port.postMessage({ frame } satisfies Message, [frame]);
          waiting.delete(frame);
        } catch (cause) {
          over();
          post(port, { broken: packed(cause) });
          throw cause;
        }
      },
      close() {
        post(port, { end: true });
      },
      abort(reason) {
        post(port, { broken: packed(reason) });
      },
    },
    {
      highWaterMark: 1,
      // Called for each frame as it is written: a stream that is aborted forgets those that wait, and none would close them.
      size(frame) {
        if (frame instanceof VideoFrame) waiting.add(frame);
        return 1;
      },
    },
  );
  return { writable, fail };
};

const post = (port: FramePort, message: Message): void => {
  try {
    port.postMessage(message, []);
  } catch {
    port.postMessage({ broken: { value: 'the stream was broken off' } } satisfies Message, []); // the reason cannot be told
  }
};

/** Reasons keep their code on the way. */
const packed = (reason: unknown): Reason =>
  reason instanceof BautaError ? { fault: { code: reason.code, message: reason.message } } : { value: reason };

const unpacked = (reason: Reason): unknown =>
  'fault' in reason ? new BautaError(reason.fault.code, reason.fault.message) : reason.value;

/** A transform that lies elsewhere: its two ends for the page, and the ports to give away. */
export const openFrameStream = (mark: (frame: VideoFrame) => VideoFrame) => {
  const [into, out] = [new MessageChannel(), new MessageChannel()];
  const { writable, fail: failWriting } = frameSink(into.port1);
  const { readable, fail: failReading } = frameSource(out.port1, mark);
  const fail = (reason: unknown): void => {
    failReading(reason);
    failWriting(reason);
  };
  return { readable, writable, fail, input: into.port2, output: out.port2 };
};
