/** A `VideoFrame` without pixels, for Node: it knows what it is made of and how often it was closed. */
export class FakeFrame {
  /** All frames made since the last `forget`. */
  static made: FakeFrame[] = [];
  static forget = (): void => { FakeFrame.made = []; };

  displayWidth: number;
  displayHeight: number;
  readonly timestamp: number;
  /** The source and what it was made from, all the way back. */
  readonly origin: unknown;
  closed = 0;

  constructor(source: unknown, init: { timestamp: number; codedWidth?: number; codedHeight?: number }) {
    const from = source instanceof FakeFrame ? source : undefined;
    this.displayWidth = init.codedWidth ?? from?.displayWidth ?? 0;
    this.displayHeight = init.codedHeight ?? from?.displayHeight ?? 0;
    this.timestamp = init.timestamp;
    this.origin = from ? from.origin : source;
    FakeFrame.made.push(this);
  }

  close(): void {
    this.closed++;
  }
}

/** What frames are made of, so that a test can tell where a frame comes from. */
export const [CAMERA, ENGINE] = ['camera', 'engine'];

const frameOf = (origin: string, timestamp: number, width: number, height: number): VideoFrame =>
  new FakeFrame(origin, { timestamp, codedWidth: width, codedHeight: height }) as unknown as VideoFrame;

export const cameraFrame = (timestamp = 0, width = 640, height = 480): VideoFrame =>
  frameOf(CAMERA, timestamp, width, height);

/** What an engine would make of `raw`. */
export const anonymized = (raw: VideoFrame): VideoFrame =>
  frameOf(ENGINE, raw.timestamp, raw.displayWidth, raw.displayHeight);

/** Puts the fake in place of the browser's class. */
export const installFakeFrame = (): void => {
  FakeFrame.forget();
  Object.assign(globalThis, { VideoFrame: FakeFrame });
};

/** Of a frame that came out: 'camera', 'engine' or 'slate'. */
export const originOf = (frame: VideoFrame): string => {
  const { origin } = frame as unknown as FakeFrame;
  return typeof origin === 'string' ? origin : 'slate';
};

export const closings = (frame: VideoFrame): number => (frame as unknown as FakeFrame).closed;
