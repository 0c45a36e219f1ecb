/**
 * Runs in a worker before anything else: gives it what Safari's workers have, the ends of tracks that were given away.
 * Chromium gives no track away; a stream of its frames goes in its place (see `safari-page.ts`).
 */
export interface Carried {
  readonly carried: number;
  readonly kind: 'video';
  readonly readable: ReadableStream<VideoFrame>;
}

const scope = globalThis as unknown as DedicatedWorkerGlobalScope & Record<string, unknown>;

interface DedicatedWorkerGlobalScope {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: string, listener: (event: MessageEvent) => void): void;
}

class Track {
  readonly kind = 'video';
  readonly readable: ReadableStream<VideoFrame>;
  readonly #number: number | undefined;

  constructor(readable: ReadableStream<VideoFrame>, number?: number) {
    this.readable = readable;
    this.#number = number;
  }

  stop(): void {
    if (this.#number !== undefined) post({ stopped: this.#number }, []);
  }
}

const post = scope.postMessage.bind(scope);
const listen = scope.addEventListener.bind(scope);

const isCarried = (thing: unknown): thing is Carried => typeof thing === 'object' && thing !== null && 'carried' in thing;

/** Puts tracks in place of what was carried, as deep as messages are. */
const unpacked = (thing: unknown): unknown => {
  if (isCarried(thing)) return new Track(thing.readable, thing.carried);
  if (typeof thing !== 'object' || thing === null || Object.getPrototypeOf(thing) !== Object.prototype) return thing;
  return Object.fromEntries(Object.entries(thing).map(([name, value]) => [name, unpacked(value)]));
};

scope.addEventListener = (type, listener) => {
  listen(type, (event) => { listener(type === 'message' ? new MessageEvent('message', { data: unpacked(event.data) }) : event); });
};
Object.defineProperty(scope, 'onmessage', {
  set: (listener: (event: MessageEvent) => void) => { scope.addEventListener('message', listener); },
});
scope.postMessage = (message, transfer) => {
  const { answer } = (message ?? {}) as { answer?: unknown };
  if (!(answer instanceof Track)) {
    post(message, transfer);
    return;
  }
  const { readable } = answer;
  post({ ...(message as object), answer: { carried: 0, kind: 'video', readable } satisfies Carried }, [readable]);
};

Object.assign(scope, {
  MediaStreamTrack: Track,
  MediaStreamTrackProcessor: class {
    readonly readable: ReadableStream<VideoFrame>;
    constructor({ track }: { track: Track }) { this.readable = track.readable; }
  },
  VideoTrackGenerator: class {
    readonly track: Track;
    readonly writable: WritableStream<VideoFrame>;
    constructor() {
      const { readable, writable } = new TransformStream<VideoFrame, VideoFrame>();
      this.track = new Track(readable);
      this.writable = writable;
    }
  },
});
