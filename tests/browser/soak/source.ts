/** A camera made of a film, which can be made to misbehave; it gives more frames a second than a real one. */
import { OwnGenerator } from '../watch.js';

export interface Film {
  readonly width: number;
  readonly height: number;
  /** Planes Y, U, V with colours of 4:2:0. */
  readonly frames: readonly Uint8Array<ArrayBuffer>[];
}

/** A film as the site has it: frame after frame. */
export const fetchFilm = async (width: number, height: number): Promise<Film> => {
  const bytes = new Uint8Array(await (await fetch(`/film-${String(width)}x${String(height)}`)).arrayBuffer());
  const size = (width * height * 3) / 2;
  const frames = Array.from({ length: bytes.length / size }, (_, at) => bytes.slice(at * size, (at + 1) * size));
  return { width, height, frames };
};

export class Source {
  readonly track: MediaStreamTrack;
  /** What it does now. */
  behaviour: 'moves' | 'stands still' | 'pauses' | 'turns' | 'shows one colour' = 'moves';
  readonly #writer: WritableStreamDefaultWriter<VideoFrame>;
  readonly #timer: ReturnType<typeof setInterval>;
  #frames = 0;

  /** Plays `upright`, and `turned` while it is turned. */
  constructor(upright: Film, turned: Film, fps: number) {
    const generator = new OwnGenerator({ kind: 'video' });
    this.track = generator;
    this.#writer = generator.writable.getWriter();
    this.#timer = setInterval(() => {
      if (this.behaviour !== 'pauses') this.#give(this.behaviour === 'turns' ? turned : upright);
    }, 1000 / fps);
  }

  /** Unplugs it. */
  end(): void {
    clearInterval(this.#timer);
    const stop = (): void => { this.track.stop(); };
    this.#writer.close().then(stop, stop);
  }

  #give({ width, height, frames }: Film): void {
    if ((this.#writer.desiredSize ?? 0) < 0) return;
    if (this.behaviour !== 'stands still') this.#frames++;
    const planes = frames[this.#frames % frames.length];
    if (planes === undefined) throw new Error('the film has no frame');
    const bytes = this.behaviour === 'shows one colour' ? planes.map(() => 128) : planes;
    const frame = new VideoFrame(bytes, { format: 'I420', codedWidth: width, codedHeight: height, timestamp: 1000 * performance.now() });
    // The track closes what it takes; what it is given after its end it only forgets.
    const done = (): void => { frame.close(); };
    this.#writer.write(frame).then(done, done);
  }
}
