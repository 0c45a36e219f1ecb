import type { Watch } from './canary.js';
import { Client } from './client.js';
import type { Port } from './client.js';
import type { EngineKind } from './engine.js';
import { BautaError, asFault, closed } from './faults.js';
import type { Manifest } from './files.js';
import type { EngineAnswers, EngineCommand, EngineEvent, EngineReport, PassedOver } from './protocol.js';

/** A worker as the host sees it. */
export interface Workshop extends Port {
  terminate(): void;
}

/** The bytes and texts that engines are opened with, fetched once. */
export interface Model {
  readonly base: string;
  readonly weights: Uint8Array;
  readonly card: string;
  readonly allowSoftwareGpu: boolean;
  /** Settings of a mosaic, as JSON; then there are no weights and no card. */
  readonly mosaic?: string;
  /** SHA-256 of card and weights, for the log. */
  readonly hashes: { readonly card: string; readonly weights: string };
  /** The package's files. */
  readonly known: Manifest;
}

/** F18: what has been released, for all engines of a Bauta. */
export interface Books {
  /** How the next engine's ledger begins, as JSON. */
  readonly opening: string;
  /** Takes note of a ledger in numbers, as JSON. */
  enter(ledger: string): void;
  /** Settles when what was entered is kept. */
  kept(): Promise<void>;
}

/** What an {@link EngineHost} needs. */
export interface EngineHostOptions {
  readonly spawn: () => Workshop;
  readonly model: Model;
  /** Engines to try, the best first. */
  readonly candidates: readonly EngineKind[];
  /** How long one frame may take before its engine counts as broken. */
  readonly frameLimitMs: number;
  /** Looks at what one engine makes. */
  readonly canary: () => Watch;
  /** Where releases are entered; what makes none needs no books. */
  readonly books?: Books | undefined;
  readonly onEngine: (report: EngineReport) => void;
  /** No engine is left. */
  readonly onExhausted: (fault: BautaError) => void;
}

type EngineClient = Client<EngineCommand, EngineAnswers, EngineEvent>;

/** A fresh engine after a broken one: so often, until as many good frames as this have passed in a row. */
export const RESPAWNS = 3;
export const REFILL_AFTER_FRAMES = 300;

const LOAD_LIMIT_MS = 120_000;

/**
 * Keeps an engine running in a worker of its own. F4, F5: an engine that fails at anything is never used again:
 * its worker is ended, with whatever it held, and a fresh one takes its place, a bounded number of times;
 * then the next kind of engine is tried.
 */
