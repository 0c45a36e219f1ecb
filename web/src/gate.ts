import { Chain } from './audit.js';
import type { AuditLog, LogData } from './audit.js';
import { newTrack } from './capture.js';
import { serve } from './client.js';
import type { Port } from './client.js';
import type { Encoders } from './encoder.js';
import type { EncodedTotal } from './encoding.js';
import type { Model, Workshop } from './engine-host.js';
import { Engines } from './engines.js';
import { failClosed } from './fail-closed.js';
import { BautaError, asFault, closed, detached, unloaded } from './faults.js';
import { FrozenWatch } from './frozen.js';
import { Inlet, giveUp } from './inlet.js';
import type { EngineReport, GateAnswers, GateCommand, GateEvent } from './protocol.js';
import { slateOf } from './slate.js';
import type { Size } from './slate.js';
import { Machine, hasEnded } from './state.js';
import { Tally } from './stats.js';
import { newSampler } from './thumbnail.js';

type Load = Extract<GateCommand, { readonly type: 'load' }>;
type Run = Extract<GateCommand, { readonly type: 'run' }>;
type Stream = Extract<GateCommand, { readonly type: 'stream' }>;
type Turn = Extract<GateCommand, { readonly type: 'turn' }>;
type Encode = Extract<GateCommand, { readonly type: 'encode' }>;

/** What an output is made of. */
interface Beginning {
  readonly route: number;
  readonly size: Size;
  readonly isCamera: boolean;
  /** Where the frames come from, if another camera can take its place. */
  readonly inlet?: Inlet;
  readonly frames: ReadableStream<VideoFrame>;
  readonly screen: WritableStream<VideoFrame>;
}

const STATS_EVERY_MS = 500;
/** Counts are logged at every tenth time that they are told. */
const LOG_EVERY = 10;
const LONGEST_NOTE = 1000;

/**
 * All frames pass through here, in a worker of its own, so that neither a busy page nor a broken engine
 * can hold up the slate. The engine works in another worker, which this one ends and replaces.
 */
export class Gate {
  readonly #spawn: () => Workshop;
  readonly #tell: (event: GateEvent) => void;
  readonly #machine: Machine;
  readonly #log = new Chain();
  #tally = new Tally();
  #engines: Engines | undefined;
  #encoders: Encoders | undefined;
  /** Settles when the encoders that were asked for are there: an output that begins after them waits. */
  #encodersCome: Promise<unknown> = Promise.resolve();
  #route = 0;
  #output: { readonly abort: AbortController; readonly ended: Promise<void>; readonly inlet: Inlet | undefined } | undefined;
  #lastFault: BautaError | undefined;

