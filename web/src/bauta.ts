import type { AuditLog } from './audit.js';
import { attachers, brand } from './brand.js';
import { openCamera, usable } from './capture.js';
import { Client } from './client.js';
import type { EncodeOptions, EncodedTotal, EncodedVideo } from './encoding.js';
import { BautaError, UnsupportedError, closed, detached, unloaded } from './faults.js';
import type { Ledger, MosaicOptions } from './ledger.js';
import { newListeners } from './listeners.js';
import type { BautaEvents } from './listeners.js';
import { baseOf, checkOptions, loadCommand, modelUrl } from './options.js';
import type { BautaOptions } from './options.js';
import { passagesOf } from './passage.js';
import type { OpenPassage, Passage, Pipeline } from './passage.js';
import type { EngineReport, GateAnswers, GateCommand, GateEvent } from './protocol.js';
import type { BautaReport } from './report.js';
import { checkedSize } from './slate.js';
import type { Size } from './slate.js';
import { after, hasEnded } from './state.js';
import type { State } from './state.js';
import { Tally } from './stats.js';
import type { Stats } from './stats.js';
import { support } from './support.js';
import type { Found } from './support.js';

/** Ends what runs through a Bauta, from the page's side; `why` is missing where its input has ended by itself. */
type End = (why?: BautaError) => void;

const STOP_LIMIT_MS = 500;

/**
 * A video anonymizer: one camera in, one anonymized track out. Nothing of the camera's picture leaves it
 * but through the model; where there is no anonymized frame there is the slate.
 */
export class Bauta {
  /** Settles when an engine is loaded and tested, or cannot be. Tracks need not wait for it. */
  readonly ready: Promise<EngineReport>;
  readonly #gate: Worker;
  readonly #client: Client<GateCommand, GateAnswers, GateEvent>;
  readonly #listeners = newListeners();
  readonly #why: string;
  readonly #base: string;
  readonly #pipeline: Pipeline;
  readonly #openPassage: OpenPassage;
  #state: State = 'idle';
  #stats: Stats = new Tally().read(0);
  #ledgers: readonly Ledger[] = [];
  #engine: EngineReport | null = null;
  #error: BautaError | null = null;
  #endRoute: End | undefined;
  /** The way of the camera in use; a stream of the app's own has none. */
  #passage: Passage | undefined;
  /** Settles when the gate has begun, or refused, what was started last. */
  #started: Promise<unknown> | undefined;
  /** Counts what was run or detached: what the gate tells of an earlier one is old news. */
  #route = 0;
  #isOpening = false;
  /** Settles when encoders that were asked for have been asked of the gate: an output that begins after them waits. */
  #encodersCome: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;
  #lastLog: AuditLog | undefined;

  /**
   * Starts the anonymizer; the engine is loaded meanwhile, see `ready`.
   *
   * Throws an `UnsupportedError` where this browser cannot run it, and a `TypeError` for options that
   * make no sense.
   */
  static async create(options: BautaOptions = {}): Promise<Bauta> {
    checkOptions(options);
    const { engine, pipeline, missing, why } = await support(options);
    if (engine === null || pipeline === null) {
      throw new UnsupportedError(missing.includes('WebGPU') ? 'no-webgpu' : 'unsupported', why, missing);
    }
    const openPassage = await passagesOf(pipeline);
    options.signal?.throwIfAborted();
    return new Bauta(options, { engine, pipeline, why }, openPassage);
  }

