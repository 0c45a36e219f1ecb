/**
 * Where a Bauta stands. Anonymized frames leave only in `running`; in `arming` and `degraded` the output
 * shows the slate, in `blocked` and `closed` it has ended.
 */
export type State = 'idle' | 'arming' | 'running' | 'degraded' | 'blocked' | 'closed';

/** What can happen to it. */
export type Happening =
  /** A camera was attached, or a first frame given. */
  | 'begin'
  /** A frame was anonymized. */
  | 'frame'
  /** The camera's frames have another size. */
  | 'resize'
  /** A frame was not anonymized, or none was for too long. */
  | 'fault'
  /** The camera ended. */
  | 'end'
  /** No engine is left that could be tried. */
  | 'exhausted'
  | 'close';

const ANYWHERE = { exhausted: 'blocked', close: 'closed' } as const;

/** What is not listed changes nothing. There is no way out of `blocked` but `closed`, and none out of that. */
const NEXT: Readonly<Record<State, Partial<Readonly<Record<Happening, State>>>>> = {
  idle: { ...ANYWHERE, begin: 'arming' },
  arming: { ...ANYWHERE, frame: 'running', fault: 'degraded', end: 'idle' },
  running: { ...ANYWHERE, begin: 'arming', resize: 'arming', fault: 'degraded', end: 'idle' },
  degraded: { ...ANYWHERE, begin: 'arming', frame: 'running', end: 'idle' },
  blocked: { close: 'closed' },
  closed: {},
};

/** The state after something happened. */
export const after = (state: State, happening: Happening): State => NEXT[state][happening] ?? state;

/** Whether nothing more can leave. */
export const hasEnded = (state: State): boolean => state === 'blocked' || state === 'closed';

/** Remembers the state and tells of every change. */
export class Machine {
  #state: State = 'idle';
  readonly #onChange: (state: State) => void;

  constructor(onChange: (state: State) => void) {
    this.#onChange = onChange;
  }

  get state(): State {
    return this.#state;
  }

  /** Takes note of what happened and gives the state after it. */
  apply(happening: Happening): State {
    const next = after(this.#state, happening);
    if (next !== this.#state) {
      this.#state = next;
      this.#onChange(next);
    }
    return next;
  }
}