export class EngineHost {
  readonly #options: EngineHostOptions;
  readonly #candidates: EngineKind[];
  readonly #passedOver: PassedOver[] = [];
  #engine: { readonly client: EngineClient; readonly worker: Workshop; readonly canary: Watch } | undefined;
  /** Ends the worker that an engine is being opened in. */
  #giveUpOpening: ((fault: BautaError) => void) | undefined;
  #arming: Promise<EngineReport> | undefined;
  #respawnsLeft = RESPAWNS;
  #goodFrames = 0;
  #closed = false;
  /** The budget is spent: nothing more is asked of any engine. */
  #spent: BautaError | undefined;
  #report: EngineReport | undefined;
  #last = new BautaError('engine-lost', 'no engine was allowed; name webgpu, cpu or auto');
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: EngineHostOptions) {
    this.#options = options;
    this.#candidates = [...options.candidates];
  }

  get isReady(): boolean {
    return this.#engine !== undefined && this.#spent === undefined;
  }

  /** The engine that was opened last. */
  get report(): EngineReport | undefined {
    return this.#report;
  }

  get model(): Model {
    return this.#options.model;
  }

  /** Opens the best engine that works. Rejects with the last one's fault if none does. */
  arm(): Promise<EngineReport> {
    if (this.#spent) return Promise.reject(this.#spent);
    this.#arming ??= this.#open().finally(() => { this.#arming = undefined; });
    return this.#arming;
  }

  /** Anonymizes one frame, which is transferred to the engine. Frames take turns. */
  anonymize(raw: VideoFrame): Promise<VideoFrame> {
    const mine = this.#turn.then(() => this.#anonymize(raw));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** Closes once the frames that were given to it are through. */
  async retire(): Promise<void> {
    await this.#turn;
    this.close();
  }

  close(): void {
    this.#closed = true;
    const fault = closed();
    this.#giveUpOpening?.(fault);
    this.#discard(fault);
  }

  async #open(): Promise<EngineReport> {
    const began = performance.now();
    for (let kind = this.#candidates[0]; kind !== undefined && !this.#closed; kind = this.#candidates[0]) {
      try {
        const opened = await this.#openOne(kind);
        const loadMs = performance.now() - began;
        this.#report = { kind, ...opened, passedOver: [...this.#passedOver], loadMs };
        this.#options.onEngine(this.#report);
        return this.#report;
      } catch (cause) {
        this.#last = asFault(cause, 'bad-engine-file');
        if (this.#last.code === 'bad-model' || this.#last.code === 'bad-ledger') break; // no engine can open it
        this.#passOver(this.#last.message);
      }
    }
    if (!this.#closed) this.#options.onExhausted(this.#last);
    throw this.#last;
  }

  async #openOne(kind: EngineKind): Promise<EngineAnswers['open']> {
    const worker = this.#options.spawn();
    const client: EngineClient = new Client(
      worker,
      (told) => {
        if (told.event === 'ledger') this.#options.books?.enter(told.ledger);
        else this.#lose(client, new BautaError(told.fault.code, told.fault.message));
      },
      (fault) => { this.#lose(client, fault); },
    );
    const { hashes: _, known: __, ...assets } = this.#options.model;
    const ledger = this.#options.books?.opening ?? '{}';
    this.#giveUpOpening = (fault) => { client.fail(fault); }; // which ends the worker, below
    try {
      const sent = client.send<'open'>({ type: 'open', kind, ledger, ...assets });
      const opened = await within(sent, LOAD_LIMIT_MS, `the ${kind} engine did not open`);
      if (this.#closed) throw closed();
      this.#engine = { client, worker, canary: this.#options.canary() };
      return opened;
    } catch (cause) {
      worker.terminate();
      throw cause;
    } finally {
      this.#giveUpOpening = undefined;
    }
  }

  async #anonymize(raw: VideoFrame): Promise<VideoFrame> {
    const engine = this.#engine;
    if (engine === undefined) throw new BautaError('frame-failed', 'no engine is ready; wait for one');
    try {
      const check = engine.canary.look(raw);
      const sent = engine.client.send<'anonymize'>({ type: 'anonymize', frame: raw }, [raw]);
      const made = await within(sent, this.#options.frameLimitMs, 'the engine did not finish a frame');
      try {
        check(made);
        await this.#options.books?.kept();
      } catch (cause) {
        made.close();
        throw cause;
      }
      this.#goodFrames++;
      if (this.#goodFrames >= REFILL_AFTER_FRAMES) this.#respawnsLeft = RESPAWNS;
      return made;
    } catch (cause) {
      const fault = asFault(cause, 'frame-failed');
      if (fault.code === 'budget-spent') this.#spent = fault;
      else this.#lose(engine.client, fault);
      throw fault;
    }
  }

  /** Ends a broken engine and opens another. */
  #lose(client: EngineClient, fault: BautaError): void {
    if (this.#engine?.client !== client) {
      client.fail(fault); // it broke while it opened, or is gone already
      return;
    }
    this.#discard(fault);
    this.#goodFrames = 0;
    if (this.#closed) return;
    if (this.#respawnsLeft > 0) {
      this.#respawnsLeft--;
    } else {
      this.#passOver(`it broke ${String(RESPAWNS + 1)} times, at last because ${fault.message}`);
      this.#respawnsLeft = RESPAWNS;
    }
    if (this.#candidates.length > 0) void this.arm().catch(() => undefined); // onExhausted tells
    else this.#options.onExhausted(exhausted(fault));
  }

  #passOver(why: string): void {
    const kind = this.#candidates.shift();
    if (kind !== undefined) this.#passedOver.push({ kind, why });
  }

  #discard(fault: BautaError): void {
    this.#engine?.client.fail(fault);
    this.#engine?.worker.terminate();
    this.#engine = undefined;
  }
}

const exhausted = (fault: BautaError): BautaError =>
  new BautaError(
    'engine-lost',
    `the engine broke ${String(RESPAWNS + 1)} times, at last because ${fault.message}; reload the page to try again`,
    { cause: fault },
  );

/** What `promise` gives, unless that takes longer than `limitMs`. */
const within = async <T>(promise: Promise<T>, limitMs: number, what: string): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const fault = new BautaError('stalled', `${what} within ${String(limitMs)} ms`);
    timer = setTimeout(() => { reject(fault); }, limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};
