import { framesOf, newTrack, sizeOf } from './capture.js';
import { unloaded } from './faults.js';
import type { GateCommand } from './protocol.js';

/**
 * How frames get to the gate and back, by what the browser has:
 * - `streams`: the page makes streams of its tracks and gives them away (Chromium)
 * - `worker`: the camera's track itself is given away, and the output's comes back (Safari)
 * - `element`: frames are taken from a video element, and painted on a canvas that gives the output (Firefox)
 */
export type Pipeline = 'streams' | 'worker' | 'element';

/** A command as far as the passage knows it. */
type Begun = Extract<GateCommand, { readonly type: 'run' | 'stream' }>;
type WithoutRoute<Command> = Command extends unknown ? Omit<Command, 'route'> : never;

/** What the gate is told when another camera, or for now none, takes the place of the one in use. */
export type Turned = Extract<GateCommand, { readonly type: 'turn' }>['camera'];

/** The way of a camera's frames to the gate, and of an anonymized track back. */
export interface Passage {
  /** What the gate is to begin, and what is given away to it. */
  readonly command: WithoutRoute<Begun>;
  readonly transfer: Transferable[];
  /** The output; where it is missing the gate answers with it. */
  track: MediaStreamTrack | undefined;
  /** Goes over to the camera `next`, or to none for now, and stops the one before. `tell` tells the gate. */
  turn(next: MediaStreamTrack | null, tell: (camera: Turned, transfer: Transferable[]) => Promise<unknown>): Promise<void>;
  /** F10: ends the output first. Whoever shows it must never be left with a camera that nobody watches over. */
  end(): void;
}

/** Opens a passage for a camera. */
export type OpenPassage = (camera: MediaStreamTrack) => Passage;

/** What opens passages in a browser of that kind; downloaded where it is not Chromium's. */
export const passagesOf = async (pipeline: Pipeline): Promise<OpenPassage> => {
  if (pipeline === 'streams') return (camera) => new StreamPassage(camera);
  const loading = pipeline === 'worker' ? import('./worker-passage.js') : import('./element-passage.js');
  return (await loading.catch(unloaded)).openPassage;
};

class StreamPassage implements Passage {
  readonly command;
  readonly transfer;
  readonly track: MediaStreamTrack;
  #camera: MediaStreamTrack | null;

  constructor(camera: MediaStreamTrack) {
    const [frames, { track, writable: screen }] = [framesOf(camera), newTrack()];
    this.command = { type: 'run', camera: frames, screen, size: sizeOf(camera) } as const;
    this.transfer = [frames, screen];
    this.track = track;
    this.#camera = camera;
  }

  async turn(next: MediaStreamTrack | null, tell: (camera: Turned, transfer: Transferable[]) => Promise<unknown>): Promise<void> {
    const frames = next && framesOf(next);
    await tell(frames, frames ? [frames] : []);
    if (this.#camera !== next) this.#camera?.stop();
    this.#camera = next;
  }

  end(): void {
    this.track.stop();
    this.#camera?.stop();
  }
}
