import { brand } from './brand.js';
import { framesOf, newTrack, openCamera, sizeOf } from './capture.js';
import { Client } from './client.js';
import type { Card } from './engine.js';
import { BautaError, UnsupportedError } from './faults.js';
import type { EngineReport, GateAnswers, GateCommand, GateEvent } from './protocol.js';
import { SLATE_COLOUR, colourOf } from './slate.js';
import { after } from './state.js';
import type { State } from './state.js';
import { Tally } from './stats.js';
import type { Stats } from './stats.js';
import { support } from './support.js';
import type { EngineChoice, Support } from './support.js';

/** How a Bauta is made. */
export interface BautaOptions {
  /** Name of a model in `assetBase`'s folder `models/`, or the URL of one, without its ending. */
  readonly model?: string;
  /** `auto` takes the GPU where there is a real one that passes its self-test, else the processor. */
  readonly engine?: EngineChoice;
  /** Also take a GPU that is emulated on the processor. It is slower than the CPU engine; for tests. */
  readonly allowSoftwareGpu?: boolean;
  /** URL of the folder with `wasm/` and `models/`. Default: where the package's own script lies. */
  readonly assetBase?: string | URL;
  /** Colour of the slate, `#rrggbb`. */
  readonly slate?: string;
  /** How long the output may stand still before the slate replaces it, in milliseconds. Default 1000. */
  readonly deadlineMs?: number;
  /**
   * How long the camera may give the same picture, to the last bit, before the slate replaces it, in milliseconds.
   * Default 5000; `Infinity` for sources that may stand still. A picture of one colour may always.
   */
  readonly frozenMs?: number;
  /** Closes the Bauta when it is aborted. */
  readonly signal?: AbortSignal;
}

/** What a Bauta tells, by the name it is listened to. */
export interface BautaEvents {
  state: State;
  stats: Stats;
  error: BautaError;
}

/** What can be said of a Bauta now. */
export interface BautaReport {
  readonly state: State;
  /** Why this engine: what `support()` said when it was made. */
  readonly why: string;
  /** The engine in use; `null` until one is ready. */
  readonly engine: EngineReport | null;
  /** The model's card; `null` until an engine is ready. */
  readonly card: Card | null;
  readonly stats: Stats;
  /** What went wrong last; `null` where nothing did. */
  readonly error: BautaError | null;
}

type Listeners = { readonly [Name in keyof BautaEvents]: Set<(detail: BautaEvents[Name]) => void> };

const STOP_LIMIT_MS = 500;
const FROZEN_MS = 5000;

/**
 * A video anonymizer: one camera in, one anonymized track out. Nothing of the camera's picture leaves it
 * but through the model; where there is no anonymized frame there is the slate.
 */
export class Bauta {
  /** Settles when an engine is loaded and tested, or cannot be. Tracks need not wait for it. */
  readonly ready: Promise<EngineReport>;
  readonly #gate: Worker;
  readonly #client: Client<GateCommand, GateAnswers, GateEvent>;
  readonly #listeners: Listeners = { state: new Set(), stats: new Set(), error: new Set() };
  readonly #why: string;
  readonly #base: string;
  #state: State = 'idle';
  #stats: Stats = new Tally().read(0);
  #engine: EngineReport | null = null;
  #error: BautaError | null = null;
  #camera: MediaStreamTrack | undefined;
  #output: MediaStreamTrack | undefined;
  #isOpening = false;

  /**
   * Starts the anonymizer; the engine is loaded meanwhile, see `ready`.
   *
   * Throws an `UnsupportedError` where this browser cannot run it, and a `TypeError` for options that
   * make no sense.
   */
  static async create(options: BautaOptions = {}): Promise<Bauta> {
    checkOptions(options);
    const can = await support(options);
    if (can.engine === null) {
      throw new UnsupportedError(can.missing.includes('WebGPU') ? 'no-webgpu' : 'unsupported', can.why, can.missing);
    }
    options.signal?.throwIfAborted();
    return new Bauta(options, can);
  }

