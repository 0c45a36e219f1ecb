import type { AuditLog } from './audit.js';
import type { Card, EngineKind } from './engine.js';
import type { EncodeSettings, EncodedTotal, EncodedVideo } from './encoding.js';
import type { Fault } from './faults.js';
import type { BudgetOptions, Ledger, MosaicOptions } from './ledger.js';
import type { Size } from './slate.js';
import type { State } from './state.js';
import type { Stats } from './stats.js';

/** Where the files are that an engine is loaded from. */
export interface Sources {
  /** Absolute URL of the folder with `wasm/` and `models/`, with a slash at its end. */
  readonly base: string;
  /** Absolute URL of the model without its ending: `.json` is the card, `.bpk` the weights; or a mosaic. */
  readonly model: string | MosaicOptions;
  readonly allowSoftwareGpu: boolean;
}

/** A camera as the gate gets it: its frames, or its track, which the gate then stops. */
export type Camera = ReadableStream<VideoFrame> | MediaStreamTrack;

/** What the page asks of the gate, the worker that all frames pass through. */
export type GateCommand =
  | {
      readonly type: 'load';
      readonly sources: Sources;
      /** Engines to try, the best first. */
      readonly candidates: readonly EngineKind[];
      readonly slate: string;
      readonly deadlineMs: number;
      readonly frozenMs: number;
      /** The only mode that is wanted; missing: any. */
      readonly mode?: string | undefined;
      /** What is shown while the model cannot; missing: the slate. */
      readonly meanwhile?: MosaicOptions | undefined;
      readonly budget?: BudgetOptions | undefined;
    }
  | {
      readonly type: 'run';
      readonly route: number;
      readonly camera: Camera;
      /** Where the output goes; where it is missing, the gate makes a track for it. */
      readonly screen?: WritableStream<VideoFrame>;
      readonly size: Size;
    }
  | {
      /** As `run`, from and to ports that frames are handed over by. */
      readonly type: 'stream';
      readonly route: number;
      /** Whether the frames are a camera's: then their end is a fault. */
      readonly isCamera: boolean;
      readonly input: MessagePort;
      readonly output: MessagePort;
      readonly size: Size;
    }
  /** Another camera for the same output, or none for now; `page` where its frames come by the page as before. */
  | { readonly type: 'turn'; readonly route: number; readonly camera: Camera | 'page' | null }
  /** Ends the output; the engine stays. */
  | { readonly type: 'detach'; readonly route: number }
  | { readonly type: 'process'; readonly frame: VideoFrame }
  /** Another model, as `Sources` names one. */
  | { readonly type: 'switch'; readonly model: Sources['model'] }
  | { readonly type: 'encode'; readonly sink: WritableStream<EncodedVideo>; readonly settings: EncodeSettings }
  | { readonly type: 'log' }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'eraseLog' }
  | { readonly type: 'stop' };

/** What the gate answers to each. */
export interface GateAnswers {
  load: EngineReport;
  /** The output's track, where the gate had to make it. */
  run: MediaStreamTrack | undefined;
  stream: undefined;
  /** Answered once the camera before is read no more. */
  turn: undefined;
  /** Answered once the output has ended. */
  detach: undefined;
  process: VideoFrame;
  /** Answered once the new model's engine has taken the old one's place. */
  switch: EngineReport;
  /** Answered once the encoded output has ended. */
  encode: EncodedTotal;
  log: AuditLog;
  note: undefined;
  eraseLog: undefined;
  /** Answered once the output has ended, with the log of all of it. */
  stop: AuditLog;
}

/** What the gate tells unasked. `route` is that of the last `run`, `stream` or `detach` that has been carried out. */
export type GateEvent =
  | { readonly event: 'state'; readonly state: State; readonly route: number }
  | { readonly event: 'stats'; readonly stats: Stats; readonly ledgers: readonly Ledger[] }
  | { readonly event: 'engine'; readonly engine: EngineReport }
  | { readonly event: 'error'; readonly fault: Fault; readonly route: number };

/** What the gate asks of the engine's worker. */
export type EngineCommand =
  | {
      readonly type: 'open';
      readonly kind: EngineKind;
      readonly base: string;
      readonly weights: Uint8Array;
      readonly card: string;
      readonly mosaic?: string;
      readonly ledger: string;
      readonly allowSoftwareGpu: boolean;
    }
  | { readonly type: 'anonymize'; readonly frame: VideoFrame };

/** What the engine's worker answers to each. */
export interface EngineAnswers {
  open: { readonly adapter: string; readonly card: Card };
  anonymize: VideoFrame;
}

/** What the engine's worker tells unasked. */
export type EngineEvent =
  /** It broke, and is of no use any more. */
  | { readonly event: 'lost'; readonly fault: Fault }
  /** Something was released: the ledger in numbers, as JSON. */
  | { readonly event: 'ledger'; readonly ledger: string };

/** An engine that was not used, and the sentence that says why. */
export interface PassedOver {
  /** The engine that was not used. */
  readonly kind: EngineKind;
  /** Why not, as a sentence. */
  readonly why: string;
}

/** The engine in use. */
export interface EngineReport {
  /** Which engine it is. */
  readonly kind: EngineKind;
  /** What it runs on, for people to read. */
  readonly adapter: string;
  /** Better engines that were tried and not used. */
  readonly passedOver: readonly PassedOver[];
  /** The model's card. */
  readonly card: Card;
  /** Milliseconds from nothing to a tested engine. */
  readonly loadMs: number;
}

/** A command on its way, and the reply to it. */
export interface Envelope<Command> {
  readonly id: number;
  readonly command: Command;
}

export type Reply =
  | { readonly id: number; readonly ok: true; readonly answer: unknown }
  | { readonly id: number; readonly ok: false; readonly fault: Fault };
