import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failClosed } from '../../src/fail-closed.js';
import type { FailClosedOptions } from '../../src/fail-closed.js';
import type { BautaError } from '../../src/faults.js';
import { slateOf } from '../../src/slate.js';
import { Machine } from '../../src/state.js';
import type { State } from '../../src/state.js';
import { Tally } from '../../src/stats.js';
import { CAMERA, ENGINE, FakeFrame, anonymized, cameraFrame, closings, installFakeFrame, originOf } from './fake-frame.js';

interface Rig {
  readonly out: VideoFrame[];
  readonly faults: BautaError[];
  readonly states: State[];
  readonly machine: Machine;
  readonly tally: Tally;
  /** Gives a frame to the camera's end and waits until it is through. */
  readonly send: (frame: VideoFrame) => Promise<void>;
  readonly end: () => Promise<void>;
}

const rig = (options: Partial<FailClosedOptions> = {}): Rig => {
  const [out, faults, states]: [VideoFrame[], BautaError[], State[]] = [[], [], []];
  const machine = new Machine((state) => states.push(state));
  const tally = new Tally();
  const transform = new TransformStream(
    failClosed({
      anonymize: (raw) => Promise.resolve(anonymized(raw)),
      isReady: () => true,
      isFrozen: () => false,
      blank: slateOf('#102030'),
      machine,
      tally,
      size: { width: 640, height: 480 },
      deadlineMs: 1000,
      onFault: (fault) => faults.push(fault),
      ...options,
    }),
  );
  void transform.readable.pipeTo(new WritableStream({ write: (frame) => { out.push(frame); } }));
  const writer = transform.writable.getWriter();
  return { out, faults, states, machine, tally, send: (frame) => writer.write(frame), end: () => writer.close() };
};

const origins = (frames: VideoFrame[]): string[] => frames.map(originOf);

beforeEach(() => {
  vi.useFakeTimers();
  installFakeFrame();
});
afterEach(() => vi.useRealTimers());

