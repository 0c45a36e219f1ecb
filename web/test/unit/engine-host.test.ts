import { beforeEach, describe, expect, it } from 'vitest';
import { Canary } from '../../src/canary.js';
import { EngineHost, REFILL_AFTER_FRAMES, RESPAWNS } from '../../src/engine-host.js';
import type { Workshop } from '../../src/engine-host.js';
import type { EngineKind } from '../../src/engine.js';
import type { BautaError, FaultCode } from '../../src/faults.js';
import type { EngineCommand, EngineReport, Envelope, Reply } from '../../src/protocol.js';
import { ENGINE, FakeFrame, anonymized, cameraFrame, installFakeFrame, originOf } from './fake-frame.js';

type Answer = (command: EngineCommand, worker: FakeWorker) => unknown;

/** A worker without a thread: answers each command at once, in a later task. */
class FakeWorker extends EventTarget implements Workshop {
  static all: FakeWorker[] = [];
  isTerminated = false;
  readonly #answer: Answer;

  constructor(answer: Answer) {
    super();
    this.#answer = answer;
    FakeWorker.all.push(this);
  }

  postMessage({ id, command }: Envelope<EngineCommand>): void {
    queueMicrotask(() => {
      try {
        this.reply({ id, ok: true, answer: this.#answer(command, this) });
      } catch (cause) {
        const { code = 'frame-failed', message } = cause as Error & { code?: FaultCode };
        this.reply({ id, ok: false, fault: { code, message } });
      }
    });
  }

  reply(data: Reply | object): void {
    if (!this.isTerminated) this.dispatchEvent(new MessageEvent('message', { data }));
  }

  terminate(): void {
    this.isTerminated = true;
  }
}

const fault = (code: FaultCode, message: string): Error => Object.assign(new Error(message), { code });

const works: Answer = (command) =>
  command.type === 'open' ? { adapter: `fake ${command.kind}`, card: {} } : anonymized(command.frame);

/** Sees nothing wrong. */
const blind = new Canary(() => new Uint8ClampedArray(16));

const rig = (answer: Answer, candidates: EngineKind[] = ['cpu'], canary = blind) => {
  const reports: EngineReport[] = [];
  const exhausted: BautaError[] = [];
  const host = new EngineHost({
    spawn: () => new FakeWorker(answer),
    model: { base: 'https://app.example/bauta/', weights: new Uint8Array(1), card: '{}', allowSoftwareGpu: false, hashes: { card: '', weights: '' }, known: {} },
    candidates,
    frameLimitMs: 50,
    canary: () => canary,
    onEngine: (report) => reports.push(report),
    onExhausted: (cause) => exhausted.push(cause),
  });
  /** Sends frames until one comes through or none can any more. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return { host, reports, exhausted, settle };
};

beforeEach(() => {
  installFakeFrame();
  FakeWorker.all = [];
});

describe('the engine host', () => {
  it('opens the first engine that works and says why better ones were passed over', async () => {
    const { host } = rig((command, worker) => {
      if (command.type === 'open' && command.kind === 'webgpu') throw fault('self-test-failed', 'off by 80');
      return works(command, worker);
    }, ['webgpu', 'cpu']);
    const report = await host.arm();
    expect(report).toMatchObject({ kind: 'cpu', adapter: 'fake cpu', passedOver: [{ kind: 'webgpu', why: 'off by 80' }] });
    expect(FakeWorker.all.map(({ isTerminated }) => isTerminated)).toEqual([true, false]);
  });

  it('does not fall to another engine when only one was asked for', async () => {
    const { host, exhausted } = rig(() => { throw fault('no-webgpu', 'no adapter'); }, ['webgpu']);
    await expect(host.arm()).rejects.toMatchObject({ code: 'no-webgpu' });
    expect(FakeWorker.all).toHaveLength(1);
    expect(exhausted.map(({ code }) => code)).toEqual(['no-webgpu']);
  });

  it('does not try an altered model on a second engine', async () => {
    const { host } = rig(() => { throw fault('bad-model', 'altered'); }, ['webgpu', 'cpu']);
    await expect(host.arm()).rejects.toMatchObject({ code: 'bad-model' });
    expect(FakeWorker.all).toHaveLength(1);
  });

  it('ends the worker of an engine that fails at a frame, and starts a fresh one', async () => {
    let fails = 1;
    const { host, settle } = rig((command, worker) => {
      if (command.type === 'anonymize' && fails-- > 0) throw fault('frame-failed', 'unreachable executed');
      return works(command, worker);
    });
    await host.arm();
    await expect(host.anonymize(cameraFrame())).rejects.toMatchObject({ code: 'frame-failed' });
    expect(FakeWorker.all[0]!.isTerminated).toBe(true);
    await settle();
    expect(host.isReady).toBe(true);
    expect(originOf(await host.anonymize(cameraFrame()))).toBe(ENGINE);
    expect(FakeWorker.all).toHaveLength(2);
  });

  it(`gives up after ${String(RESPAWNS)} fresh engines have failed too`, async () => {
    const { host, exhausted, settle } = rig((command, worker) => {
      if (command.type === 'anonymize') throw fault('frame-failed', 'unreachable executed');
      return works(command, worker);
    });
    await host.arm();
    for (let turn = 0; turn < 10 && exhausted.length === 0; turn++) {
      await host.anonymize(cameraFrame()).catch(() => undefined);
      await settle();
    }
    expect(exhausted.map(({ code }) => code)).toEqual(['engine-lost']);
    expect(FakeWorker.all).toHaveLength(1 + RESPAWNS);
    expect(FakeWorker.all.every(({ isTerminated }) => isTerminated)).toBe(true);
    expect(host.isReady).toBe(false);
    await expect(host.anonymize(cameraFrame())).rejects.toMatchObject({ code: 'frame-failed' });
  });

  it('replaces an engine whose picture the canary finds suspicious, and closes that picture', async () => {
    const striped = Uint8ClampedArray.from({ length: 64 }, (_, at) => (at % 8) * 30);
    const { host, settle } = rig(works, ['cpu'], new Canary(() => striped)); // what came out is what went in
    await host.arm();
    await expect(host.anonymize(cameraFrame())).rejects.toMatchObject({ code: 'canary-failed' });
    await settle();
    expect(FakeWorker.all.map(({ isTerminated }) => isTerminated)).toEqual([true, false]);
    expect(FakeFrame.made.filter((frame) => frame.origin === ENGINE).map(({ closed }) => closed)).toEqual([1]);
  });

  it('goes on to the processor when the GPU breaks once too often', async () => {
    const { host, exhausted, reports, settle } = rig((command, worker) => {
      if (command.type === 'anonymize' && FakeWorker.all.indexOf(worker) <= RESPAWNS) throw fault('device-lost', 'gone');
      return works(command, worker);
    }, ['webgpu', 'cpu']);
    await host.arm();
    for (let turn = 0; turn <= RESPAWNS; turn++) {
      await host.anonymize(cameraFrame()).catch(() => undefined);
      await settle();
    }
    expect(reports.at(-1)).toMatchObject({ kind: 'cpu' });
    expect(reports.at(-1)!.passedOver[0]!.why).toContain('gone');
    expect(exhausted).toEqual([]);
    expect(originOf(await host.anonymize(cameraFrame()))).toBe(ENGINE);
  });

  it('forgives old faults after many good frames', async () => {
    let isBroken = false;
    const { host, exhausted, settle } = rig((command, worker) => {
      if (command.type === 'anonymize' && isBroken) throw fault('frame-failed', 'now and then');
      return works(command, worker);
    });
    await host.arm();
    for (let round = 0; round <= RESPAWNS + 1; round++) {
      isBroken = true;
      await host.anonymize(cameraFrame()).catch(() => undefined);
      isBroken = false;
      await settle();
      for (let frame = 0; frame < REFILL_AFTER_FRAMES; frame++) await host.anonymize(cameraFrame());
    }
    expect(exhausted).toEqual([]);
    expect(host.isReady).toBe(true);
  });

  it('replaces an engine that does not answer', async () => {
    let isHanging = true;
    const { host, settle } = rig((command, worker) => {
      if (command.type === 'anonymize' && isHanging) {
        isHanging = false;
        worker.terminate(); // its answer never arrives
      }
      return works(command, worker);
    });
    await host.arm();
    await expect(host.anonymize(cameraFrame())).rejects.toMatchObject({ code: 'stalled' });
    await settle();
    expect(originOf(await host.anonymize(cameraFrame()))).toBe(ENGINE);
  });

  it('replaces an engine that says between frames that it is lost', async () => {
    const { host, settle } = rig(works);
    await host.arm();
    FakeWorker.all[0]!.reply({ event: 'lost', fault: { code: 'device-lost', message: 'driver reset' } });
    await settle();
    expect(FakeWorker.all).toHaveLength(2);
    expect(FakeWorker.all[0]!.isTerminated).toBe(true);
    expect(host.isReady).toBe(true);
  });

  it('sends one frame at a time', async () => {
    let [inside, most] = [0, 0];
    const { host } = rig((command, worker) => {
      if (command.type === 'anonymize') {
        most = Math.max(most, ++inside);
        inside--;
      }
      return works(command, worker);
    });
    await host.arm();
    const made = await Promise.all([cameraFrame(1), cameraFrame(2), cameraFrame(3)].map((raw) => host.anonymize(raw)));
    expect(made.map(({ timestamp }) => timestamp)).toEqual([1, 2, 3]);
    expect(most).toBe(1);
  });

  it('opens nothing any more once it is closed', async () => {
    const { host, settle } = rig(works);
    await host.arm();
    host.close();
    await settle();
    expect(FakeWorker.all).toHaveLength(1);
    expect(FakeWorker.all[0]!.isTerminated).toBe(true);
    expect(host.isReady).toBe(false);
  });
});
