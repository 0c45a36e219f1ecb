/**
 * Runs in the page: makes Chromium look like Safari, where pages have no streams of tracks, and workers can be given
 * tracks. In place of a track its frames are given away; the rest of the way is that of the package. It shows that the
 * package's own steps are right, and nothing about Safari.
 */
import type { Carried } from './safari-worker.js';

interface Ends {
  MediaStreamTrackProcessor: new (init: { track: MediaStreamTrack; maxBufferSize: number }) => { readonly readable: ReadableStream<VideoFrame> };
  MediaStreamTrackGenerator: new (init: { kind: 'video' }) => MediaStreamTrack & { readonly writable: WritableStream<VideoFrame> };
}
const ends = globalThis as unknown as Ends;
const { MediaStreamTrackProcessor: Processor, MediaStreamTrackGenerator: Generator } = ends;
for (const name of ['MediaStreamTrackProcessor', 'MediaStreamTrackGenerator']) Reflect.deleteProperty(ends, name);

/** The tracks that were given away, as they go on elsewhere. */
const away: MediaStreamTrack[] = [];

/** As when a track is given away: here it has ended, and elsewhere goes on. */
const carry = (track: MediaStreamTrack): Carried => {
  const clone = track.clone();
  track.stop();
  const { readable } = new Processor({ track: clone, maxBufferSize: 1 });
  return { carried: away.push(clone) - 1, kind: 'video', readable };
};

const packed = (thing: unknown, transfer: Transferable[]): unknown => {
  if (thing instanceof MediaStreamTrack) {
    const carried = carry(thing);
    transfer.push(carried.readable);
    return carried;
  }
  if (typeof thing !== 'object' || thing === null || Object.getPrototypeOf(thing) !== Object.prototype) return thing;
  return Object.fromEntries(Object.entries(thing).map(([name, value]) => [name, packed(value, transfer)]));
};

const workers = Worker.prototype as unknown as {
  postMessage: (this: Worker, message: unknown, transfer?: Transferable[]) => void;
  addEventListener: (this: Worker, type: string, listener: (event: Event) => void) => void;
};
const { postMessage, addEventListener } = workers;

workers.postMessage = function (message, transfer = []) {
  const rest = transfer.filter((each) => !((each as unknown) instanceof MediaStreamTrack));
  postMessage.call(this, packed(message, rest), rest);
};

/** A track in place of the frames that came. */
const unpacked = (data: unknown): unknown => {
  const { answer } = (data ?? {}) as { answer?: Partial<Carried> };
  if (answer?.carried === undefined) return data;
  const track = new Generator({ kind: 'video' });
  answer.readable?.pipeTo(track.writable).then(() => { track.stop(); }, () => { track.stop(); });
  return { ...(data as object), answer: track };
};

workers.addEventListener = function (type, listener) {
  addEventListener.call(this, type, (event) => {
    if (type !== 'message') {
      listener(event);
      return;
    }
    const { data } = event as MessageEvent<{ stopped?: number }>;
    if (data.stopped === undefined) listener(new MessageEvent('message', { data: unpacked(data) }));
    else away[data.stopped]?.stop();
  });
};

Object.defineProperty(window, 'endCamera', {
  get: () => () => { for (const track of away) track.stop(); },
  set: () => undefined, // what is told of tracks that were given away
});
