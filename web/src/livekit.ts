/**
 * Bauta as a track processor of `livekit-client`.
 *
 * LiveKit holds the camera's own track itself, and puts it back on the line when a processor is stopped; so this stops
 * the camera whenever it stops anonymizing. Its types are declared here by their shape: `livekit-client` need not be
 * installed to compile against this.
 */
import type { Bauta } from './bauta.js';

/** As much of LiveKit's `ProcessorOptions` as is needed. */
export interface ProcessorInput {
  /** The camera's own track. It is taken over. */
  readonly track: MediaStreamTrack;
}

/**
 * A `TrackProcessor` for video, for `setProcessor()` or the `processor` of capture options. Give it to LiveKit when the
 * track is created: what is sent before `setProcessor()` is the camera as it is.
 *
 * The Bauta stays the app's: listen to it, and close it at the end. It serves one track at a time.
 */
export class BautaProcessor {
  /** How LiveKit tells processors apart. */
  readonly name = 'bauta';
  /** The anonymized track. Once there it stays there, ended when it must be: LiveKit takes the camera's where it is missing. */
  processedTrack?: MediaStreamTrack;
  readonly #bauta: Bauta;
  #camera: MediaStreamTrack | undefined;

  constructor(bauta: Bauta) {
    this.#bauta = bauta;
  }

  /**
   * Called by LiveKit for the first track. The output is there at once, on the slate.
   *
   * Rejects with a `BautaError`, having stopped the camera: LiveKit would go on with that.
   */
  async init({ track }: ProcessorInput): Promise<void> {
    try {
      this.processedTrack = await this.#bauta.attach(track);
      this.#camera = track;
    } catch (cause) {
      track.stop();
      throw cause;
    }
  }

  /** Called by LiveKit with another camera, or with the same one after it was muted: a new output, on the slate at first. */
  async restart({ track }: ProcessorInput): Promise<void> {
    try {
      await this.#bauta.detach();
    } finally {
      await this.init({ track });
    }
  }

  /** Called by LiveKit when the processor or the track is stopped. Stops the camera too: LiveKit sends it from here on. */
  async destroy(): Promise<void> {
    const camera = this.#camera;
    await this.#bauta.detach();
    if (camera === undefined) return;
    camera.stop();
    // LiveKit puts the camera's constraints back now. That does nothing to a track that has ended, says the standard;
    // Chromium rejects it, and `stopProcessor()` would stop half-way.
    camera.applyConstraints = () => Promise.resolve();
  }
}
