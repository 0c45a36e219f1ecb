import { finestPattern } from './marks.js';

/**
 * What a frame is. `raw`: one of the camera's marks is in it. `slate`: all of it has one colour. `anonymized`:
 * anything else, that is, no mark is left in it, which says nothing of how well people are hidden.
 */
export type FrameKind = 'raw' | 'slate' | 'anonymized';

/** What was seen of one frame. */
export interface Seen {
  /** What it is. */
  readonly kind: FrameKind;
  /**
   * The strongest pattern of one pixel's fineness in it, as half the difference between its bright and its dark pixels,
   * in [0, 127.5]; 0 for a slate.
   */
  readonly pattern: number;
}

/** What a mark has in a frame that is raw is 100 and more, of 127.5: a tenth of it is found. */
export const RAW_FROM = 10;

/** How far the colours of a slate may lie apart, of 255. */
const SLATE_SPREAD = 6;

/** Says what a picture of `width` x `height` pixels is. */
export const classify = (rgba: Uint8Array, width: number, height: number): Seen => {
  if (isSlate(rgba)) return { kind: 'slate', pattern: 0 };
  const pattern = finestPattern(rgba, width, height);
  return { kind: pattern >= RAW_FROM ? 'raw' : 'anonymized', pattern };
};

const isSlate = (rgba: Uint8Array): boolean => {
  const [least, most] = [[255, 255, 255], [0, 0, 0]];
  for (let at = 0; at < rgba.length; at++) {
    const channel = at % 4;
    if (channel === 3) continue;
    const value = rgba[at] ?? 0;
    least[channel] = Math.min(least[channel] ?? 0, value);
    most[channel] = Math.max(most[channel] ?? 0, value);
    if ((most[channel] ?? 0) - (least[channel] ?? 0) > SLATE_SPREAD) return false;
  }
  return true;
};

/** Says what a frame is. The frame stays the caller's to close. Runs in pages and in workers. */
export const look = async (frame: VideoFrame): Promise<Seen> => {
  const { width, height } = frame.visibleRect ?? { width: frame.codedWidth, height: frame.codedHeight };
  const rgba = new Uint8Array(frame.allocationSize({ format: 'RGBA' }));
  await frame.copyTo(rgba, { format: 'RGBA' });
  return classify(rgba, width, height);
};

interface Scope {
  MediaStreamTrackProcessor: new (init: { track: MediaStreamTrack; maxBufferSize: number }) => {
    readonly readable: ReadableStream<VideoFrame>;
  };
  MediaStreamTrackGenerator: new (init: { kind: 'video' }) => MediaStreamTrack;
}
const scope = globalThis as unknown as Scope;

/** Looks at every frame of a track. Frames that wait to be looked at are kept, none is passed over. */
export class TrackWatch {
  readonly seen: Seen[] = [];
  readonly #reader: ReadableStreamDefaultReader<VideoFrame>;
  #looking: Promise<void> = Promise.resolve();
  #hasEnded = false;

  constructor(track: MediaStreamTrack) {
    this.#reader = new scope.MediaStreamTrackProcessor({ track, maxBufferSize: 60 }).readable.getReader();
    this.#read().catch(() => { this.#hasEnded = true; });
  }

  /** Whether the track has ended by itself. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** All frames so far. */
  async all(): Promise<readonly Seen[]> {
    await this.#looking;
    return this.seen;
  }

  /** Looks at no further frame. */
  async stop(): Promise<readonly Seen[]> {
    const seen = [...(await this.all())];
    await this.#reader.cancel().catch(() => undefined);
    return seen;
  }

  async #read(): Promise<void> {
    for (;;) {
      const { value: frame } = await this.#reader.read();
      if (frame === undefined) {
        this.#hasEnded = true;
        return;
      }
      this.#looking = this.#looking.then(async () => {
        try {
          this.seen.push(await look(frame));
        } finally {
          frame.close();
        }
      });
    }
  }
}

/** Watches the tracks that are made in this page, each from the moment it exists. */
export class Watch {
  readonly #original = scope.MediaStreamTrackGenerator;
  readonly #watched = new Map<MediaStreamTrack, TrackWatch>();

  constructor() {
    const watched = this.#watched;
    scope.MediaStreamTrackGenerator = class extends this.#original {
      constructor(init: { kind: 'video' }) {
        super(init);
        watched.set(this, new TrackWatch(this));
      }
    };
  }

  /** What is seen of a track, and whether it was watched from its beginning. */
  of(track: MediaStreamTrack): { readonly watch: TrackWatch; readonly isWhole: boolean } {
    const watch = this.#watched.get(track);
    return watch ? { watch, isWhole: true } : { watch: new TrackWatch(track), isWhole: false };
  }

  /** Tracks that are made from now on are not watched. */
  stop(): void {
    scope.MediaStreamTrackGenerator = this.#original;
  }
}
