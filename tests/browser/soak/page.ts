/**
 * Runs in the page: one Bauta after the other, several at a time, on cameras that misbehave, with engines that fail and
 * an app that is careless. Looks at every frame that leaves.
 */
import { Bauta } from '../../../web/src/index.js';
import type { State } from '../../../web/src/index.js';
import { look, onOutput } from '../watch.js';
import { choose, randomOf } from './faults.js';
import type { AppFault, Fault } from './faults.js';
import { countEverywhere } from './open-frames.js';
import { Source, fetchFilm } from './source.js';
import type { Film } from './source.js';

/** What has been counted so far. */
export interface Counts {
  sessions: number;
  /** Camera frames that came to a gate. */
  framesIn: number;
  /** Those of them that came while something was wrong: from when a fault began until frames were anonymized again. */
  faultedFrames: number;
  /** Frames that left, each looked at. */
  framesOut: number;
  slates: number;
  anonymized: number;
  /** Frames with a mark in them. */
  raw: number;
  /** The strongest mark in any frame, of 127.5. */
  strongest: number;
  /** Faults by their names. */
  readonly faults: Record<string, number>;
  /** What went wrong with the soak itself; nothing should. */
  readonly complaints: string[];
}

export interface Plan {
  readonly minutes: number;
  readonly seed: number;
  /** Bautas at a time. */
  readonly atOnce: number;
  /** Frames a second that each camera gives. */
  readonly fps: number;
  /** The longest that a Bauta lives, in seconds. */
  readonly sessionS: number;
  /** The faults to choose among; all where none are named. */
  readonly faults?: readonly string[];
  /** A pattern stronger than this is a mark, of 127.5. */
  readonly unseen: number;
}

declare global {
  interface Window {
    soak: { counts: Counts; run(plan: Plan): Promise<void>; countEverywhere(): Promise<number> };
  }
}

const counts: Counts = {
  sessions: 0,
  framesIn: 0,
  faultedFrames: 0,
  framesOut: 0,
  slates: 0,
  anonymized: 0,
  raw: 0,
  strongest: 0,
  faults: {},
  complaints: [],
};

const pause = (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));

/** Waits until one of the states is reached; says whether it was. */
const reached = async (bauta: Bauta, states: readonly State[], limitMs: number): Promise<boolean> => {
  const until = performance.now() + limitMs;
  while (performance.now() < until) {
    if (states.includes(bauta.state)) return true;
    await pause(20);
  }
  return false;
};

/** Counts a Bauta's camera frames, and those that came while something was wrong. */
class FrameCounter {
  #before = 0;
  #isFaulty = false;
  /** Whether something was wrong all the time since the counts were told last. */
  #wasFaulty = false;

