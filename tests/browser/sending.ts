/** Runs in the page: encoded video sent to a server, and what the server got decoded and looked at. */
import type { EncodedVideo } from '../../web/src/index.js';
import { look } from './watch.js';
import type { Seen } from './watch.js';

/** A chunk as one message: the length of its head, the head, the data. */
const packed = ({ chunk, metadata }: EncodedVideo): Uint8Array<ArrayBuffer> => {
  const { type, timestamp } = chunk;
  const head = new TextEncoder().encode(JSON.stringify({ type, timestamp, config: metadata.decoderConfig ?? null }));
  const message = new Uint8Array(4 + head.length + chunk.byteLength);
  new DataView(message.buffer).setUint32(0, head.length);
  message.set(head, 4);
  chunk.copyTo(message.subarray(4 + head.length));
  return message;
};

/** Sends each chunk in a POST of its own, and waits until it is taken. */
export const byPost = (): WritableStream<EncodedVideo> =>
  new WritableStream({
    async write(video) {
      const { ok } = await fetch('/upload/http', { method: 'POST', body: packed(video) });
      if (!ok) throw new Error('the server refused a chunk');
    },
  });

/** Sends each chunk as a message of a WebSocket. */
export const bySocket = async (): Promise<WritableStream<EncodedVideo>> => {
  const socket = new WebSocket(new URL('/upload/socket', location.href));
  await new Promise((resolve, reject) => { [socket.onopen, socket.onerror] = [resolve, reject]; });
  return new WritableStream({
    write(video) { socket.send(packed(video)); },
    close: () => new Promise((resolve) => {
      socket.onclose = () => { resolve(); };
      socket.close(); // says goodbye after all that was sent
    }),
  });
};

export interface Arrived extends Seen {
  readonly type: EncodedVideoChunkType;
}

/** What the pictures show that the server received, decoded in their order. */
export const arrived = async (way: 'http' | 'socket', count: number): Promise<Arrived[]> => {
  const [types, looks]: [EncodedVideoChunkType[], Promise<Seen>[]] = [[], []];
  let failure: Error | undefined;
  const decoder = new VideoDecoder({
    output: (frame) => { looks.push(look(frame).finally(() => { frame.close(); })); },
    error: (cause) => { failure = cause; },
  });
  for (let at = 0; at < count; at++) {
    const message = await (await fetch(`/upload/${way}/${String(at)}`)).arrayBuffer();
    const length = new DataView(message).getUint32(0);
    const head = JSON.parse(new TextDecoder().decode(message.slice(4, 4 + length))) as {
      type: EncodedVideoChunkType;
      timestamp: number;
      config: VideoDecoderConfig | null;
    };
    if (head.config) decoder.configure(head.config);
    decoder.decode(new EncodedVideoChunk({ type: head.type, timestamp: head.timestamp, data: message.slice(4 + length) }));
    types.push(head.type);
  }
  await decoder.flush();
  if (failure) throw failure;
  const seen = await Promise.all(looks);
  return seen.map((one, at) => ({ ...one, type: types[at] ?? 'delta' }));
};

/** The control: the camera as it is, encoded in the page, until `count` frames were written. */
export const sendRaw = async (camera: MediaStreamTrack, sink: WritableStream<EncodedVideo>, bitrate: number, count: number): Promise<void> => {
  const writer = sink.getWriter();
  const written: Promise<void>[] = [];
  const encoder = new VideoEncoder({
    output: (chunk, metadata = {}) => { written.push(writer.write({ chunk, metadata })); },
    error: (cause) => { void writer.abort(cause); },
  });
  encoder.configure({ codec: 'vp09.00.41.08', width: 640, height: 480, bitrate, framerate: 30, latencyMode: 'realtime' });
  const scope = globalThis as unknown as {
    MediaStreamTrackProcessor: new (init: { track: MediaStreamTrack }) => { readable: ReadableStream<VideoFrame> };
  };
  const reader = new scope.MediaStreamTrackProcessor({ track: camera }).readable.getReader();
  for (let at = 0; at < count; at++) {
    const { value: frame } = await reader.read();
    if (frame) encoder.encode(frame);
    frame?.close();
  }
  camera.stop();
  await encoder.flush();
  await Promise.all(written);
  await writer.close();
};