describe('the fail-closed transformer', () => {
  it('sends the slate before anything else', async () => {
    const { out, states } = rig();
    await vi.advanceTimersByTimeAsync(0);
    expect(origins(out)).toEqual(['slate']);
    expect(states).toEqual(['arming']);
  });

  it('sends anonymized frames and closes each camera frame once', async () => {
    const { out, send, tally } = rig();
    const raws = [cameraFrame(0), cameraFrame(33_000), cameraFrame(66_000)];
    for (const raw of raws) await send(raw);
    expect(origins(out)).toEqual(['slate', ENGINE, ENGINE, ENGINE]);
    expect(raws.map(closings)).toEqual([1, 1, 1]);
    expect(tally.read(performance.now())).toMatchObject({ framesIn: 3, framesOut: 3, slates: 1, withheld: 0, faults: 0 });
  });

  it('leaves nothing open but what it sent', async () => {
    const { out, send } = rig();
    for (let index = 0; index < 5; index++) await send(cameraFrame(index * 33_000));
    const open = FakeFrame.made.filter(({ closed }) => closed === 0);
    expect(open).toEqual(out);
    expect(FakeFrame.made.filter(({ closed }) => closed > 1)).toEqual([]);
  });

  const faults: Record<string, FailClosedOptions['anonymize']> = {
    rejects: () => Promise.reject(new Error('out of memory')),
    throws: () => { throw new Error('unreachable executed'); },
    'gives the camera frame back': (raw) => Promise.resolve(raw),
    'gives a frame of another size': () => Promise.resolve(anonymized(cameraFrame(0, 320, 240))),
    'gives nothing': () => Promise.resolve(undefined as unknown as VideoFrame),
  };
  for (const [what, anonymize] of Object.entries(faults)) {
    it(`never sends the camera frame when the engine ${what}`, async () => {
      const { out, faults: told, machine, send } = rig({ anonymize });
      const raws = [cameraFrame(0), cameraFrame(33_000)];
      for (const raw of raws) await send(raw);
      expect(origins(out)).not.toContain(CAMERA);
      expect(origins(out)).not.toContain(ENGINE);
      expect(raws.map(closings), 'closings of each camera frame').toEqual([1, 1]);
      expect(told).toHaveLength(2);
      expect(machine.state).toBe('degraded');
    });
  }

  it('would be caught if it sent the camera frame', async () => {
    const leaky = (): Transformer<VideoFrame, VideoFrame> => ({ transform(raw, out) { out.enqueue(raw); } });
    const out: VideoFrame[] = [];
    const transform = new TransformStream(leaky());
    void transform.readable.pipeTo(new WritableStream({ write: (frame) => { out.push(frame); } }));
    await transform.writable.getWriter().write(cameraFrame());
    expect(origins(out), 'the tests above tell a camera frame from the rest').toContain(CAMERA);
  });

  it('drops what an engine makes, or fails at, after the output has ended, and moves the machine no more', async () => {
    for (const works of [true, false]) {
      let isOver = false;
      const anonymize = async (raw: VideoFrame): Promise<VideoFrame> => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (works) return anonymized(raw);
        throw new Error('device lost');
      };
      const { out, send, states, faults: told, machine } = rig({ anonymize, isOver: () => isOver });
      const sent = send(cameraFrame());
      await vi.advanceTimersByTimeAsync(50);
      isOver = true;
      await vi.advanceTimersByTimeAsync(100);
      await sent;
      await vi.advanceTimersByTimeAsync(1000); // no slate either
      machine.apply('frame'); // of the output that came after
      await vi.advanceTimersByTimeAsync(5000);
      expect(origins(out)).toEqual(['slate']);
      expect(states).toEqual(['arming', 'running']);
      expect(told).toEqual([]);
    }
    expect(FakeFrame.made.filter(({ closed }) => closed === 0).map(({ origin }) => origin)).not.toContain(ENGINE);
  });

  it('shows all that leaves to who copies it, before it leaves', async () => {
    const shown: string[] = [];
    const { out, send } = rig({ onLeaving: (frame) => shown.push(originOf(frame)) });
    await send(cameraFrame());
    expect(shown).toEqual(['slate', ENGINE]);
    expect(origins(out)).toEqual(shown);
  });

  it('sends the slate at once when a running engine fails, and frames again when it recovers', async () => {
    let works = true;
    const anonymize = (raw: VideoFrame): Promise<VideoFrame> =>
      works ? Promise.resolve(anonymized(raw)) : Promise.reject(new Error('device lost'));
    const { out, send, states } = rig({ anonymize });
    await send(cameraFrame(0));
    works = false;
    await send(cameraFrame(33_000));
    works = true;
    await send(cameraFrame(66_000));
    expect(origins(out)).toEqual(['slate', ENGINE, 'slate', ENGINE]);
    expect(states).toEqual(['arming', 'running', 'degraded', 'running']);
  });

  it('withholds frames while no engine is ready, and repeats the slate', async () => {
    const { out, send, tally } = rig({ isReady: () => false });
    const raw = cameraFrame();
    await send(raw);
    await vi.advanceTimersByTimeAsync(2000);
    expect(closings(raw)).toBe(1);
    expect(new Set(origins(out))).toEqual(new Set(['slate']));
    expect(out.length).toBeGreaterThanOrEqual(4);
    expect(tally.read(performance.now()).withheld).toBe(1);
  });

  it('sends the slate at once when the picture stands still, says so once, and goes on when it moves', async () => {
    let frozen = false;
    const { out, faults: told, send, states, tally } = rig({ isFrozen: () => frozen });
    await send(cameraFrame(0));
    frozen = true;
    for (const at of [33_000, 66_000, 99_000]) await send(cameraFrame(at));
    frozen = false;
    await send(cameraFrame(132_000));
    expect(origins(out)).toEqual(['slate', ENGINE, 'slate', ENGINE]);
    expect(told.map(({ code }) => code)).toEqual(['stalled']);
    expect(states).toEqual(['arming', 'running', 'degraded', 'running']);
    expect(tally.read(performance.now())).toMatchObject({ framesIn: 5, framesOut: 2, withheld: 2, faults: 1 });
  });

  it('sends the slate when the camera stands still for longer than the deadline', async () => {
    const { out, faults: told, send, states } = rig({ deadlineMs: 300 });
    await send(cameraFrame(0));
    await vi.advanceTimersByTimeAsync(250);
    expect(origins(out)).toEqual(['slate', ENGINE]);
    await vi.advanceTimersByTimeAsync(250);
    expect(origins(out)).toEqual(['slate', ENGINE, 'slate']);
    expect(states.at(-1)).toBe('degraded');
    expect(told.map(({ code }) => code)).toEqual(['stalled']);
  });

  it('sends the slate while a slow engine holds a frame, and the frame when it comes', async () => {
    let finish: (() => void) | undefined;
    let first = true;
    const anonymize = (raw: VideoFrame): Promise<VideoFrame> => {
      if (first) {
        first = false;
        return Promise.resolve(anonymized(raw));
      }
      return new Promise((resolve) => { finish = () => { resolve(anonymized(raw)); }; });
    };
    const { out, send } = rig({ anonymize, deadlineMs: 300 });
    await send(cameraFrame(0));
    const slow = send(cameraFrame(33_000));
    await vi.advanceTimersByTimeAsync(500);
    expect(origins(out)).toEqual(['slate', ENGINE, 'slate']);
    finish?.();
    await slow;
    expect(origins(out)).toEqual(['slate', ENGINE, 'slate', ENGINE]);
  });

  it('goes to a slate of the new size when the size changes, before the first frame of that size', async () => {
    const { out, send, states } = rig();
    await send(cameraFrame(0));
    await send(cameraFrame(33_000, 480, 640));
    expect(origins(out)).toEqual(['slate', ENGINE, 'slate', ENGINE]);
    expect(out.map(({ displayWidth }) => displayWidth)).toEqual([640, 640, 480, 480]);
    expect(states).toEqual(['arming', 'running', 'arming', 'running']);
  });

  it('sends no frame that is finished after it was blocked', async () => {
    const { out, machine, send } = rig({
      anonymize: (raw) => {
        machine.apply('exhausted');
        return Promise.resolve(anonymized(raw));
      },
    });
    await send(cameraFrame(0));
    expect(origins(out)).toEqual(['slate']);
    expect(FakeFrame.made.filter(({ origin }) => origin === ENGINE).map(({ closed }) => closed)).toEqual([1]);
  });

  it("starts the output's clock at zero, keeps the camera's distances and never goes back", async () => {
    const { out, send } = rig();
    const hours = 7_200_000_000; // microseconds since the machine was started
    for (const timestamp of [hours, hours + 33_333, hours + 66_666, hours + 50_000]) await send(cameraFrame(timestamp));
    const times = out.map(({ timestamp }) => timestamp);
    expect(times[0]).toBe(0);
    expect(times[2]! - times[1]!).toBe(33_333);
    expect(times[3]! - times[2]!).toBe(33_333);
    expect(times[4]!).toBeGreaterThan(times[3]!);
    expect(Math.max(...times)).toBeLessThan(1_000_000);
  });

  it('stops looking after an output that has ended', async () => {
    const { out, end } = rig();
    await vi.advanceTimersByTimeAsync(0);
    await end();
    await vi.advanceTimersByTimeAsync(5000);
    expect(out).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