  private constructor(options: BautaOptions, can: Support) {
    this.#why = can.why;
    this.#base = baseOf(options);
    this.#gate = new Worker(new URL('./gate-worker.js', import.meta.url), { type: 'module', name: 'bauta gate' });
    this.#client = new Client(
      this.#gate,
      (event) => { this.#hear(event); },
      (fault) => { this.#giveUp(fault); },
    );
    this.ready = this.#client.send<'load'>(loadCommand(options, can));
    this.ready.catch(() => undefined); // told as an error event too
    options.signal?.addEventListener('abort', () => void this.close(), { once: true });
  }

  get state(): State {
    return this.#state;
  }

  /**
   * Opens the camera and gives the anonymized track. It exists at once and shows the slate until the first
   * anonymized frame. The camera's own track is not handed out, and no microphone is asked for.
   *
   * Throws a `BautaError`: `camera-refused`, `no-camera`, `camera-busy`, or why no engine can be used.
   */
  async openCamera(constraints: MediaTrackConstraints | true = true): Promise<MediaStreamTrack> {
    this.#mustBeFree();
    this.#isOpening = true;
    try {
      const camera = await openCamera(constraints);
      try {
        this.#mustLive();
        return this.#run(camera);
      } catch (cause) {
        camera.stop();
        throw cause;
      }
    } finally {
      this.#isOpening = false;
    }
  }

  /**
   * Anonymizes a track that the app has, in the same way. The track is taken over: it is stopped when the
   * output ends. Muting or stopping it mutes or ends the output.
   *
   * Throws a `BautaError`: `camera-ended`, `busy`, or why no engine can be used.
   */
  attach(track: MediaStreamTrack): Promise<MediaStreamTrack> {
    return new Promise((resolve) => {
      this.#mustBeFree();
      if (track.kind !== 'video') throw new TypeError(`a video track is wanted, not one of ${track.kind}`);
      if (track.readyState === 'ended') throw new BautaError('camera-ended', 'the track has ended; attach a live one');
      resolve(this.#run(track));
    });
  }

  /**
   * Anonymizes one frame and gives a new one of its size and time; the caller closes that. `frame` is
   * taken over and closed. Waits for the engine; rejects rather than give anything but an anonymized frame.
   */
  async processFrame(frame: VideoFrame): Promise<VideoFrame> {
    try {
      this.#mustLive();
      await this.ready;
      return brand(await this.#client.send<'process'>({ type: 'process', frame }, [frame]));
    } finally {
      frame.close();
    }
  }

  /**
   * Changes the model: `model` as in the options. The one in use goes on until the next is loaded and tested, so no
   * slate is shown and no frame is lost.
   *
   * Throws a `BautaError` where the next cannot be used (`model-missing`, `bad-model`, ...); the one in use stays.
   */
  async useModel(model: string): Promise<EngineReport> {
    this.#mustLive();
    await this.ready;
    return this.#client.send<'switch'>({ type: 'switch', model: modelUrl(model, this.#base) });
  }

  /** Calls `listener` from now on; the function that comes back ends that. */
  on<Name extends keyof BautaEvents>(event: Name, listener: (detail: BautaEvents[Name]) => void): () => void {
    const listeners = this.#listeners[event];
    listeners.add(listener);
    return () => { listeners.delete(listener); };
  }

  /** Everything that can be said now. */
  report(): BautaReport {
    return {
      state: this.#state,
      why: this.#why,
      engine: this.#engine,
      card: this.#engine?.card ?? null,
      stats: this.#stats,
      error: this.#error,
    };
  }

  /** Ends the output, then stops the camera, then ends the workers. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#become('closed');
    const stopped = this.#client.send<'stop'>({ type: 'stop' }).catch(() => undefined);
    await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, STOP_LIMIT_MS))]);
    this.#end();
    this.#client.fail(closed());
    this.#gate.terminate();
  }

  #run(camera: MediaStreamTrack): MediaStreamTrack {
    const { track, screen } = newTrack();
    const frames = framesOf(camera);
    this.#camera = camera;
    this.#output = track;
    this.#become(after(this.#state, 'begin'));
    const command = { type: 'run', camera: frames, screen, size: sizeOf(camera) } as const;
    this.#client.send<'run'>(command, [frames, screen]).catch((cause: unknown) => {
      this.#giveUp(cause instanceof BautaError ? cause : closed());
    });
    return brand(track);
  }

  #hear(told: GateEvent): void {
    if (this.#state === 'closed') return;
    switch (told.event) {
      case 'state':
        this.#become(told.state);
        if (told.state === 'blocked' || told.state === 'idle') this.#end();
        break;
      case 'stats':
        this.#stats = told.stats;
        this.#emit('stats', told.stats);
        break;
      case 'engine':
        this.#engine = told.engine;
        break;
      case 'error':
        this.#error = new BautaError(told.fault.code, told.fault.message);
        this.#emit('error', this.#error);
        break;
    }
  }

  /** The gate itself does not run: nothing can leave any more. */
  #giveUp(fault: BautaError): void {
    if (this.#state === 'closed' || this.#state === 'blocked') return;
    this.#error = fault;
    this.#become('blocked');
    this.#end();
    this.#gate.terminate();
    this.#emit('error', fault);
  }

  /** The output first: whoever shows it must never be left with a camera that nobody watches over. */
  #end(): void {
    this.#output?.stop();
    this.#camera?.stop();
    this.#output = undefined;
    this.#camera = undefined;
  }

  #become(state: State): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#emit('state', state);
  }

  #emit<Name extends keyof BautaEvents>(event: Name, detail: BautaEvents[Name]): void {
    for (const listener of [...this.#listeners[event]]) listener(detail);
  }

  #mustLive(): void {
    if (this.#state === 'closed') throw closed();
    if (this.#state === 'blocked') throw this.#error ?? closed();
  }

  #mustBeFree(): void {
    this.#mustLive();
    if (this.#camera === undefined && !this.#isOpening) return;
    throw new BautaError('busy', 'this Bauta has a camera already; close it, or create another one');
  }
}

const closed = (): BautaError => new BautaError('closed', 'this Bauta was closed; create another one');

const ENGINES: readonly string[] = ['auto', 'webgpu', 'cpu'] satisfies EngineChoice[];

const checkOptions = ({ engine = 'auto', slate = SLATE_COLOUR, deadlineMs = 1000, frozenMs = FROZEN_MS }: BautaOptions): void => {
  if (!ENGINES.includes(engine)) throw new TypeError(`engine is one of ${ENGINES.join(', ')}, not '${engine}'`);
  if (!(deadlineMs > 0)) throw new TypeError(`deadlineMs is a number above 0, not ${String(deadlineMs)}`);
  if (!(frozenMs > 0)) throw new TypeError(`frozenMs is a number above 0, not ${String(frozenMs)}`);
  colourOf(slate);
};

const loadCommand = (options: BautaOptions, can: Support): Extract<GateCommand, { readonly type: 'load' }> => {
  const { model = 'bauta-s', engine = 'auto', allowSoftwareGpu = false } = options;
  const { slate = SLATE_COLOUR, deadlineMs = 1000, frozenMs = FROZEN_MS } = options;
  const base = baseOf(options);
  const sources = { base, model: modelUrl(model, base), allowSoftwareGpu };
  const isChoice = engine === 'auto' && can.engine === 'webgpu';
  const candidates = isChoice ? (['webgpu', 'cpu'] as const) : can.engine === null ? [] : [can.engine];
  return { type: 'load', sources, candidates, slate, deadlineMs, frozenMs };
};

/** Absolute URL of the folder with `wasm/` and `models/`, with a slash at its end. */
const baseOf = ({ assetBase = new URL('./', import.meta.url) }: BautaOptions): string => {
  const { href } = new URL(assetBase, globalThis.location.href);
  return href.endsWith('/') ? href : `${href}/`;
};

/** Absolute URL of a model without its ending. */
const modelUrl = (model: string, base: string): string => new URL(model, new URL('models/', base)).href;
