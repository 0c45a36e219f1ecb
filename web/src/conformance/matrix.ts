import type { SyntheticCamera } from './camera.js';

/** What a filter is asked to suffer from inside, where its adapter can bring that about. */
export type Ailment =
  | 'none'
  /** The model is there a second and a half later than it would be. */
  | 'slow-start'
  /** Processing throws at the third frame, and works again. */
  | 'throws-once'
  /** Processing throws at every frame. */
  | 'throws'
  /** Processing does not come back from the third frame on. */
  | 'hangs';

/** What a fault has to play with. */
export interface Stage {
  /** The camera that the filter has. */
  readonly camera: SyntheticCamera;
  /** Waits until a frame other than a slate has left, or `settleMs` are over, or the output has ended. */
  settle(): Promise<void>;
  /** Waits for that, and half a second more. */
  steady(): Promise<void>;
  /** Waits so many milliseconds. */
  wait(ms: number): Promise<void>;
  /** Stops the filter. */
  close(): Promise<void>;
}

/** One thing that goes wrong. */
export interface Fault {
  /** What it is called, once in all faults. */
  readonly name: string;
  /** Which rule of a filter that fails closed it tests. */
  readonly rule: string;
  /** What happens, as a sentence. */
  readonly says: string;
  /** What goes wrong in the filter itself; `none` for what comes from outside. */
  readonly inside: Ailment;
  /** Lets it happen; settles when enough has been seen. */
  act(stage: Stage): Promise<void>;
}

const LOOK_MS = 1000;

/** Nothing more is done than to look on, once the filter works or has given up. */
const lookOnFor = (ms: number) => async (stage: Stage): Promise<void> => {
  await stage.steady();
  await stage.wait(ms);
};

/** Everything that goes wrong, one after the other, each with a filter started anew. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'nothing',
    rule: 'F1',
    says: 'The camera runs and nothing goes wrong.',
    inside: 'none',
    act: lookOnFor(2 * LOOK_MS),
  },
  {
    name: 'first frame',
    rule: 'F2',
    says: 'The first frames after the start, and no others.',
    inside: 'none',
    act: (stage) => stage.settle(),
  },
  {
    name: 'not ready',
    rule: 'F1',
    says: 'The camera runs while the model is still being loaded.',
    inside: 'slow-start',
    async act(stage) {
      await stage.wait(LOOK_MS);
      await stage.steady();
      await stage.wait(LOOK_MS);
    },
  },
  {
    name: 'resize',
    rule: 'F2',
    says: 'The frames shrink in mid-stream, from 640 x 480 to 320 x 240.',
    inside: 'none',
    async act(stage) {
      await stage.steady();
      stage.camera.resize(320, 240);
      await stage.wait(LOOK_MS);
    },
  },
  {
    name: 'rotation',
    rule: 'F2',
    says: 'The frames turn in mid-stream, from 640 x 480 to 480 x 640.',
    inside: 'none',
    async act(stage) {
      await stage.steady();
      stage.camera.resize(480, 640);
      await stage.wait(LOOK_MS);
    },
  },
  {
    name: 'mute',
    rule: 'F9',
    says: 'The track of the camera is disabled and enabled again, twice.',
    inside: 'none',
    async act(stage) {
      await stage.steady();
      for (const enabled of [false, true, false, true]) {
        stage.camera.track.enabled = enabled;
        await stage.wait(LOOK_MS / 2);
      }
    },
  },
  {
    name: 'stall',
    rule: 'F8',
    says: 'The camera gives no frame for two seconds, and goes on.',
    inside: 'none',
    async act(stage) {
      await stage.steady();
      stage.camera.pause();
      await stage.wait(2000);
      stage.camera.resume();
      await stage.wait(LOOK_MS);
    },
  },
  {
    name: 'camera ends',
    rule: 'F13',
    says: 'The camera is unplugged.',
    inside: 'none',
    async act(stage) {
      await stage.steady();
      stage.camera.end();
      await stage.wait(LOOK_MS);
    },
  },
  {
    name: 'throws once',
    rule: 'F4',
    says: 'Processing throws at one frame, the third, and works again.',
    inside: 'throws-once',
    act: lookOnFor(2 * LOOK_MS),
  },
  {
    name: 'throws',
    rule: 'F4',
    says: 'Processing throws at every frame.',
    inside: 'throws',
    act: lookOnFor(LOOK_MS),
  },
  {
    name: 'hangs',
    rule: 'F7',
    says: 'Processing does not come back from the third frame on.',
    inside: 'hangs',
    act: lookOnFor(2.5 * LOOK_MS),
  },
  {
    name: 'stopped',
    rule: 'F10',
    says: 'The filter is stopped while the camera runs.',
    inside: 'none',
    async act(stage) {
      await stage.steady();
      await stage.close();
      await stage.wait(LOOK_MS);
    },
  },
];
