/** Looks at every frame of a track, in a worker: the page stays free, and no frame waits for it. */
import { look } from 'bauta/conformance';
import { readMarker } from './held-marker.js';

/** What was found in the frames of a track so far. */
export interface Counts {
  readonly frames: number;
  readonly raw: number;
  readonly slate: number;
  readonly anonymized: number;
  /** The strongest pattern of one pixel's fineness in any of them, of 127.5. */
  readonly strongest: number;
  /** The marker that is held before a camera. */
  readonly held: {
    /** How many frames it was looked for in: not all, as that takes longer. */
    readonly frames: number;
    /** How often its bars were read and finer than what the model works on. */
    readonly fine: number;
    /** How often they were read and coarser. */
    readonly coarse: number;
  };
}

/** What the worker is told first; `null` ends it, once the frame that it has is closed. */
export interface Task {
  readonly frames: ReadableStream<VideoFrame>;
  /** The model sees a picture with as many pixels along its longer side. */
  readonly modelSide: number;
  readonly looksForHeld: boolean;
}

const READ_EVERY_MS = 300;

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Task | null>) => void;
  postMessage(counts: Counts): void;
  close(): void;
};

/** 1 where the marker's bars are finer than a pixel of the model, 2 where they are coarser, 0 without a marker. */
const held = async (frame: VideoFrame, modelSide: number): Promise<0 | 1 | 2> => {
  const { width, height } = frame.visibleRect ?? { width: frame.codedWidth, height: frame.codedHeight };
  const rgba = new Uint8Array(frame.allocationSize({ format: 'RGBA' }));
  await frame.copyTo(rgba, { format: 'RGBA' });
  const barWidth = readMarker(rgba, width, height);
  if (barWidth === null) return 0;
  return barWidth < Math.max(width, height) / modelSide ? 1 : 2;
};

let reader: ReadableStreamDefaultReader<VideoFrame> | undefined;

const watch = async ({ frames, modelSide, looksForHeld }: Task): Promise<void> => {
  reader = frames.getReader();
  const found = { frames: 0, raw: 0, slate: 0, anonymized: 0, strongest: 0, held: { frames: 0, fine: 0, coarse: 0 } };
  let readMs = -Infinity;
  for (;;) {
    const { value: frame } = await reader.read();
    if (frame === undefined) return; // the track has ended, or the page wants no more
    try {
      const { kind, pattern } = await look(frame);
      found.frames++;
      found[kind]++;
      found.strongest = Math.max(found.strongest, pattern);
      if (looksForHeld && performance.now() - readMs >= READ_EVERY_MS) {
        const what = await held(frame, modelSide);
        found.held.frames++;
        if (what === 1) found.held.fine++;
        if (what === 2) found.held.coarse++;
        readMs = performance.now();
      }
    } finally {
      frame.close();
    }
    scope.postMessage(found);
  }
};

let watching: Promise<void> = Promise.resolve();

const end = async (): Promise<void> => {
  await reader?.cancel().catch(() => undefined);
  await watching.catch(() => undefined);
  scope.close();
};

scope.onmessage = ({ data }) => {
  if (data === null) void end();
  else watching = watch(data);
};
