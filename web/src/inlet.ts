import { framesOf } from './capture.js';
import type { Camera } from './protocol.js';

/**
 * The frames of the camera in use. Another camera can take its place while they are read; they end when the one that
 * is in use then ends.
 */
export class Inlet {
  /** The frames; none is fetched before it is asked for. */
  readonly frames: ReadableStream<VideoFrame>;
  #out: ReadableStreamDefaultController<VideoFrame> | undefined;
  #source: ReadableStreamDefaultReader<VideoFrame> | undefined;
  #track: MediaStreamTrack | undefined;
  #wake: () => void = () => undefined;

  constructor(first: Camera) {
    this.frames = new ReadableStream<VideoFrame>(
      {
        start: (out) => { this.#out = out; },
        pull: () => this.#pull(),
        cancel: async (reason) => {
          this.#out = undefined;
          await this.#source?.cancel(reason);
          this.#wake();
        },
      },
      { highWaterMark: 0 },
    );
    this.turn(first);
  }

  /**
   * Takes the frames of `next` from now on, or none until it is called again; the camera before is given up, and
   * stopped where its track is here. Where the frames have ended already, that is what becomes of `next`, and the
   * answer is `false`.
   */
  turn(next: Camera | null): boolean {
    if (this.#out === undefined) {
      giveUp(next);
      return false;
    }
    const track = next === null || next instanceof ReadableStream ? undefined : next;
    const [before, source] = [this.#source, (track ? framesOf(track) : (next as ReadableStream<VideoFrame> | null))?.getReader()];
    this.#source = source;
    before?.cancel().catch(() => undefined); // it may have failed before
    this.stop();
    this.#track = track;
    source?.closed.then(
      () => { this.#end(source, (out) => { out.close(); }); },
      (cause: unknown) => { this.#end(source, (out) => { out.error(cause); }); },
    );
    this.#wake();
    return true;
  }

  /** Stops the camera where its track is here. */
  stop(): void {
    this.#track?.stop();
  }

  /** One frame of whatever source is in use when it comes. */
  async #pull(): Promise<void> {
    for (let out = this.#out; out; out = this.#out) {
      const source = this.#source;
      const turned = new Promise<void>((resolve) => { this.#wake = resolve; });
      const frame = await source?.read().then(({ value }) => value, () => undefined);
      if (frame && out === this.#out && source === this.#source) {
        out.enqueue(frame);
        return;
      }
      frame?.close();
      if (source === this.#source) await turned; // there is none, or it has ended
    }
  }

  #end(source: ReadableStreamDefaultReader<VideoFrame>, how: (out: ReadableStreamDefaultController<VideoFrame>) => void): void {
    if (source !== this.#source || this.#out === undefined) return;
    how(this.#out);
    this.#out = undefined;
    this.#wake();
  }
}

/** Ends a camera that nobody will read. */
export const giveUp = (camera: Camera | null): void => {
  if (camera instanceof ReadableStream) camera.cancel().catch(() => undefined); // it may have failed before
  else camera?.stop();
};