  private constructor(options: BautaOptions, { engine, pipeline, why }: Found, openPassage: OpenPassage) {
    this.#why = why;
    this.#pipeline = pipeline;
    this.#openPassage = openPassage;
    attachers.set(this, (track) => {
      if (pipeline === 'worker') throw new UnsupportedError('unsupported', 'here a track takes a moment; use attach()');
      return this.#attach(track) as MediaStreamTrack;
    });
    this.#base = baseOf(options);
    this.#gate = new Worker(new URL('./gate-worker.js', import.meta.url), { type: 'module', name: 'bauta gate' });
    this.#client = new Client(
      this.#gate,
      (event) => { this.#hear(event); },
      (fault) => { this.#giveUp(fault); },
    );
    this.ready = this.#client.send<'load'>(loadCommand(options, engine));
    this.ready.catch(() => undefined); // told as an error event too
    options.signal?.addEventListener('abort', () => void this.close(), { once: true, signal: this.#closing.signal });
  }

  /** Where it stands; `on('state')` tells of changes. */
  get state(): State {
    return this.#state;
  }

  /**
   * Opens the camera and gives the anonymized track. It exists at once and shows the slate until the first
   * anonymized frame. F14: the camera's own track is not handed out, and no microphone is asked for.
   *
   * Throws a `BautaError`: `camera-refused`, `no-camera`, `camera-busy`, or why no engine can be used.
   */
  async openCamera(constraints: MediaTrackConstraints | true = true): Promise<MediaStreamTrack> {
    this.#mustBeFree();
    const camera = await this.#opening(() => openCamera(constraints), (late) => { late.stop(); });
    try {
      return await this.#run(camera);
    } catch (cause) {
      camera.stop();
      throw cause;
    }
  }

  /**
   * Anonymizes a track that the app has, in the same way. The track is taken over: it is stopped when the
   * output ends. Muting or stopping it mutes or ends the output; in Safari it is given away to a worker and the app's
   * own has ended, so mute and stop the output there.
   *
   * Throws a `BautaError`: `camera-ended`, `busy`, or why no engine can be used.
   */
  attach(track: MediaStreamTrack): Promise<MediaStreamTrack> {
    return new Promise((resolve) => { resolve(this.#attach(track)); });
  }

  /**
   * A transform for frames that the app has, instead of a track: frames in, anonymized frames and slates out. The
   * slate comes at once, in `size` (pixels) until the first frame. Each frame that is written is taken over and
   * closed; those read are the app's to close. It holds back who writes too fast. Closing the writable ends the
   * readable; breaking off either breaks off the other.
   *
   * Rejects with a `BautaError`: `busy`, or why no engine can be used; and with a `TypeError` for a size that is none.
   */
  async transformStream(size: Size = { width: 640, height: 480 }): Promise<ReadableWritablePair<VideoFrame, VideoFrame>> {
    const asked = checkedSize(size);
    this.#mustBeFree();
    const { openFrameStream } = await this.#opening(() => import('./frame-port.js').catch(unloaded));
    const { readable, writable, input, output, fail } = openFrameStream(brand);
    const route = this.#begin((why) => { if (why) fail(why); });
    void this.#start({ type: 'stream', route, isCamera: false, input, output, size: asked }, [input, output]);
    return { readable, writable };
  }

  /**
   * Encodes what leaves from now on, anonymized frames and slates, and writes the chunks to `sink`. It may be asked for
   * before the output begins, and needs one: `openCamera`, `attach` or `transformStream`. A `sink` that is too slow
   * costs frames, not memory. When the output ends, for whatever reason, `sink` is closed and the promise settles.
   *
   * Rejects with a `BautaError`, `no-encoder`, `encode-failed` or `closed`, and aborts `sink` with it; or with what
   * `sink` or `signal` failed with; and with a `TypeError` for options that make no sense. The output goes on in any
   * case.
   */
  async encodeTo(sink: WritableStream<EncodedVideo>, options: EncodeOptions = {}): Promise<EncodedTotal> {
    const loading = import('./encoding.js').catch(unloaded);
    this.#encodersCome = Promise.allSettled([this.#encodersCome, loading]);
    const { encodeTo } = await loading;
    return encodeTo(sink, options, async (relay, settings) => {
      this.#mustLive();
      return this.#client.send<'encode'>({ type: 'encode', sink: relay, settings }, [relay]);
    });
  }

  /**
   * Changes the camera; the output goes on, and so do those who have it. `next` is what to ask for, or a track of the
   * app's own, which is taken over: where this throws, it is stopped. The camera before is stopped once the next is
   * open; where both cannot be open at once, as on many phones, it is stopped first. A next one that is slow to give
   * frames is waited for behind the slate.
   *
   * Throws a `BautaError`: `no-camera` where none is in use, `busy` where one is being opened already, `detached` where
   * the output ended meanwhile, or as `openCamera` and `attach`. The camera before then stays, unless it had to be
   * stopped: then the output ends.
   */
  async useCamera(next: MediaTrackConstraints | MediaStreamTrack | true = true): Promise<void> {
    this.#mustLive();
    const [passage, route, started] = [this.#passage, this.#route, this.#started];
    if (passage === undefined) throw new BautaError('no-camera', 'no camera is in use; open one first');
    if (this.#isOpening) throw busy();
    const goesOn = (): boolean => this.#passage === passage;
    const turn = async (camera: MediaStreamTrack | null): Promise<void> => {
      await started; // or the change would come before what it changes
      if (!goesOn()) throw detached();
      await passage.turn(camera, (camera, transfer) => this.#client.send<'turn'>({ type: 'turn', route, camera }, transfer));
    };
    await this.#opening(async () => {
      const { changeCamera } = await import('./camera-change.js').catch(unloaded);
      await changeCamera(next, { goesOn, turn, end: () => this.detach() });
    });
  }

  /** Ends the output, then stops the camera, and keeps the engine: another track can be attached at once. */
  async detach(): Promise<void> {
    if (this.#endRoute === undefined) return;
    const freed = this.#client.send<'detach'>({ type: 'detach', route: ++this.#route });
    this.#end(detached());
    this.#become(after(this.#state, 'end'));
    await freed.catch(() => undefined); // closed or blocked meanwhile: that has ended it too
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
   * Changes the model: `model` as in the options, a mosaic too. The one in use goes on until the next is loaded and tested,
   * so no slate is shown and no frame is lost. What was released before stays in the ledger.
   *
   * Throws a `BautaError` where the next cannot be used (`model-missing`, `bad-model`, ...); the one in use stays.
   */
  async useModel(model: string | MosaicOptions): Promise<EngineReport> {
    this.#mustLive();
    await this.ready;
    return this.#client.send<'switch'>({ type: 'switch', model: modelUrl(model, this.#base) });
  }

  /** Calls `listener` from now on; the function that comes back ends that. */
  on<Name extends keyof BautaEvents>(event: Name, listener: (detail: BautaEvents[Name]) => void): () => void {
    return this.#listeners.on(event, listener);
  }

  /** Everything that can be said now. */
  report(): BautaReport {
    return {
      state: this.#state,
      why: this.#why,
      pipeline: this.#pipeline,
      engine: this.#engine,
      card: this.#engine?.card ?? null,
      stats: this.#stats,
      ledgers: this.#ledgers,
      error: this.#error,
    };
  }

  /**
   * F17: the audit log so far, to be kept or exported as JSON; after `close()`, all of it. It holds settings, states,
   * faults, counts and hashes, and nothing of any picture. It lives in this page's memory and goes nowhere by itself.
   */
  async log(): Promise<AuditLog> {
    return this.#lastLog ?? this.#client.send<'log'>({ type: 'log' });
  }

  /** Adds a sentence of the app's own to the log, such as why an upload was refused; a thousand characters of it. */
  note(text: string): void {
    this.#client.send<'note'>({ type: 'note', text }).catch(() => undefined); // there is no log any more
  }

  /** Erases the log. The new one begins with how many entries were erased. */
  async eraseLog(): Promise<void> {
    if (this.#lastLog === undefined) await this.#client.send<'eraseLog'>({ type: 'eraseLog' });
    this.#lastLog = undefined;
  }

  /** Ends the output, then stops the camera, then ends the workers. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#become('closed');
    this.#closing.abort();
    const stopped = this.#client.send<'stop'>({ type: 'stop' }).then(
      (log) => { this.#lastLog = log; },
      () => undefined, // the gate is broken: its log is lost
    );
    await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, STOP_LIMIT_MS))]);
    this.#end(closed());
    this.#client.fail(closed());
    this.#gate.terminate();
  }

  /** What `open` gives, and nothing else is opened meanwhile; given to `leave` where this was closed before it came. */
  async #opening<Opened>(open: () => Promise<Opened>, leave: (late: Opened) => void = () => undefined): Promise<Opened> {
    this.#isOpening = true;
    try {
      const opened = await open();
      if (hasEnded(this.#state)) leave(opened);
      this.#mustLive();
      return opened;
    } finally {
      this.#isOpening = false;
    }
  }

  #attach(track: MediaStreamTrack): MediaStreamTrack | Promise<MediaStreamTrack> {
    this.#mustBeFree();
    return this.#run(usable(track));
  }

  /** The output, or the promise of one where the gate makes it. */
  #run(camera: MediaStreamTrack): MediaStreamTrack | Promise<MediaStreamTrack> {
    const passage = this.#openPassage(camera);
    this.#passage = passage;
    const route = this.#begin(() => { passage.end(); });
    const begun = this.#started = this.#start({ ...passage.command, route }, passage.transfer);
    if (passage.track) return brand(passage.track);
    return begun.then((track) => {
      if (track === undefined) throw this.#error ?? closed();
      passage.track = track;
      if (this.#passage !== passage) passage.end();
      return brand(track);
    });
  }

  /** Notes that something runs, how to end it, and its number; who is told of it may end it at once. */
  #begin(end: End): number {
    this.#endRoute = end;
    const route = ++this.#route;
    this.#become(after(this.#state, 'begin'));
    return route;
  }

  async #start(command: Extract<GateCommand, { readonly type: 'run' | 'stream' }>, transfer: Transferable[]): Promise<MediaStreamTrack | undefined> {
    await this.#encodersCome;
    try {
      return await this.#client.send<'run' | 'stream'>(command, transfer);
    } catch (cause) {
      this.#giveUp(cause instanceof BautaError ? cause : closed());
      return undefined;
    }
  }

  #hear(told: GateEvent): void {
    if (this.#state === 'closed') return;
    switch (told.event) {
      case 'state':
        if (told.route < this.#route && told.state !== 'blocked') break;
        this.#become(told.state);
        if (told.state === 'blocked' || told.state === 'idle') this.#end(); // a stream hears from the gate why
        break;
      case 'stats':
        this.#stats = told.stats;
        this.#ledgers = told.ledgers;
        this.#listeners.tell('stats', told.stats);
        break;
      case 'engine':
        this.#engine = told.engine;
        break;
      case 'error':
        if (told.route < this.#route && told.fault.code === 'camera-ended') break;
        this.#error = new BautaError(told.fault.code, told.fault.message);
        this.#listeners.tell('error', this.#error);
        break;
    }
  }

  /** The gate itself does not run: nothing can leave any more. */
  #giveUp(fault: BautaError): void {
    if (hasEnded(this.#state)) return;
    this.#error = fault;
    this.#become('blocked');
    this.#end(fault);
    this.#client.fail(fault);
    this.#gate.terminate();
    this.#listeners.tell('error', fault);
  }

  #end(why?: BautaError): void {
    this.#endRoute?.(why);
    this.#endRoute = this.#passage = undefined;
  }

  #become(state: State): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#listeners.tell('state', state);
  }

  #mustLive(): void {
    if (this.#state === 'closed') throw closed();
    if (this.#state === 'blocked') throw this.#error ?? closed();
  }

  #mustBeFree(): void {
    this.#mustLive();
    if (this.#endRoute || this.#isOpening) throw busy();
  }
}

const busy = (): BautaError =>
  new BautaError('busy', 'this Bauta has a camera already; detach it, or create another one');
