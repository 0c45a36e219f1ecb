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
}

/** An end of a stream of frames, and the way to break it off. */
export interface Source {
  readonly readable: ReadableStream<VideoFrame>;
  readonly fail: (reason: unknown) => void;
}
export interface Sink {
  readonly writable: WritableStream<VideoFrame>;
  /** Settles when a frame that is written now would go over at once, or when it is over. */
  readonly wanted: () => Promise<void>;
  readonly fail: (reason: unknown) => void;
}

export interface EndOptions {
  /** Told when it is broken off, by whoever. */
  readonly onBroken?: (reason: unknown) => void;
}
export interface SourceOptions extends EndOptions {
  /** Sees each frame before anyone else. */
  readonly mark?: (frame: VideoFrame) => VideoFrame;
}

/** The end that frames come out of, one for each that is asked for. */
export const frameSource = (port: FramePort, { onBroken, mark = (frame) => frame }: SourceOptions = {}): Source => {
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
  const fail = (reason: unknown): void => {
    over(() => {
      out.error(reason);
      tell(port, reason);
      onBroken?.(reason);
    });
  };
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
        port.postMessage({ next: true } satisfies Message, []);
      }),
      cancel(reason) {
        over(() => {
          tell(port, reason);
          onBroken?.(reason);
        });
      },
    },
    { highWaterMark: 0 },
  );
  return { readable, fail };
};

/** The end that frames go into. It takes a frame over when it is written: each is handed on or closed. */
export const frameSink = (port: FramePort, { onBroken }: EndOptions = {}): Sink => {
  const waiting = new Set<VideoFrame>();
  let control: WritableStreamDefaultController;
  let leave = 0;
  const waking = new Set<() => void>();
  let isOver = false;
  const wake = (): void => {
    for (const each of waking) each();
    waking.clear();
  };
  const wanted = async (): Promise<void> => {
    while (leave === 0 && !isOver) await new Promise<void>((resolve) => { waking.add(resolve); });
  };
  /** Once. What waits is closed, and the other end told. */
  const over = (reason: unknown): void => {
    if (isOver) return;
    isOver = true;
    for (const frame of waiting) frame.close();
    waiting.clear();
    wake();
    tell(port, reason);
    onBroken?.(reason);
  };
  const fail = (reason: unknown): void => {
    if (!isOver) control.error(reason);
    over(reason);
  };
  port.onmessage = ({ data }: MessageEvent<Message>) => {
    if ('broken' in data) fail(unpacked(data.broken));
    if (!('next' in data)) return;
    leave++;
    wake();
  };
  const writable = new WritableStream<VideoFrame>(
    {
      start(controller) {
        control = controller;
        controller.signal.addEventListener('abort', () => { over(controller.signal.reason); });
      },
      async write(frame) {
        try {
          if (!(frame instanceof VideoFrame)) throw new TypeError('a VideoFrame is wanted');
          await wanted();
          if (isOver) return; // closed with the rest
          leave--;
          port.postMessage({ frame } satisfies Message, [frame]);
          waiting.delete(frame);
        } catch (cause) {
          over(cause);
          throw cause;
        }
      },
      close() {
        isOver = true;
        wake();
        port.postMessage({ end: true } satisfies Message, []);
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
  return { writable, wanted, fail };
};

const tell = (port: FramePort, reason: unknown): void => {
  try {
    port.postMessage({ broken: packed(reason) } satisfies Message, []);
  } catch {
    port.postMessage({ broken: { value: 'the stream was broken off' } } satisfies Message, []); // no reason that can be sent
  }
};

/** Reasons keep their code on the way. */
const packed = (reason: unknown): Reason =>
  reason instanceof BautaError ? { fault: { code: reason.code, message: reason.message } } : { value: reason };

const unpacked = (reason: Reason): unknown =>
  'fault' in reason ? new BautaError(reason.fault.code, reason.fault.message) : reason.value;

/** A transform that lies elsewhere: its two ends for the page, and the ports to give away. */
export const openFrameStream = (mark?: (frame: VideoFrame) => VideoFrame) => {
  const [into, out] = [new MessageChannel(), new MessageChannel()];
  const sink = frameSink(into.port1, { onBroken: (reason) => { source.fail(reason); } });
  const source = frameSource(out.port1, { ...(mark && { mark }), onBroken: (reason) => { sink.fail(reason); } });
  const { writable, wanted } = sink;
  return { readable: source.readable, writable, wanted, fail: source.fail, input: into.port2, output: out.port2 };
};
