/**
 * The upload guard: refuses to send, record or encode video that no Bauta made.
 *
 * It is for mistakes, of one's own code or of a library: someone wires the camera's track to the network
 * (fail-closed rule F16). It covers the page it is put on in, and there `RTCPeerConnection.addTrack`,
 * `addTransceiver` and `addStream`, `RTCRtpSender.replaceTrack`, `MediaRecorder` and `VideoEncoder.encode`.
 *
 * It is no wall against hostile script, and there are ways out that it does not see:
 * - script of the same origin that ran before it and kept the browser's functions, or that loads the
 *   package's own modules
 * - other realms: the functions of an iframe, and whatever a worker encodes or sends
 * - pixels that are read back (a canvas, WebGL, WebGPU, `ImageCapture`, `VideoFrame.copyTo`) and sent as bytes
 * - encoded frames that are put into a connection by a transform
 * - what was sent before it was put on, and sound, of which it lets everything pass
 *
 * What it does not know it refuses, though it be harmless: the screen, a video element, a canvas. The track
 * of `canvas.captureStream()` is refused where it would leave, for nobody can say what was drawn on the canvas;
 * {@link vouchFor} says so.
 */
import { brand, isBranded } from './brand.js';
import { BautaError } from './faults.js';

/** Video that no Bauta made was about to leave. It did not. */
export class RawUploadError extends BautaError {
  /** Its name, also where minifying has changed that of its class. */
  override readonly name = 'RawUploadError';
  /** The call that was refused, as `RTCPeerConnection.addTrack`. */
  readonly way: string;

  constructor(way: string) {
    super(
      'raw-upload',
      `${way} was given video that no Bauta made, so it may show people as they are; give it the track of ` +
        'openCamera() or attach(), a clone of it made with the guard on, or a frame of processFrame()',
    );
    this.way = way;
  }
}

/** How the upload guard is put on. */
export interface GuardOptions {
  /** Told of each refusal, with the error that the caller gets too. */
  readonly onViolation?: (violation: RawUploadError) => void;
}

/**
 * Puts the guard on; the function that comes back takes it off. With several on, each is told of a refusal,
 * and the last to go takes the guard off.
 *
 * While it is on, a guarded call throws a {@link RawUploadError}, or rejects with it where it gives a promise,
 * unless its video came from `openCamera()`, `attach()`, `transformStream()` or `processFrame()`, was read from such a track with a
 * `MediaStreamTrackProcessor`, or is a clone of one of these. Clones and processors are known if they were made
 * while the guard was on, so put it on first. Nothing is known any more that was transferred, or made anew with
 * `new VideoFrame()`.
 */
export const guardUploads = (options: GuardOptions = {}): (() => void) => {
  const guard = { ...options };
  if (guards.size === 0) unwrap = wrapAll();
  guards.add(guard);
  isOn = true;
  return () => {
    if (!guards.delete(guard) || guards.size > 0) return;
    isOn = false;
    unwrap();
  };
};

/**
 * Lets a track or frame pass that no Bauta made: the caller answers for what it shows. For a canvas on which
 * only anonymized video is drawn, or for a screen that is meant to be shared.
 */
export const vouchFor = <Made extends MediaStreamTrack | VideoFrame>(made: Made): Made => brand(made);

const guards = new Set<GuardOptions>();
let isOn = false;
let unwrap: () => void;

/** Kept while nothing else has run, as what the guard asks must not be what a page put in its place. */
const { apply, construct, defineProperty, get, getOwnPropertyDescriptor } = Reflect;
const { some } = Array.prototype;

type Native = (...args: unknown[]) => unknown;
type IsRaw = (self: unknown, args: readonly unknown[]) => boolean;
type Handler = ProxyHandler<Native>;

/** Of the browser's interfaces those that this browser has. */
type Scope = Partial<Pick<typeof globalThis, Interface>> & { readonly MediaStreamTrackProcessor?: { prototype: object } };
type Interface =
  | 'MediaRecorder'
  | 'MediaStream'
  | 'MediaStreamTrack'
  | 'ReadableStreamDefaultReader'
  | 'RTCPeerConnection'
  | 'RTCRtpSender'
  | 'VideoEncoder'
  | 'VideoFrame';

/** Wraps every way out, and what hands a brand on; what comes back puts the originals there again. */
const wrapAll = (): (() => void) => {
  const scope: Scope = globalThis;
  const connection = scope.RTCPeerConnection?.prototype;
  const { isRawTrack, isRawStream } = judges(scope);
  const streamOf = getter(scope.MediaRecorder?.prototype, 'stream');
  const isRawRecorder: IsRaw = (recorder) => isRawStream(ask(streamOf, recorder));
  const isGivenRawTrack: IsRaw = (_, args) => isRawTrack(args[0]);
  const isGivenRawStream: IsRaw = (_, args) => isRawStream(args[0]);
  const undo = [
    wrap(connection, 'addTrack', refusing('RTCPeerConnection.addTrack', isGivenRawTrack)),
    wrap(connection, 'addTransceiver', refusing('RTCPeerConnection.addTransceiver', isGivenRawTrack)),
    wrap(connection, 'addStream', refusing('RTCPeerConnection.addStream', isGivenRawStream)),
    wrap(scope.RTCRtpSender?.prototype, 'replaceTrack', rejecting('RTCRtpSender.replaceTrack', isGivenRawTrack)),
    wrap(scope, 'MediaRecorder', refusing('MediaRecorder', isGivenRawStream)),
    // The tracks that are recorded are those the stream has now, not those it was given with.
    wrap(scope.MediaRecorder?.prototype, 'start', refusing('MediaRecorder.start', isRawRecorder)),
    wrap(scope.VideoEncoder?.prototype, 'encode', refusing('VideoEncoder.encode', (_, args) => !isBranded(args[0]))),
    wrap(scope.MediaStreamTrack?.prototype, 'clone', keepingBrand),
    wrap(scope.VideoFrame?.prototype, 'clone', keepingBrand),
    wrap(scope.MediaStream?.prototype, 'clone', cloningEach(scope)),
    wrap(scope, 'MediaStreamTrackProcessor', brandingFrames(scope)),
  ];
  return () => {
    for (const restore of undo) restore();
  };
};

