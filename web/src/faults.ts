/** Stable names for what can go wrong. The sentence beside a code may change, the code may not. */
export type FaultCode =
  /** The browser lacks something Bauta cannot do without. */
  | 'unsupported'
  /** No GPU can be used: no WebGPU, no adapter, or only an emulated one. */
  | 'no-webgpu'
  /** The GPU is gone; the engine must be loaded again in a fresh worker. */
  | 'device-lost'
  /** The model's files are not where they were looked for. */
  | 'model-missing'
  /** Weights and card do not belong together, or are of a newer version. */
  | 'bad-model'
  /** The engine's own files are missing, altered or of another version. */
  | 'bad-engine-file'
  /** A ledger cannot be opened or kept, or its budget makes no sense. */
  | 'bad-ledger'
  /** The privacy budget is spent: the slate is shown from now on. */
  | 'budget-spent'
  /** The engine computes something else than the model's card says. */
  | 'self-test-failed'
  /** A running engine's output was its input, blank, or stale. */
  | 'canary-failed'
  /** One frame could not be anonymized. */
  | 'frame-failed'
  /** No anonymized frame was made for longer than the deadline, or the camera's picture stands still. */
  | 'stalled'
  /** The engine's worker broke once too often. */
  | 'engine-lost'
  /** The user or the system refused the camera. */
  | 'camera-refused'
  /** There is no camera, or none that can do what was asked. */
  | 'no-camera'
  /** Another program holds the camera, or it broke. */
  | 'camera-busy'
  /** The camera stopped: unplugged, or its permission withdrawn. */
  | 'camera-ended'
  /** This Bauta has a camera already. */
  | 'busy'
  /** None of the codecs that were asked for can be encoded here. */
  | 'no-encoder'
  /** The output could not be encoded any more; it goes on where it is not. */
  | 'encode-failed'
  /** Video that no Bauta made was about to leave, and the upload guard is on. */
  | 'raw-upload'
  /** The stream was detached from its Bauta, which goes on. */
  | 'detached'
  /** This Bauta was closed. */
  | 'closed';

/** What Bauta throws: a code to branch on, a sentence to read. */
export class BautaError extends Error {
  /** Its name, also where minifying has changed that of its class. */
  override readonly name: string = 'BautaError';
  /** What kind of fault it is, to branch on. */
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** F11: this browser cannot do what was asked. Bauta never answers that with the untouched picture. */
export class UnsupportedError extends BautaError {
  /** Its name, also where minifying has changed that of its class. */
  override readonly name: string = 'UnsupportedError';
  /** What is missing, by the name of the browser's interface. */
  readonly missing: readonly string[];

  constructor(code: 'unsupported' | 'no-webgpu', message: string, missing: readonly string[] = []) {
    super(code, message);
    this.missing = missing;
  }
}

export const detached = (): BautaError => new BautaError('detached', 'the stream was detached from its Bauta');

export const closed = (): BautaError => new BautaError('closed', 'this Bauta was closed; create another one');

/** What loading a script of the package ends with where it fails; browsers name the script in the cause. */
export const unloaded = (cause: unknown): never => {
  const { message } = asFault(cause, 'bad-engine-file');
  throw new BautaError('bad-engine-file', `${message}; serve all files of the package unchanged`, { cause });
};

/** A fault as it travels between page and worker. */
export interface Fault {
  readonly code: FaultCode;
  readonly message: string;
}

/** What went wrong, as a `BautaError`; what is none already becomes `code`. */
export const asFault = (cause: unknown, code: FaultCode): BautaError => {
  if (cause instanceof BautaError) return cause;
  return new BautaError(code, cause instanceof Error ? cause.message : String(cause), { cause });
};
