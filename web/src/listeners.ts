import type { BautaError } from './faults.js';
import type { State } from './state.js';
import type { Stats } from './stats.js';

/** What a Bauta tells, by the name it is listened to. */
export interface BautaEvents {
  /** The new state, whenever it changes. */
  state: State;
  /** Counts and times, twice a second while an output runs, and once when it ends. */
  stats: Stats;
  /** What went wrong, once for as long as it lasts. */
  error: BautaError;
}

type Heard<Name extends keyof BautaEvents> = (detail: BautaEvents[Name]) => void;

/** Who listens to what. */
export const newListeners = () => {
  const by: { readonly [Name in keyof BautaEvents]: Set<Heard<Name>> } = { state: new Set(), stats: new Set(), error: new Set() };
  return {
    /** The function that comes back takes it away again. */
    on<Name extends keyof BautaEvents>(event: Name, listener: Heard<Name>): () => void {
      const listeners: Set<Heard<Name>> = by[event];
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },

    /** Tells all of them. What one throws is the app's own fault: nothing that must be done is left undone for it. */
    tell<Name extends keyof BautaEvents>(event: Name, detail: BautaEvents[Name]): void {
      for (const listener of [...by[event]]) {
        try {
          listener(detail);
        } catch (cause) {
          reportError(cause);
        }
      }
    },
  };
};
