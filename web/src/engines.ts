import { Canary } from './canary.js';
import type { Counting } from './counting.js';
import { readCard } from './engine-file.js';
import type { Card } from './engine-file.js';
import { EngineHost } from './engine-host.js';
import type { Model, Workshop } from './engine-host.js';
import { BautaError, unloaded } from './faults.js';
import { MODEL_FILE, fetchFile, readManifest, sha256 } from './files.js';
import type { EngineReport, GateCommand, Sources } from './protocol.js';
import { newSampler } from './thumbnail.js';

/** What {@link Engines} needs. */
export interface EnginesOptions {
  readonly spawn: () => Workshop;
  readonly load: Extract<GateCommand, { readonly type: 'load' }>;
  /** Another engine than before shows frames from now on. */
  readonly onUse: (engine: EngineReport, model: Model) => void;
  /** No engine is left. */
  readonly onExhausted: (fault: BautaError) => void;
  /** Throws where nothing may be opened any more. */
  readonly mustLive: () => void;
}

/** The engine of the model in use, what stands in for it, and what both have released. */
export class Engines {
  readonly #options: EnginesOptions;
  #main: EngineHost | undefined;
  /** Shows frames while the model's own engine cannot. */
  #standIn: EngineHost | undefined;
  #used: EngineReport | undefined;
  #counting: Counting | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: EnginesOptions) {
    this.#options = options;
  }

  /** Opens what was asked for; gives the model's own engine. */
  async open(): Promise<EngineReport> {
    const { sources, meanwhile } = this.#options.load;
    if (meanwhile) {
      this.#standIn = await this.#hostOf({ ...sources, model: meanwhile });
      void this.#standIn.arm().catch(() => undefined); // there still is the slate
    }
    this.#main = await this.#hostOf(sources);
    return this.#main.arm();
  }

  get load(): EnginesOptions['load'] {
    return this.#options.load;
  }

  get isReady(): boolean {
    return this.#shower()?.isReady ?? false;
  }

  /** Anonymizes a frame, which it may transfer elsewhere, with the model or what stands in for it. */
  anonymize(raw: VideoFrame): Promise<VideoFrame> {
    return this.#with(this.#shower(), raw);
  }

  /** Anonymizes a frame with the model; waits for its engine. */
  async process(raw: VideoFrame): Promise<VideoFrame> {
    if (this.#main?.isReady === false) await this.#main.arm();
    return this.#with(this.#main, raw);
  }

  /** Changes the model, one at a time, in the order asked for. */
  change(model: Sources['model']): Promise<EngineReport> {
    const mine = this.#turn.then(() => this.#changeTo(model));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** What was released and has been spent. */
  get counted(): Pick<Counting, 'read' | 'forLog'> | undefined {
    return this.#counting;
  }

  close(): void {
    for (const each of [this.#main, this.#standIn, this.#counting]) each?.close();
  }

  /**
   * F3, make before break: the engine in use goes on until the next one has passed its self-test, and finishes the
   * frames it has. Where there is none to take its place, it stays.
   */
  async #changeTo(model: Sources['model']): Promise<EngineReport> {
    const next = await this.#hostOf({ ...this.#options.load.sources, model });
    const engine = await next.arm();
    const before = this.#main;
    try {
      this.#options.mustLive();
    } catch (cause) {
      next.close();
      throw cause;
    }
    this.#main = next;
    this.#use(next);
    await before?.retire();
    return engine;
  }

  /** A host of a model's engine, or of a mosaic's, that is not armed yet. What counts releases is loaded where any are. */
  async #hostOf(sources: Sources): Promise<EngineHost> {
    const { spawn, load: { candidates, deadlineMs, mode, meanwhile, budget }, onExhausted, mustLive } = this.#options;
    mustLive();
    const model = await fetchModel(sources);
    const card: Partial<Card> = model.card ? readCard(model.card) : {}; // a mosaic has none
    const found = card.mode ?? 'mosaic';
    const isCounted = found !== 'learned';
    if (sources.model !== meanwhile && (mode ?? found) !== found) throw new BautaError('bad-model', `the model is of mode ${found}, not ${String(mode)}; name another`);
    const modes = isCounted || card.config?.architecture ? await loadModes() : undefined;
    if (isCounted) this.#counting ??= await modes?.Counting.open(budget);
    // A bound may be meant for what shows meanwhile; else what it does not bind is refused, whatever was shown before.
    const payer = (budget?.mu ?? budget?.epsilon) === undefined ? this.#counting : meanwhile;
    if (budget && !isCounted && !payer) throw new BautaError('bad-model', `the model is of mode ${found}, and spends no budget; name another`);
    mustLive(); // or an engine's worker would begin when all others have ended
    const host: EngineHost = new EngineHost({
      spawn,
      model,
      candidates,
      frameLimitMs: Math.max(10_000, 10 * deadlineMs),
      canary: () => modes?.canaryFor(model) ?? new Canary(newSampler()),
      books: isCounted ? this.#counting : undefined,
      onEngine: () => {
        if (this.#main === host) this.#use(host);
      },
      onExhausted: (fault) => {
        if (this.#main === host) onExhausted(fault);
      },
    });
    return host;
  }

  #shower(): EngineHost | undefined {
    return this.#standIn?.isReady && !this.#main?.isReady ? this.#standIn : this.#main;
  }

  #with(host: EngineHost | undefined, raw: VideoFrame): Promise<VideoFrame> {
    if (host === undefined) return Promise.reject(new BautaError('frame-failed', 'no engine is ready; wait for one'));
    this.#use(host);
    return host.anonymize(raw);
  }

  #use({ report, model }: EngineHost): void {
    if (report === undefined || report === this.#used) return;
    this.#used = report;
    this.#options.onUse(report, model);
  }
}

/** What only some modes need: downloaded where they are used. */
const loadModes = () => import('./modes.js').catch(unloaded);

/** Fetches card and weights. Whether they belong together is for the engine to say. A mosaic has none. */
const fetchModel = async ({ base, model, allowSoftwareGpu }: Sources): Promise<Model> => {
  const common = { base, allowSoftwareGpu, known: await readManifest(base) };
  if (typeof model !== 'string') return { ...common, ...(await (await loadModes()).mosaicParts(model)) };
  const [card, weights] = await Promise.all([
    fetchFile(`${model}.json`, base, MODEL_FILE),
    fetchFile(`${model}.bpk`, base, MODEL_FILE),
  ]);
  const hashes = { card: await sha256(card), weights: await sha256(weights) };
  return { ...common, hashes, card: new TextDecoder().decode(card), weights: new Uint8Array(weights) };
};
