import { beforeEach, describe, expect, it } from 'vitest';
import { BautaError } from '../../src/faults.js';
import { frameSink, frameSource } from '../../src/frame-port.js';
import type { FramePort } from '../../src/frame-port.js';
import { FakeFrame, cameraFrame, closings, installFakeFrame } from './fake-frame.js';

interface FakePort extends FramePort {
  readonly sent: object[];
}

/** Two ports whose messages arrive when `deliver` is called, and not before. */
const pair = () => {
  const inbox: [FakePort, unknown][] = [];
  const port = (other: () => FakePort): FakePort => {
    const sent: object[] = [];
    return { sent, onmessage: null, postMessage: (message) => { sent.push(message as object); inbox.push([other(), message]); } };
  };
  const near: FakePort = port(() => far);
  const far: FakePort = port(() => near);
  const deliver = async (): Promise<void> => {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const [to, data] = inbox.shift() ?? [];
      if (to === undefined) return;
      to.onmessage?.({ data } as MessageEvent);
    }
  };
  return { near, far, deliver };
};

const rig = () => {
  const { near, far, deliver } = pair();
  const [sink, source] = [frameSink(near), frameSource(far)];
  return { near, far, deliver, sink, writer: sink.writable.getWriter(), source, reader: source.readable.getReader() };
};

const why = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'none', (cause: unknown) => cause);

beforeEach(() => { installFakeFrame(); });

describe('a stream of frames through a port', () => {
  it('hands frames on in their order, one for each that is asked for, and ends', async () => {
    const { near, deliver, writer, reader } = rig();
    const frames = [cameraFrame(0), cameraFrame(1), cameraFrame(2)];
    for (const frame of frames) writer.write(frame).catch(() => undefined);
    await deliver();
    expect(near.sent, 'nothing was asked for').toEqual([]);
    for (const frame of frames) {
      const read = reader.read();
      await deliver();
      expect((await read).value).toBe(frame);
    }
    expect(near.sent).toHaveLength(3);
    const [closed, read] = [writer.close(), reader.read()];
    await deliver();
    await closed;
    expect((await read).done).toBe(true);
    expect(frames.map(closings), 'the reader closes what it read').toEqual([0, 0, 0]);
  });

  it('asks for no more than are read, though several reads wait', async () => {
    const { far, deliver, writer, reader } = rig();
    await deliver(); // both streams have started
    const reads = [reader.read(), reader.read()];
    writer.write(cameraFrame()).catch(() => undefined);
    await deliver();
    await reads[0];
    expect(far.sent).toHaveLength(2);
    void reader.cancel().catch(() => undefined);
  });

  it('closes a frame that is under way when the reader gives up, and tells the writer', async () => {
    const { deliver, writer, reader } = rig();
    const [frame, late] = [cameraFrame(0), cameraFrame(1)];
    void reader.read();
    await deliver();
    await writer.write(frame);
    const waits = why(writer.write(late));
    await reader.cancel('seen enough');
    await deliver();
    expect([frame, late].map(closings)).toEqual([1, 1]);
    await waits;
    expect(await why(writer.closed)).toBe('seen enough');
  });

  it('closes what waits, once, when the writer gives up, and tells the reader', async () => {
    const { deliver, writer, reader } = rig();
    const frames = [cameraFrame(0), cameraFrame(1), cameraFrame(2)];
    const writes = frames.map((frame) => why(writer.write(frame)));
    const read = why(reader.read());
    await writer.abort(new BautaError('closed', 'over'));
    await deliver();
    expect(frames.map(closings)).toEqual([1, 1, 1]);
    await Promise.all(writes);
    expect(await read).toMatchObject({ name: 'BautaError', code: 'closed', message: 'over' });
  });

  it('breaks off when it is told to, whichever end', async () => {
    for (const end of ['sink', 'source'] as const) {
      const parts = rig();
      const frame = cameraFrame();
      const written = why(parts.writer.write(frame));
      parts[end].fail('gone');
      await parts.deliver();
      await written;
      expect([await why(parts.reader.read()), await why(parts.writer.closed), closings(frame)]).toEqual(['gone', 'gone', 1]);
    }
    expect(FakeFrame.made.filter(({ closed }) => closed !== 1)).toEqual([]);
  });
});