/** Puts `handler` before the function that `owner` has by that name, if it has one; what comes back undoes that. */
const wrap = (owner: object | undefined, name: string, handler: Handler): (() => void) => {
  const before = owner && getOwnPropertyDescriptor(owner, name);
  if (owner === undefined || typeof before?.value !== 'function') return () => undefined;
  const wrapped = new Proxy(before.value as Native, handler);
  defineProperty(owner, name, { ...before, value: wrapped });
  return () => {
    // Where a script has wrapped it again, that stays, and ours lets everything pass.
    if (get(owner, name) === wrapped) defineProperty(owner, name, before);
  };
};

const refusing = (way: string, isRaw: IsRaw): Handler => ({
  apply(native, self, args) {
    if (isOn && isRaw(self, args)) throw told(way);
    return apply(native, self, args);
  },
  construct(native, args, made) {
    if (isOn && isRaw(undefined, args)) throw told(way);
    return construct(native, args, made) as object;
  },
});

const rejecting = (way: string, isRaw: IsRaw): Handler => ({
  apply: (native, self, args) => (isOn && isRaw(self, args) ? Promise.reject(told(way)) : apply(native, self, args)),
});

/** The error of a refusal, after all who want to know have been told. */
const told = (way: string): RawUploadError => {
  const violation = new RawUploadError(way);
  for (const { onViolation } of guards) {
    try {
      onViolation?.(violation);
    } catch (cause) {
      reportError(cause);
    }
  }
  return violation;
};

/** What is neither a track nor a stream is not raw: the browser refuses it, or takes it as the name of a kind. */
const judges = (scope: Scope): { isRawTrack: (thing: unknown) => boolean; isRawStream: (thing: unknown) => boolean } => {
  const kind = getter(scope.MediaStreamTrack?.prototype, 'kind');
  const getVideoTracks = method(scope.MediaStream?.prototype, 'getVideoTracks');
  const isForeign = (track: unknown): boolean => !isBranded(track);
  return {
    isRawTrack: (thing) => ask(kind, thing) === 'video' && isForeign(thing),
    isRawStream: (thing) => apply(some, (ask(getVideoTracks, thing) ?? []) as unknown[], [isForeign]),
  };
};

const keepingBrand: Handler = {
  apply(native, self, args) {
    const copy = apply(native, self, args) as VideoFrame;
    return isBranded(self) ? brand(copy) : copy;
  },
};

/**
 * The browser would clone a stream's tracks past the wrapped `MediaStreamTrack.clone`, and not say which became
 * which. So that one, which is wrapped already, is called for each.
 */
const cloningEach = ({ MediaStream: Stream, MediaStreamTrack: Track }: Scope): Handler => {
  const getTracks = method(Stream?.prototype, 'getTracks');
  const cloneTrack = method(Track?.prototype, 'clone');
  return {
    apply(native, self, args) {
      const tracks = ask(getTracks, self) as MediaStreamTrack[] | undefined;
      if (Stream === undefined || tracks === undefined) return apply(native, self, args);
      return new Stream(tracks.map((track) => apply(cloneTrack, track, []) as MediaStreamTrack));
    },
  };
};

/** A processor of a branded track gives branded frames. */
const brandingFrames = (scope: Scope): Handler => {
  const readable = getter(scope.MediaStreamTrackProcessor?.prototype, 'readable');
  const read = method(scope.ReadableStreamDefaultReader?.prototype, 'read');
  return {
    construct(native, args, made) {
      const init = args[0] as { readonly track?: unknown } | undefined;
      const track = init?.track; // read once: a getter might give another track the second time
      const processor = construct(native, [{ __proto__: init, track }], made) as object;
      if (!isBranded(track)) return processor;
      const frames = (apply(readable, processor, []) as ReadableStream<VideoFrame>).getReader();
      const branded = new ReadableStream<VideoFrame>(
        {
          async pull(controller) {
            const { value } = (await apply(read, frames, [])) as ReadableStreamReadResult<VideoFrame>;
            if (value) controller.enqueue(brand(value));
            else controller.close();
          },
          cancel: (reason) => frames.cancel(reason),
        },
        { highWaterMark: 0 }, // no frame is fetched before it is asked for, so none grows old here
      );
      defineProperty(processor, 'readable', { value: branded, enumerable: true, configurable: true });
      return processor;
    },
  };
};

/** What `native` answers of `thing`; nothing where it is not for things like that. */
const ask = (native: Native, thing: unknown): object | string | undefined => {
  try {
    return apply(native, thing, []) as object | string;
  } catch {
    return undefined;
  }
};

const missing: Native = () => undefined;

const getter = (owner: object | undefined, name: string): Native =>
  (owner && getOwnPropertyDescriptor(owner, name)?.get) ?? missing;

const method = (owner: object | undefined, name: string): Native =>
  (owner && (getOwnPropertyDescriptor(owner, name)?.value as Native | undefined)) ?? missing;