  /** Counts are told twice a second. */
  constructor(bauta: Bauta) {
    bauta.on('stats', ({ framesIn }) => {
      const came = framesIn - this.#before;
      this.#before = framesIn;
      counts.framesIn += came;
      if (this.#wasFaulty) counts.faultedFrames += came;
      this.#wasFaulty = this.#isFaulty;
    });
  }

  fault(): void {
    this.#isFaulty = true;
  }

  heal(): void {
    this.#isFaulty = this.#wasFaulty = false;
  }
}

interface Stage {
  readonly bauta: Bauta;
  /** The camera in use. */
  camera: Source;
  readonly another: () => Source;
  readonly engine: BroadcastChannel;
}

/** What an app does, and whether it should be refused. */
const does = (what: AppFault, stage: Stage): { readonly done: Promise<unknown>; readonly isWrong: boolean } => {
  const { bauta } = stage;
  switch (what) {
    case 'closes at once':
      return { done: bauta.close(), isWrong: false };
    case 'changes the model':
      return { done: bauta.useModel('bauta-s'), isWrong: false };
    case 'wants a model that is not there':
      return { done: bauta.useModel('nowhere'), isWrong: true };
    case 'opens a second camera':
      return { done: bauta.openCamera(), isWrong: true };
    case 'changes the camera': {
      const [before, next] = [stage.camera, stage.another()];
      stage.camera = next;
      const done = bauta.useCamera(next.track).then(() => {
        if (before.track.readyState === 'live') counts.complaints.push('a camera is open that is not in use');
      });
      return { done: done.finally(() => { before.end(); }), isWrong: false };
    }
  }
};

/** Brings a fault about, and takes it back after `ms` where it can be. */
const commit = async (fault: Fault, ms: number, stage: Stage): Promise<void> => {
  const { bauta, camera, engine } = stage;
  if (fault.at === 'engine') {
    engine.postMessage({ fault: fault.what });
    await pause(ms);
    engine.postMessage({ fault: 'none' });
  } else if (fault.at === 'camera') {
    if (fault.what === 'ends') camera.end();
    else if (fault.what === 'is muted') camera.track.enabled = false;
    else camera.behaviour = fault.what;
    await pause(ms);
    camera.track.enabled = true;
    camera.behaviour = 'moves';
  } else {
    const { done, isWrong } = does(fault.what, stage);
    const isRefused = await done.then(() => false, () => true);
    if (isRefused !== isWrong && bauta.state !== 'blocked') counts.complaints.push(`${fault.what}: refused is ${String(isRefused)}`);
    await pause(ms);
  }
};

const session = async (random: () => number, untilMs: number, films: readonly [Film, Film], plan: Plan): Promise<void> => {
  const id = ++counts.sessions;
  const engine = new BroadcastChannel(`faults-${String(id)}`);
  let engineFault = 'none';
  engine.onmessage = () => { engine.postMessage({ fault: engineFault }); };
  const another = (): Source => new Source(...films, plan.fps);
  const bauta = await Bauta.create({ engine: 'cpu', assetBase: `/session/${String(id)}/`, deadlineMs: 700, frozenMs: 1000 });
  const frames = new FrameCounter(bauta);
  const stage: Stage = { bauta, camera: another(), another, engine };
  try {
    await bauta.attach(stage.camera.track);
    await reached(bauta, ['running', 'blocked'], 60_000);
    while (performance.now() < untilMs && bauta.state === 'running') {
      await pause(100 + 500 * random());
      const { fault, ms: [least, most] } = choose(random, plan.faults);
      counts.faults[fault.what] = (counts.faults[fault.what] ?? 0) + 1;
      frames.fault();
      if (fault.at === 'engine') engineFault = fault.what;
      await commit(fault, least + (most - least) * random(), stage);
      engineFault = 'none';
      const isOver = await reached(bauta, ['running', 'blocked', 'idle', 'closed'], 60_000);
      if (!isOver) counts.complaints.push(`session ${String(id)} stays ${bauta.state} after '${fault.what}': ${String(bauta.report().error?.message)}`);
      frames.heal();
    }
  } finally {
    await bauta.close();
    stage.camera.end();
    engine.close();
  }
};

const run = async (plan: Plan): Promise<void> => {
  const films = await Promise.all([fetchFilm(320, 240), fetchFilm(240, 320)]);
  onOutput(() => async (frame) => {
    const { isSlate, pattern } = await look(frame);
    counts.framesOut++;
    counts.strongest = Math.max(counts.strongest, pattern);
    if (pattern >= plan.unseen) counts.raw++;
    else if (isSlate) counts.slates++;
    else counts.anonymized++;
  });
  const endMs = performance.now() + 60_000 * plan.minutes;
  const several = Array.from({ length: plan.atOnce }, async (_, place) => {
    const random = randomOf(plan.seed + place);
    while (performance.now() < endMs) {
      const untilMs = Math.min(endMs, performance.now() + 1000 * plan.sessionS * (0.2 + 0.8 * random()));
      await session(random, untilMs, films, plan).catch((cause: unknown) => { counts.complaints.push(String(cause)); });
    }
  });
  await Promise.all(several);
};

window.soak = { counts, run, countEverywhere };
