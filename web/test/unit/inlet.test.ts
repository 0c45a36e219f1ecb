import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Inlet } from '../../src/inlet.js';
import { cameraFrame, closings, installFakeFrame } from './fake-frame.js';

/** A camera whose frames come when the test says so. */
const camera = () => {
  let out: ReadableStreamDefaultController<VideoFrame> | undefined;
  const cancel = vi.fn<() => void>();
  const stream = new ReadableStream<VideoFrame>({ start: (controller) => { out = controller; }, cancel }, { highWaterMark: 0 });
  return {
    stream,
    cancel,
    give: (frame: VideoFrame) => { out?.enqueue(frame); },
    end: () => { out?.close(); },
    fail: (cause: Error) => { out?.error(cause); },
  };
};

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => { installFakeFrame(); });

describe('an inlet', () => {
  it('gives the frames of the camera in use, and ends with it', async () => {
    const first = camera();
    const reader = new Inlet(first.stream).frames.getReader();
    const frame = cameraFrame(1);
    const read = reader.read();
    first.give(frame);
    expect((await read).value).toBe(frame);
    first.end();
    expect((await reader.read()).done).toBe(true);
  });

  it('closes no frame twice and forgets none where a camera ends in the same breath', async () => {
    const first = camera();
    const reader = new Inlet(first.stream).frames.getReader();
    const read = reader.read();
    await settle();
    const frame = cameraFrame(7);
    first.give(frame);
    first.end();
    const { value } = await read;
    expect(value === frame ? closings(frame) : 1 - closings(frame), 'given to the reader, or closed').toBe(0);
  });

  it('ends with its camera though nobody asks for a frame', async () => {
    const first = camera();
    const reader = new Inlet(first.stream).frames.getReader();
    first.end();
    await reader.closed;
  });

  it('fails with its camera', async () => {
    const first = camera();
    const reader = new Inlet(first.stream).frames.getReader();
    const read = reader.read();
    first.fail(new Error('made to fail'));
    await expect(read).rejects.toThrow('made to fail');
  });

  it('goes over to another camera while a frame is asked for, and gives up the first', async () => {
    const [first, second] = [camera(), camera()];
    const inlet = new Inlet(first.stream);
    const reader = inlet.frames.getReader();
    const read = reader.read();
    await settle();
    expect(inlet.turn(second.stream)).toBe(true);
    expect(first.cancel).toHaveBeenCalledOnce();
    const frame = cameraFrame(2);
    await settle();
    second.give(frame);
    expect((await read).value).toBe(frame);
    second.end();
    expect((await reader.read()).done).toBe(true);
  });

  it('closes a frame that arrives from a camera given up meanwhile', async () => {
    const late = cameraFrame(3);
    const slow = { getReader: () => ({ closed: new Promise(() => undefined), cancel: () => Promise.resolve(), read: () => new Promise((give) => setTimeout(() => { give({ value: late, done: false }); }, 5)) }) };
    const inlet = new Inlet(Object.setPrototypeOf(slow, ReadableStream.prototype) as ReadableStream<VideoFrame>);
    const reader = inlet.frames.getReader();
    const read = reader.read();
    const second = camera();
    await settle();
    inlet.turn(second.stream);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const frame = cameraFrame(4);
    second.give(frame);
    expect((await read).value).toBe(frame);
    expect(closings(late)).toBe(1);
  });

  it('waits, neither ended nor failed, while it has no camera', async () => {
    const [first, second] = [camera(), camera()];
    const inlet = new Inlet(first.stream);
    const reader = inlet.frames.getReader();
    const read = reader.read();
    inlet.turn(null);
    expect(first.cancel).toHaveBeenCalledOnce();
    expect(await Promise.race([read, settle()])).toBeUndefined();
    inlet.turn(second.stream);
    const frame = cameraFrame(5);
    await settle();
    second.give(frame);
    expect((await read).value).toBe(frame);
  });

  it('gives up a camera that comes when all is over', async () => {
    const [first, second] = [camera(), camera()];
    const inlet = new Inlet(first.stream);
    await inlet.frames.cancel('enough');
    expect(first.cancel).toHaveBeenCalledOnce();
    expect(inlet.turn(second.stream)).toBe(false);
    expect(second.cancel).toHaveBeenCalledOnce();
  });

  it('stops the tracks that were given to it, each when another takes its place', () => {
    const stop = vi.fn();
    const tracks = [0, 1].map((number) => ({ stop: () => { stop(number); } }) as unknown as MediaStreamTrack);
    vi.stubGlobal('MediaStreamTrackProcessor', class { readonly readable = camera().stream; });
    const inlet = new Inlet(tracks[0]!);
    inlet.turn(tracks[1]!);
    expect(stop.mock.calls).toEqual([[0]]);
    inlet.stop();
    expect(stop.mock.calls).toEqual([[0], [1]]);
    vi.unstubAllGlobals();
  });
});
