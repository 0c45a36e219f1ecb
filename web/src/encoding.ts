/** What encoded output is, and how it is asked for. */

/** How the output is encoded. */
export interface EncodeOptions {
  /** Codecs to try, the best first, as `VideoEncoder` names them. The first that this browser encodes is taken. */
  readonly codecs?: readonly string[];
  /** Bits in a second. Default: a tenth of a bit for each pixel of 30 frames. */
  readonly bitrate?: number;
  /** The longest time between two key frames, in milliseconds of the output's clock. Default 2000. */
  readonly keyFrameEveryMs?: number;
  /** Ends the encoding when it is aborted; the output goes on. */
  readonly signal?: AbortSignal;
}

/** One encoded frame. The first of all, and each that follows a change of size, is a key frame with a `decoderConfig`. */
export interface EncodedVideo {
  /** The encoded frame; times are in microseconds of the output's clock. */
  readonly chunk: EncodedVideoChunk;
  /** What `VideoEncoder` says of it. */
  readonly metadata: EncodedVideoChunkMetadata;
}

/** What became of the output's frames. */
export interface EncodedTotal {
  /** Frames that were encoded and written. */
  readonly frames: number;
  /** How many of them are key frames. */
  readonly keyFrames: number;
  /** Frames that were left out, because the encoder or who takes its chunks is too slow. */
  readonly dropped: number;
}

/** What the gate is told of the options. */
export type EncodeSettings = Required<Pick<EncodeOptions, 'codecs' | 'keyFrameEveryMs'>> & Pick<EncodeOptions, 'bitrate'>;

/** Free of fees first; what phones encode in hardware last, as a way out. */
const CODECS: readonly string[] = ['vp09.00.41.08', 'vp8', 'avc1.42e028', 'av01.0.08M.08'];

/** Throws a `TypeError` for options that make no sense. */
export const encodeSettings = (options: EncodeOptions): EncodeSettings => {
  const { codecs = CODECS, bitrate, keyFrameEveryMs = 2000 } = options;
  if (codecs.length === 0) throw new TypeError('codecs names no codec; leave it out, or name one as vp8');
  if (bitrate !== undefined && !(bitrate > 0)) throw new TypeError(`bitrate is a number above 0, not ${String(bitrate)}`);
  if (!(keyFrameEveryMs > 0)) throw new TypeError(`keyFrameEveryMs is a number above 0, not ${String(keyFrameEveryMs)}`);
  return { codecs: [...codecs], keyFrameEveryMs, ...(bitrate === undefined ? {} : { bitrate }) };
};

/**
 * The page's part: what `encode` writes to the stream it is given goes on to `sink`. The page keeps that stream, as
 * one that was given away to a worker would hang, neither closed nor aborted, when the worker is gone.
 */
export const encodeTo = async (
  sink: WritableStream<EncodedVideo>,
  options: EncodeOptions,
  encode: (relay: WritableStream<EncodedVideo>, settings: EncodeSettings) => Promise<EncodedTotal>,
): Promise<EncodedTotal> => {
  const settings = encodeSettings(options);
  if (sink.locked) throw new TypeError('the stream to write to is locked: something else writes to it already');
  const { readable, writable } = new TransformStream<EncodedVideo, EncodedVideo>();
  const broken = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, broken.signal]) : broken.signal;
  const written = readable.pipeTo(sink, { signal });
  const encoded = encode(writable, settings).catch((cause: unknown) => {
    broken.abort(cause);
    throw cause;
  });
  const [total] = await Promise.all([encoded, written]);
  return total;
};
