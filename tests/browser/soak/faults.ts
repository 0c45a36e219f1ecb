/** What goes wrong in the soak, and how often. */

export type EngineFault =
  | 'does not load'
  | 'throws'
  | 'dies'
  | 'hangs'
  | 'is slow'
  | 'gives the camera picture back'
  | 'gives the very frame back'
  | 'is blank'
  | 'does not follow'
  | 'makes another size'
  | 'gives no frame';

export type CameraFault = 'stands still' | 'pauses' | 'turns' | 'is muted' | 'shows one colour' | 'ends';

export type AppFault = 'changes the camera' | 'changes the model' | 'wants a model that is not there' | 'closes at once' | 'opens a second camera';

export type Fault =
  | { readonly at: 'engine'; readonly what: EngineFault }
  | { readonly at: 'camera'; readonly what: CameraFault }
  | { readonly at: 'app'; readonly what: AppFault };

/** A fault, how often it is chosen against the others, and how long it lasts, in milliseconds. */
export interface Chance {
  readonly fault: Fault;
  readonly weight: number;
  readonly ms: readonly [number, number];
}

const engine = (what: EngineFault, weight = 2, ms: Chance['ms'] = [300, 4000]): Chance => ({ fault: { at: 'engine', what }, weight, ms });
const camera = (what: CameraFault, weight = 2, ms: Chance['ms'] = [300, 4000]): Chance => ({ fault: { at: 'camera', what }, weight, ms });
const app = (what: AppFault, weight = 1, ms: Chance['ms'] = [0, 500]): Chance => ({ fault: { at: 'app', what }, weight, ms });

export const CHANCES: readonly Chance[] = [
  engine('does not load', 1),
  engine('throws'),
  engine('dies', 1),
  engine('hangs', 1),
  engine('is slow'),
  engine('gives the camera picture back', 3),
  engine('gives the very frame back'),
  engine('is blank'),
  engine('does not follow'),
  engine('makes another size'),
  engine('gives no frame'),
  camera('stands still', 3, [1500, 5000]),
  camera('pauses'),
  camera('turns', 3, [100, 2000]),
  camera('is muted'),
  camera('shows one colour'),
  camera('ends', 1),
  app('changes the camera', 2),
  app('changes the model', 2),
  app('wants a model that is not there'),
  app('closes at once'),
  app('opens a second camera'),
];

/** Numbers in [0, 1) that follow from a seed (mulberry32). */
export const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** One of them, by weight; one of those that are named, where some are. */
export const choose = (random: () => number, names?: readonly string[]): Chance => {
  const chances = CHANCES.filter(({ fault }) => names?.includes(fault.what) ?? true);
  let left = random() * chances.reduce((sum, { weight }) => sum + weight, 0);
  for (const chance of chances) {
    left -= chance.weight;
    if (left < 0) return chance;
  }
  throw new Error(`there is no such fault as ${String(names)}`);
};
