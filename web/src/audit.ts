import { sha256 } from './files.js';

/** What an entry is about. */
export type LogKind =
  /** The log begins; after `eraseLog()` it says how many entries were erased. */
  | 'begin'
  /** Settings and model that were asked for. */
  | 'settings'
  /** An engine passed its self-test and is used from now on: its kind, and SHA-256 of its files, the weights and the card. */
  | 'engine'
  /** A camera, or frames of the app's own, were attached. */
  | 'input'
  | 'state'
  | 'fault'
  /** Frames since the input was attached: in, out, slates, withheld; and faults. */
  | 'counts'
  /** Something that the app wanted to be noted. */
  | 'note';

export type LogData = Readonly<Record<string, string | number | boolean | null>>;

/** One entry. */
export interface LogEntry {
  /** Counts up by one from 0. */
  readonly seq: number;
  /** When, in ISO 8601, by the clock of this machine. */
  readonly at: string;
  /** What it is about. */
  readonly kind: LogKind;
  /** What there is to say. */
  readonly data: LogData;
  /** The hash of the entry before; 64 zeros for the first. */
  readonly prev: string;
  /** SHA-256 in hex of the five fields above as JSON, with all keys in alphabetical order. */
  readonly hash: string;
}

/** A log as it is exported: JSON all through, and nothing of any picture. */
export interface AuditLog {
  /** Version of this form. */
  readonly format: 1;
  /** What was left out at the beginning for want of room. */
  readonly dropped: {
    /** How many entries. */
    readonly entries: number;
    /** Hash of the last of them; 64 zeros where there are none. */
    readonly head: string;
  };
  /** The entries, the oldest first. */
  readonly entries: readonly LogEntry[];
}

/** What `verifyLog` found. */
export type LogVerdict =
  | {
      /** It is as it was written. */
      readonly ok: true;
      /** How many entries there are. */
      readonly entries: number;
      /** How many are said to have been left out before them: of those nothing can be said. */
      readonly dropped: number;
      /** Hash of the last entry. */
      readonly head: string;
    }
  | {
      /** It is not as it was written. */
      readonly ok: false;
      /** Place in `entries` of the first that does not fit; -1 for the log as a whole. */
      readonly at: number;
      /** What does not fit, as a sentence. */
      readonly why: string;
    };

const NOTHING = '0'.repeat(64);
/** Seven hours of a call that nothing disturbs. */
const MOST_ENTRIES = 5000;

/**
 * F17: a log in which each entry holds the hash of the one before. Whoever changes, moves or removes an entry has to
 * make all later ones anew: that is seen by whoever has noted a later hash elsewhere, on a server say. Nobody else can
 * see it: what runs in this page can make a whole chain.
 */
export class Chain {
  #entries: LogEntry[] = [];
  #dropped = { entries: 0, head: NOTHING };
  #head = NOTHING;
  #seq = 0;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #most: number;

  /** Keeps the last `most` entries, or up to a quarter less. */
  constructor(most = MOST_ENTRIES) {
    this.#most = most;
    this.note('begin', { erased: 0 });
  }

  /** Adds an entry, in the order of the calls. */
  note(kind: LogKind, data: LogData): void {
    const at = new Date().toISOString();
    this.#after(() => this.#add(at, kind, data));
  }

  /** The log with all that was noted before. */
  async read(): Promise<AuditLog> {
    await this.#turn;
    return { format: 1, dropped: this.#dropped, entries: [...this.#entries] };
  }

  /** Forgets all entries, and begins a new chain that says how many they were. */
  erase(): void {
    const at = new Date().toISOString();
    this.#after(() => {
      const erased = this.#seq;
      [this.#entries, this.#dropped, this.#head, this.#seq] = [[], { entries: 0, head: NOTHING }, NOTHING, 0];
      return this.#add(at, 'begin', { erased });
    });
  }

  #after(act: () => Promise<void>): void {
    this.#turn = this.#turn.then(act);
  }

  async #add(at: string, kind: LogKind, data: LogData): Promise<void> {
    const sealed = { seq: this.#seq++, at, kind, data, prev: this.#head };
    this.#head = await hashOf(sealed);
    this.#entries.push({ ...sealed, hash: this.#head });
    if (this.#entries.length > this.#most) this.#drop(this.#most >> 2);
  }

  #drop(count: number): void {
    const last = this.#entries[count - 1];
    if (last === undefined) return;
    this.#entries = this.#entries.slice(count);
    this.#dropped = { entries: this.#dropped.entries + count, head: last.hash };
  }
}

/** SHA-256 of an entry, in which the order of keys does not count. */
export const hashOf = (sealed: Omit<LogEntry, 'hash'>): Promise<string> => sha256(new TextEncoder().encode(canonical(sealed)));

/** JSON in which every object's keys are in alphabetical order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
