import type { EncodeSettings, EncodedTotal, EncodedVideo } from './encoding.js';
import { BautaError, asFault } from './faults.js';

/** Frames that may be in the encoder or wait to be taken; those that come while so many do are left out. */
const MOST_WAITING = 4;

const BITS_A_PIXEL = 0.1;
const FRAMES_A_SECOND = 30;

type Made = EncodedVideoChunkMetadata | undefined;

/** All that encode one output. */
export class Encoders {
  readonly #all = new Set<OutputEncoder>();

  add(sink: WritableStream<EncodedVideo>, settings: EncodeSettings): OutputEncoder {
    const encoder = new OutputEncoder(sink, settings);
    this.#all.add(encoder);
    void encoder.ended.catch(() => undefined).then(() => this.#all.delete(encoder));
    return encoder;
  }

  offer(frame: VideoFrame): void {
    for (const encoder of this.#all) encoder.offer(frame);
  }

  async end(): Promise<void> {
    await Promise.all([...this.#all].map((encoder) => encoder.end()));
  }
}

/**
 * Encodes what leaves, in the gate: the page sees no picture of it. What cannot be kept up with is left out before it
 * is encoded, as a chunk that is missing later would spoil all until the next key frame.
 */
export class OutputEncoder {
  /** Settles when everything is written, or nobody takes it any more; rejects with a `no-encoder` or `encode-failed` fault. */
  readonly ended: Promise<EncodedTotal>;
  readonly #writer: WritableStreamDefaultWriter<EncodedVideo>;
  readonly #settings: EncodeSettings;
  readonly #resolve: (total: EncodedTotal) => void;
  readonly #reject: (fault: BautaError) => void;
  readonly #total = { frames: 0, keyFrames: 0, dropped: 0 };
  #encoder: VideoEncoder | undefined;
  #size = '';
  #configuring: Promise<void> | undefined;
  #unwritten = 0;
  #keyUs = -Infinity;
  #isEnding = false;
  #isOver = false;

  /** Chunks go to `sink`, which is closed when the output ends. */
  constructor(sink: WritableStream<EncodedVideo>, settings: EncodeSettings) {
    this.#writer = sink.getWriter();
    this.#settings = settings;
    const { promise, resolve, reject } = withResolvers<EncodedTotal>();
    [this.ended, this.#resolve, this.#reject] = [promise, resolve, reject];
    this.ended.catch(() => undefined); // whoever asked is told
    this.#writer.closed.catch(() => { this.#over(); }); // nobody takes it any more
  }

  /** Encodes `frame`, which stays the caller's, or leaves it out. Never throws: the output does not depend on it. */
  offer(frame: VideoFrame): void {
    if (this.#isEnding || this.#isOver) return;
    try {
      const size = `${String(frame.displayWidth)}x${String(frame.displayHeight)}`;
      if (this.#configuring !== undefined) this.#total.dropped++;
      else if (size !== this.#size) this.#configure(frame.clone(), size);
      else this.#encode(frame);
    } catch (cause) {
      this.#fail(asFault(cause, 'encode-failed'));
    }
  }

  /** The output has ended: writes what is still being encoded, then closes the sink. */
  async end(): Promise<void> {
    if (this.#isEnding) {
      await this.ended.catch(() => undefined);
      return;
    }
    this.#isEnding = true;
    try {
      await this.#configuring;
      if (this.#isOver) return;
      if (this.#encoder?.state === 'configured') await this.#encoder.flush();
      await this.#writer.close();
    } catch (cause) {
      this.#fail(asFault(cause, 'encode-failed'));
    }
    this.#over();
  }

  /** Sets the encoder up for frames like `first`, and encodes that; those that come meanwhile are left out. */
  #configure(first: VideoFrame, size: string): void {
    const settle = async (): Promise<void> => {
      try {
        const config = await supported(this.#settings, first);
        if (this.#isOver) return;
        this.#encoder ??= new VideoEncoder({
          output: (chunk, metadata) => { this.#write(chunk, metadata); },
          error: (cause) => { this.#fail(asFault(cause, 'encode-failed')); },
        });
        this.#encoder.configure(config);
        this.#size = size;
        this.#keyUs = -Infinity;
        this.#encode(first);
      } catch (cause) {
        this.#fail(asFault(cause, 'encode-failed'));
      } finally {
        first.close();
        this.#configuring = undefined;
      }
    };
    this.#configuring = settle();
  }

  #encode(frame: VideoFrame): void {
    if (this.#encoder === undefined) return;
    if (this.#encoder.encodeQueueSize + this.#unwritten >= MOST_WAITING) {
      this.#total.dropped++;
      return;
    }
    const keyFrame = frame.timestamp - this.#keyUs >= this.#settings.keyFrameEveryMs * 1000;
    if (keyFrame) this.#keyUs = frame.timestamp;
    this.#encoder.encode(frame, { keyFrame });
  }

  #write(chunk: EncodedVideoChunk, metadata: Made): void {
    if (this.#isOver) return;
    this.#unwritten++;
    this.#writer.write({ chunk, metadata: plain(metadata) }).then(
      () => {
        this.#unwritten--;
        this.#total.frames++;
        if (chunk.type === 'key') this.#total.keyFrames++;
      },
      () => { this.#over(); },
    );
  }

  #fail(fault: BautaError): void {
    this.#reject(fault.code === 'no-encoder' ? fault : new BautaError('encode-failed', `the output cannot be encoded any more: ${fault.message}`));
    this.#over();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#encoder?.state === 'configured') this.#encoder.close();
    this.#resolve({ ...this.#total });
  }
}

/** The configuration for frames like `frame` with the first codec that can be encoded here. */
const supported = async ({ codecs, bitrate }: EncodeSettings, frame: VideoFrame): Promise<VideoEncoderConfig> => {
  const { displayWidth: width, displayHeight: height } = frame;
  for (const codec of codecs) {
    const config: VideoEncoderConfig = {
      codec,
      width,
      height,
      bitrate: bitrate ?? Math.round(width * height * FRAMES_A_SECOND * BITS_A_PIXEL),
      framerate: FRAMES_A_SECOND,
      latencyMode: 'realtime',
    };
    const answer = await VideoEncoder.isConfigSupported(config).catch(() => undefined); // it throws for names it cannot read
    if (answer?.supported === true) return config;
  }
  throw new BautaError(
    'no-encoder',
    `this browser encodes none of ${codecs.join(', ')} at ${String(width)}x${String(height)}; name other codecs, or another size of the camera`,
  );
};

/** What may be sent to another thread: a colour space may not. */
const plain = (metadata: Made): EncodedVideoChunkMetadata => {
  const { decoderConfig: config } = metadata ?? {};
  if (config === undefined) return {};
  const { primaries, transfer, matrix, fullRange } = config.colorSpace ?? {};
  const space = { primaries: primaries ?? null, transfer: transfer ?? null, matrix: matrix ?? null, fullRange: fullRange ?? null };
  return { decoderConfig: { ...config, colorSpace: space } };
};

const withResolvers = <Value>() => {
  let [resolve, reject]: [(value: Value) => void, (cause: unknown) => void] = [() => undefined, () => undefined];
  const promise = new Promise<Value>((...both) => { [resolve, reject] = both; });
  return { promise, resolve, reject };
};
