/** Another camera under an output that goes on; downloaded when it is first asked for. */
import { openCamera, usable } from './capture.js';
import { BautaError, detached } from './faults.js';

/** What the change must know of the output. */
export interface Change {
  /** Whether it is there still. */
  readonly goesOn: () => boolean;
  /** Goes over to a camera, or to none for now, and stops the one before. */
  readonly turn: (camera: MediaStreamTrack | null) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** Goes over to `next`. Whatever happens, no camera stays open that is not shown, and no output without a camera. */
export const changeCamera = async (next: MediaTrackConstraints | MediaStreamTrack | true, { goesOn, turn, end }: Change): Promise<void> => {
  let taken: MediaStreamTrack | undefined;
  const was = { letGo: false };
  const letGo = async (): Promise<void> => {
    await turn(null);
    was.letGo = true;
  };
  try {
    taken = next instanceof MediaStreamTrack ? usable(next) : await openBeside(next, letGo);
    await turn(taken);
    if (!goesOn()) throw detached();
  } catch (cause) {
    taken?.stop();
    if (was.letGo && goesOn()) await end();
    throw cause;
  }
};

/** Another camera beside the one in use, or in its place where the two cannot be open at once. */
const openBeside = async (constraints: MediaTrackConstraints | true, letGo: () => Promise<void>): Promise<MediaStreamTrack> => {
  try {
    return await openCamera(constraints);
  } catch (cause) {
    if (!(cause instanceof BautaError) || cause.code !== 'camera-busy') throw cause;
  }
  await letGo();
  return openCamera(constraints);
};
