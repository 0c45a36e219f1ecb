import type { Card } from './engine.js';
import type { BautaError } from './faults.js';
import type { Ledger } from './ledger.js';
import type { Pipeline } from './passage.js';
import type { EngineReport } from './protocol.js';
import type { State } from './state.js';
import type { Stats } from './stats.js';

/** What can be said of a Bauta now. */
export interface BautaReport {
  /** Where it stands. */
  readonly state: State;
  /** Why this engine: what `support()` said when it was made. */
  readonly why: string;
  /** How frames are taken from a camera's track. */
  readonly pipeline: Pipeline;
  /** The engine in use; `null` until one is ready. */
  readonly engine: EngineReport | null;
  /** The model's card; `null` until an engine is ready. */
  readonly card: Card | null;
  /** Counts and times since the output began. */
  readonly stats: Stats;
  /** What was released and has been spent, of each kind of release; empty where nothing is counted. */
  readonly ledgers: readonly Ledger[];
  /** What went wrong last; `null` where nothing did. */
  readonly error: BautaError | null;
}