  /** Answers the page's commands on `port`; `spawn` starts a worker for an engine. */
  constructor(port: Port, spawn: () => Workshop) {
    this.#spawn = spawn;
    this.#tell = serve<GateCommand, GateAnswers>(port, {
      load: (command) => this.#load(command),
      run: (command) => this.#run(command),
      stream: (command) => this.#stream(command),
      turn: (command) => { this.#turn(command); },
      detach: ({ route }) => this.#free(route),
      process: ({ frame }) => this.#process(frame),
      switch: ({ model }) => this.#opened().change(model),
      encode: (command) => this.#encode(command),
      log: () => this.#log.read(),
      note: ({ text }) => { this.#log.note('note', { text: text.slice(0, LONGEST_NOTE) }); },
      eraseLog: () => { this.#log.erase(); },
      stop: () => this.#stop(),
    });
    this.#machine = new Machine((state) => {
      if (state === 'running') this.#lastFault = undefined;
      this.#log.note('state', { state });
      this.#tell({ event: 'state', state, route: this.#route });
    });
    let told = 0;
    setInterval(() => {
      const { state } = this.#machine;
      if (state !== 'arming' && state !== 'running' && state !== 'degraded') return;
      this.#tellStats();
      if (++told % LOG_EVERY === 0) this.#logCounts();
    }, STATS_EVERY_MS);
  }

  async #load(load: Load): Promise<EngineReport> {
    const { sources: { model }, candidates, deadlineMs, frozenMs } = load;
    const settings = { engines: candidates.join(', '), deadlineMs, frozenMs: Number.isFinite(frozenMs) ? frozenMs : 'never' };
    this.#log.note('settings', { model: typeof model === 'string' ? model : JSON.stringify(model), ...settings });
    this.#engines = new Engines({
      spawn: this.#spawn,
      load,
      onUse: (engine, model) => { this.#tellEngine(engine, model); },
      onExhausted: (fault) => { this.#block(fault); },
      mustLive: () => { this.#mustLive(); },
    });
    try {
      return await this.#engines.open();
    } catch (cause) {
      const fault = asFault(cause, 'model-missing');
      this.#block(fault);
      throw fault;
    }
  }

  /** The end of frames that the app makes itself is no fault. */
  async #stream({ route, isCamera, input, output, size }: Stream): Promise<undefined> {
    const { frameSink, frameSource } = await import('./frame-port.js').catch(unloaded);
    await this.#begin({ route, size, isCamera, frames: frameSource(input).readable, screen: frameSink(output).writable });
    return undefined;
  }

  async #run({ route, camera, screen, size }: Run): Promise<MediaStreamTrack | undefined> {
    const inlet = new Inlet(camera);
    const { track, writable } = screen ? { track: undefined, writable: screen } : newTrack();
    await this.#begin({ route, size, isCamera: true, inlet, frames: inlet.frames, screen: writable });
    return track;
  }

  /** F3: the frames in hand are finished, the output goes on, and the camera before is given up. */
  #turn({ route, camera }: Turn): void {
    if (camera !== 'page') {
      const inlet = route === this.#route ? this.#output?.inlet : undefined;
      if (inlet === undefined) giveUp(camera);
      if (inlet?.turn(camera) !== true) throw detached();
    }
    this.#log.note('input', { camera: camera ? 'another' : 'none' });
  }

  async #begin({ route, size, isCamera, inlet, frames, screen }: Beginning): Promise<void> {
    await this.#encodersCome;
    await this.#free(route);
    if (route < this.#route) { // it was detached meanwhile
      await this.#leaveOut(frames, screen);
      inlet?.stop();
      return;
    }
    if (this.#machine.state !== 'blocked') this.#lastFault = undefined;
    const { slate, deadlineMs, frozenMs } = this.#opened().load;
    const watch = new FrozenWatch(newSampler(), frozenMs);
    this.#tally = new Tally();
    this.#log.note('input', { ...size });
    const abort = new AbortController();
    const guard = failClosed({
      anonymize: (raw) => this.#opened().anonymize(raw),
      isReady: () => this.#engines?.isReady ?? false,
      isFrozen: (raw, nowMs) => watch.isFrozen(raw, nowMs),
      blank: slateOf(slate),
      machine: this.#machine,
      tally: this.#tally,
      size,
      deadlineMs,
      onFault: (fault) => { this.#report(fault); },
      isOver: () => abort.signal.aborted,
      onLeaving: (frame) => { this.#encoders?.offer(frame); },
    });
    const piped = frames
      .pipeThrough(new TransformStream(guard), { signal: abort.signal })
      .pipeTo(screen, { signal: abort.signal });
    const ended = piped.then(() => undefined, (cause: unknown) => cause).then((cause) => {
      const { aborted } = abort.signal;
      abort.abort(); // a frame may still be with the engine
      inlet?.stop();
      this.#ended(aborted || !isCamera, cause);
    });
    this.#output = { abort, ended, inlet };
    if (hasEnded(this.#machine.state)) abort.abort(this.#lastFault);
  }

  /** Ends what was to become an output, and never was one. */
  async #leaveOut(frames: ReadableStream<VideoFrame>, screen: WritableStream<VideoFrame>): Promise<void> {
    const why = detached();
    await Promise.allSettled([screen.abort(why), frames.cancel(why)]);
  }

  /** Ends the output where there is one. What is told from now on is of `route`. */
  async #free(route: number): Promise<undefined> {
    while (this.#output) {
      this.#output.abort.abort(detached());
      await this.#output.ended;
    }
    this.#route = Math.max(this.#route, route);
    return undefined;
  }

  /** What encodes is downloaded when it is first used. */
  async #encode({ sink, settings }: Encode): Promise<EncodedTotal> {
    const coming = import('./encoder.js').catch(unloaded).then(({ Encoders }) => (this.#encoders ??= new Encoders()).add(sink, settings));
    this.#encodersCome = Promise.allSettled([this.#encodersCome, coming]);
    return (await coming).ended;
  }

  async #process(frame: VideoFrame): Promise<VideoFrame> {
    const { displayWidth: width, displayHeight: height } = frame;
    const beganMs = performance.now();
    this.#tally.framesIn++;
    try {
      if (this.#machine.state === 'idle') this.#machine.apply('begin');
      const made = await this.#opened().process(frame);
      const fits = made.displayWidth === width && made.displayHeight === height;
      if (fits && this.#machine.apply('frame') === 'running') {
        const nowMs = performance.now();
        this.#tally.frame(nowMs - beganMs, nowMs);
        return made;
      }
      made.close();
      throw new BautaError('frame-failed', 'the engine gave a frame of another size, or came too late');
    } catch (cause) {
      const fault = asFault(cause, 'frame-failed');
      this.#tally.faults++;
      this.#machine.apply('fault');
      this.#log.note('fault', { code: fault.code, message: fault.message });
      throw fault;
    } finally {
      frame.close();
    }
  }

  async #stop(): Promise<AuditLog> {
    this.#machine.apply('close');
    this.#output?.abort.abort(closed());
    this.#engines?.close();
    await this.#output?.ended;
    await this.#encoders?.end();
    return this.#log.read();
  }

  /** No engine is left: the output ends. */
  #block(fault: BautaError): void {
    this.#machine.apply('exhausted');
    this.#report(fault);
    this.#output?.abort.abort(fault);
  }

  #tellEngine(engine: EngineReport, { hashes, known }: Model): void {
    const { kind, adapter, card } = engine;
    const folder = `wasm/${card.mode === 'mosaic' ? 'mosaic' : kind === 'webgpu' ? 'gpu' : 'cpu'}`;
    const files = { wasm: known[`${folder}/bauta_bg.wasm`] ?? null, script: known[`${folder}/bauta.js`] ?? null };
    this.#log.note('engine', { kind, adapter, model: card.name, mode: card.mode, ...files, ...hashes });
    this.#tell({ event: 'engine', engine });
  }

  #logCounts(): void {
    const { framesIn, framesOut, slates, withheld, faults } = this.#tally.read(performance.now());
    this.#log.note('counts', { framesIn, framesOut, slates, withheld, faults, ...this.#engines?.counted?.forLog() } satisfies LogData);
  }

  #tellStats(): void {
    this.#tell({ event: 'stats', stats: this.#tally.read(performance.now()), ledgers: this.#engines?.counted?.read() ?? [] });
  }

  /** F13: the output ends with its camera. Waits for nobody: who takes the chunks may be slow, and the camera is to be stopped now. */
  #ended(onPurpose: boolean, cause: unknown): void {
    void this.#encoders?.end();
    this.#tellStats();
    this.#logCounts();
    this.#output = undefined;
    this.#machine.apply('end');
    if (onPurpose) return;
    const why = cause === undefined ? 'it was unplugged, or its permission withdrawn' : asFault(cause, 'camera-ended').message;
    const message = `the camera stopped: ${why}; open it again`;
    this.#report(new BautaError('camera-ended', message));
  }

  /** Tells of a fault, once for as long as it lasts. */
  #report(fault: BautaError): void {
    if (this.#lastFault?.message === fault.message) return;
    this.#lastFault = fault;
    this.#log.note('fault', { code: fault.code, message: fault.message });
    this.#tell({ event: 'error', fault: { code: fault.code, message: fault.message }, route: this.#route });
  }

  #mustLive(): void {
    const { state } = this.#machine;
    if (state === 'closed') throw closed();
    if (state === 'blocked') throw this.#lastFault ?? new BautaError('engine-lost', 'no engine is left');
  }

  #opened(): Engines {
    if (this.#engines) return this.#engines;
    throw new BautaError('frame-failed', 'no engine was asked for');
  }
}
