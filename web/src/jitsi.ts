/**
 * Bauta as a stream effect of `lib-jitsi-meet`.
 *
 * Jitsi holds the camera's own stream itself, and goes on with it when an effect is stopped; so this stops the camera
 * whenever it stops anonymizing. Its types are declared here by their shape, as Jitsi publishes none.
 */
import type { Bauta } from './bauta.js';
import { attachers } from './brand.js';

/** As much of a `JitsiLocalTrack` as is needed. */
export interface EffectTrack {
  /** Whether it is video, of a camera or a screen. */
  isVideoTrack(): boolean;
  /** `camera` or `desktop`. */
  readonly videoType?: string | undefined;
}

/**
 * A stream effect for a camera, for `effects` of `createLocalTracks()` or for `JitsiLocalTrack.setEffect()`. Give it to
 * Jitsi when the track is created: what is sent before `setEffect()` is the camera as it is.
 *
 * The Bauta stays the app's: listen to it, and close it at the end. It serves one track at a time.
 */
export class BautaEffect {
  readonly #bauta: Bauta;

  constructor(bauta: Bauta) {
    this.#bauta = bauta;
  }

  /** Asked by Jitsi whether the effect is for a track: for every video but that of a screen. */
  isEnabled(track: EffectTrack): boolean {
    return track.isVideoTrack() && track.videoType !== 'desktop';
  }

  /**
   * Called by Jitsi with the camera's stream, at first and after it was muted. Gives one with the anonymized track,
   * on the slate at first.
   *
   * Throws a `BautaError`, always one in Safari 18 and later, where no track is there at once; or a `TypeError` for a
   * stream without video. It has stopped the stream then: Jitsi would go on with that.
   */
  startEffect(stream: MediaStream): MediaStream {
    try {
      const [camera] = stream.getVideoTracks();
      if (camera === undefined) throw new TypeError('the stream has no video for the effect to anonymize');
      const attach = attachers.get(this.#bauta);
      if (attach === undefined) throw new TypeError('no Bauta: give one that this package made');
      return new MediaStream([attach(camera)]);
    } catch (cause) {
      for (const track of stream.getTracks()) track.stop();
      throw cause;
    }
  }

  /** Called by Jitsi when the effect is taken off, and when the track is muted or disposed of. Stops the camera too. */
  stopEffect(): void {
    void this.#bauta.detach();
  }
}
