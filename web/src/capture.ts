import { BautaError } from './faults.js';
import type { Size } from './slate.js';

/** The ends of insertable streams, Chromium's and the standard's, which TypeScript's own library does not declare here. */
interface Ends {
  readonly MediaStreamTrackProcessor: new (init: { track: MediaStreamTrack; maxBufferSize: number }) => {
    readonly readable: ReadableStream<VideoFrame>;
  };
  /** Chromium's, in pages: it is a track. */
  readonly MediaStreamTrackGenerator?: new (init: { kind: 'video' }) => MediaStreamTrack & Omit<Outlet, 'track'>;
  /** The standard's, in workers: it has a track. */
  readonly VideoTrackGenerator: new () => Outlet;
}
const ends = globalThis as unknown as Ends;

/** A new track, and the end that its frames are written to. */
export interface Outlet {
  readonly track: MediaStreamTrack;
  readonly writable: WritableStream<VideoFrame>;
}

/** The frames of a track. One waits at most; a newer one takes its place. */
export const framesOf = (track: MediaStreamTrack): ReadableStream<VideoFrame> =>
  new ends.MediaStreamTrackProcessor({ track, maxBufferSize: 1 }).readable;

export const newTrack = (): Outlet => {
  const { MediaStreamTrackGenerator: Generator } = ends;
  if (Generator === undefined) return new ends.VideoTrackGenerator();
  const track = new Generator({ kind: 'video' });
  return { track, writable: track.writable };
};
/** The size of a track's frames, as far as it is known before the first. */
export const sizeOf = (track: MediaStreamTrack): Size => {
  const { width, height } = track.getSettings();
  return { width: width ?? 640, height: height ?? 480 };
};

/** Asks for the camera, and never for the microphone. */
export const openCamera = async (constraints: MediaTrackConstraints | true): Promise<MediaStreamTrack> => {
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: constraints, audio: false });
  } catch (cause) {
    throw cameraFault(cause);
  }
  const [track] = stream.getVideoTracks();
  if (track) return track;
  throw new BautaError('no-camera', 'the camera gave no video; choose another one');
};

/** `track`, if it can be anonymized. */
export const usable = (track: MediaStreamTrack): MediaStreamTrack => {
  if (track.kind !== 'video') throw new TypeError(`a video track is wanted, not ${track.kind}`);
  if (track.readyState === 'ended') throw new BautaError('camera-ended', 'the track has ended; attach a live one');
  return track;
};

const CAMERA_FAULTS: Readonly<Record<string, readonly ['camera-refused' | 'no-camera' | 'camera-busy', string]>> = {
  NotAllowedError: ['camera-refused', 'the camera was refused; allow it for this page in the browser and try again'],
  SecurityError: ['camera-refused', 'this page may not use the camera; serve it over https and allow it in its frame'],
  NotFoundError: ['no-camera', 'there is no camera; connect one, or attach a track'],
  OverconstrainedError: ['no-camera', 'no camera can do what was asked; ask for another size or frame rate'],
  NotReadableError: ['camera-busy', 'the camera cannot be read; close other programs that use it and try again'],
  AbortError: ['camera-busy', 'the camera did not start; try again'],
};

const cameraFault = (cause: unknown): BautaError => {
  const name = cause instanceof Error || cause instanceof DOMException ? cause.name : '';
  const [code, message] = CAMERA_FAULTS[name] ?? ['camera-busy', `the camera did not start: ${String(cause)}`];
  return new BautaError(code, message, { cause });
};
