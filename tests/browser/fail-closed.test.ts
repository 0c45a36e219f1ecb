/**
 * What leaves, from the first frame on, with a camera that shows real people and marks finer than the model's
 * picture: anonymized frames and slates, on both engines, whatever goes wrong.
 */
import { describe, expect, test } from 'vitest';
import type { BautaOptions, EngineKind } from '../../web/src/index.js';
import { siteFile } from './bench.js';
import type { Changes } from './bench.js';
import { FOUND } from './camera.js';
import {
  PASS_THROUGH,
  agesOf,
  codes,
  create,
  expectNothingRaw,
  meddling,
  openCamera,
  report,
  seenBy,
  slowedBy,
  strongest,
  waitForFrames,
  waitForState,
} from './rig.js';
import { useBench } from './use-bench.js';

/**
 * Mean absolute difference between a frame and its anonymized twin, of 255, outside the marks. These people merely
 * shrunk to the model's 128 pixels and grown again differ by 4.4 to 5.7.
 */
const MARGIN = 8;

/** Each engine, with what it needs here and how many frames are enough: an emulated GPU is slow. */
const ENGINES: { kind: EngineKind; options: BautaOptions; frames: number }[] = [
  { kind: 'cpu', options: { engine: 'cpu' }, frames: 40 },
  { kind: 'webgpu', options: { engine: 'webgpu', allowSoftwareGpu: true, deadlineMs: 10_000 }, frames: 10 },
];

describe.each(ENGINES)('engine $kind', ({ kind, options, frames }) => {
  const { page: open } = useBench({ gpu: kind === 'webgpu' });

  test('sends nothing but slates and anonymized frames, from the first frame on (F1)', async () => {
    const page = await open();
    await create(page, options);
    await openCamera(page);
    await waitForFrames(page, frames);
    const seen = await seenBy(page);
    console.info(`${kind}: ${String(seen.length)} frames, strongest fine pattern ${strongest(seen).toFixed(2)} of 127.5`);
    expectNothingRaw(seen);
    expect(seen[0]?.isSlate, 'the first frame is a slate').toBe(true);
    expect(await page.evaluate(() => window.states)).toEqual(['arming', 'running']);
    expect(await report(page)).toMatchObject({ state: 'running', engine: { kind }, error: null });
  });

  test('is found out by the detector if it passes frames through', async () => {
    const page = await open(PASS_THROUGH);
    await create(page, options);
    await openCamera(page);
    await waitForFrames(page, frames);
    const passed = (await seenBy(page)).filter(({ isSlate }) => !isSlate);
    const weakest = Math.min(...passed.map(({ pattern }) => pattern));
    console.info(`pass-through: ${String(passed.length)} frames, weakest fine pattern ${weakest.toFixed(1)} of 127.5`);
    expect(weakest, 'the weakest mark in any frame that was passed through').toBeGreaterThan(FOUND);
  });

  test('gives frames that differ from the camera by more than the margin', async () => {
    const differences = async (changes: Changes): Promise<number[]> => {
      const page = await open(changes);
      await create(page, options);
      const found = await page.evaluate(async () => {
        const { difference } = window.watch;
        const camera = (await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } })).getVideoTracks()[0];
        if (camera === undefined) throw new Error('no camera');
        const found: number[] = [];
        await window.watch.eachFrame(camera, async (raw) => {
          const before = await window.watch.pixelsOf(raw);
          const made = await window.made.processFrame(raw.clone());
          found.push(difference(before, await window.watch.pixelsOf(made), raw.displayWidth, raw.displayHeight));
          made.close();
          return found.length < 5;
        });
        camera.stop();
        return found;
      });
      await page.close();
      return found;
    };
    const [real, passed] = [await differences({}), await differences(PASS_THROUGH)];
    console.info(`${kind}: mean absolute difference ${real.map((value) => value.toFixed(1)).join(', ')} of 255`);
    expect(real).toHaveLength(5);
    expect(Math.min(...real), 'the least difference').toBeGreaterThan(MARGIN);
    expect(Math.max(...passed), 'the difference of frames passed through').toBeLessThan(1);
  });

  test('tells nothing of the camera beside the picture (F15)', async () => {
    const page = await open();
    await create(page, options);
    const labels = await page.evaluate(async () => {
      const raw = (await navigator.mediaDevices.getUserMedia({ video: true })).getVideoTracks()[0];
      const track = await window.made.openCamera();
      const about = [track.label, JSON.stringify(track.getSettings())].join(' ');
      return { about, label: raw?.label ?? '', device: raw?.getSettings().deviceId ?? '' };
    });
    await waitForFrames(page, 3);
    expect(labels.label.length).toBeGreaterThan(0);
    expect(labels.about).not.toContain(labels.label);
    expect(labels.about).not.toContain(labels.device);
    const seen = await seenBy(page);
    expect(new Set(seen.map(({ metadata }) => metadata))).toEqual(new Set(['{}']));
    const times = seen.map(({ timestamp }) => timestamp);
    expect(times[0], 'microseconds at which the output begins').toBeLessThan(1_000_000);
    expect(times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0)), `times go forward: ${times.join(' ')}`).toBe(true);
  });

  test('puts the slate in place of a frame it fails at, and goes on with a fresh engine (F4)', async () => {
    const page = await open(meddling('async (real, raw, number) => { if (number === 3) throw new Error("made to fail"); return real(raw); }'));
    await create(page, options);
    await openCamera(page);
    await page.waitForFunction(() => window.states.filter((state) => state === 'running').length >= 2, undefined, { timeout: 60_000 });
    expectNothingRaw(await seenBy(page));
    expect((await page.evaluate(() => window.states)).slice(0, 4)).toEqual(['arming', 'running', 'degraded', 'running']);
    expect((await codes(page))[0]).toBe('frame-failed');
  });

  test('ends the output, on nothing but slates, when no engine works (F4)', async () => {
    const page = await open(meddling('async () => { throw new Error("made to fail"); }'));
    await create(page, options);
    await openCamera(page);
    await waitForState(page, 'blocked');
    await page.waitForFunction(() => window.watch.outputs.every(({ readyState }) => readyState === 'ended'));
    const seen = await seenBy(page);
    expect(seen.every(({ isSlate }) => isSlate), 'all frames that left are slates').toBe(true);
    expect(await codes(page)).toContain('engine-lost');
    expect((await report(page)).error?.message).toContain('made to fail');
  });

  test('shows the slate while an engine does not answer (F7)', async () => {
    const page = await open(meddling('(real, raw, number) => (number === 3 ? new Promise(() => {}) : real(raw))'));
    await create(page, { ...options, deadlineMs: 1500 });
    await openCamera(page);
    await page.waitForFunction(() => window.errors.length > 0, undefined, { timeout: 60_000 });
    await page.waitForFunction(() => window.watch.seen.at(-1)?.isSlate);
    expect(await codes(page)).toEqual(['stalled']);
    expectNothingRaw(await seenBy(page));
    expect(await page.evaluate(() => window.made.state)).toBe('degraded');
  });

  test.each([
    { what: 'gives the camera picture back', anonymize: 'async (real, raw) => raw.clone()' },
    { what: 'is blank', anonymize: 'async (real, raw) => new VideoFrame(new Uint8Array(4 * 640 * 480).fill(90), { format: "RGBX", codedWidth: 640, codedHeight: 480, timestamp: raw.timestamp })' },
    { what: 'does not follow', anonymize: 'async (real, raw) => { globalThis.first ??= await real(raw); return globalThis.first.clone(); }' },
  ])('does not trust an engine whose picture $what (F6)', async ({ what, anonymize }) => {
    const page = await open(meddling(anonymize));
    await create(page, options);
    await openCamera(page);
    await page.waitForFunction(() => window.errors.some(({ code }) => code === 'canary-failed'), undefined, { timeout: 60_000 });
    expect((await page.evaluate(() => window.errors[0]?.message)), what).toContain(what);
    expectNothingRaw(await seenBy(page));
  });

  test('lets not one frame through when a tested engine begins to give the camera picture back (F6)', async () => {
    const page = await open(meddling('async (real, raw, number) => (number > 12 ? raw.clone() : real(raw))'));
    await create(page, options);
    await openCamera(page);
    await page.waitForFunction(() => window.errors.length > 0, undefined, { timeout: 60_000 });
    expect(await codes(page)).toEqual(['canary-failed']);
    expectNothingRaw(await seenBy(page));
  });

  test('shows the slate while the camera repeats one picture, and goes on when it moves (F8)', async () => {
    const page = await open();
    await create(page, { ...options, frozenMs: 1500 });
    const states = await page.evaluate(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
      const context = canvas.getContext('2d')!;
      let moves = true;
      const draw = (): void => {
        context.fillStyle = '#777';
        context.fillRect(0, 0, 640, 480);
        context.fillStyle = '#fff';
        context.fillRect(moves ? performance.now() % 500 : 100, 0, 100, 480);
      };
      setInterval(draw, 40);
      const [track] = canvas.captureStream(30).getVideoTracks();
      await window.made.attach(track!);
      const until = async (state: string): Promise<void> => {
        while (window.made.state !== state) await new Promise((go) => setTimeout(go, 20));
      };
      await until('running');
      moves = false;
      await until('degraded');
      moves = true;
      await until('running');
      return window.states;
    });
    expect(states).toEqual(['arming', 'running', 'degraded', 'running']);
    expect(await codes(page)).toEqual(['stalled']);
    expect((await report(page)).error?.message).toContain('stands still');
  });

  test('shows the slate at each new size, and then nothing but frames of that size (F2)', async () => {
    const page = await open();
    await create(page, { ...options, frozenMs: Infinity });
    const sizes = await page.evaluate(async () => {
      const canvas = document.createElement('canvas');
      const context = canvas.getContext('2d')!;
      const draw = (): void => {
        for (let x = 0; x < canvas.width; x += 2) {
          context.fillStyle = x % 4 === 0 ? '#fff' : '#000';
          context.fillRect(x, 0, 2, canvas.height);
        }
        context.fillStyle = '#c40';
        context.fillRect(performance.now() % canvas.width, 0, 40, canvas.height);
      };
      const become = (width: number, height: number): void => { Object.assign(canvas, { width, height }); draw(); };
      become(320, 240);
      setInterval(draw, 40);
      const [track] = canvas.captureStream(30).getVideoTracks();
      await window.made.attach(track!);
      const isShown = (width: number, height: number): boolean => {
        const last = window.watch.seen.at(-1);
        return last?.width === width && last.height === height && !last.isSlate;
      };
      const sizes = [[320, 240], [240, 320], [400, 300]] as const;
      for (const [width, height] of sizes) {
        become(width, height);
        while (!isShown(width, height)) await new Promise((go) => setTimeout(go, 20));
      }
      return sizes.map(([width, height]) => {
        const first = window.watch.seen.find((frame) => frame.width === width && frame.height === height);
        return { width, beginsWithSlate: first?.isSlate };
      });
    });
    expect(sizes).toEqual([320, 240, 400].map((width) => ({ width, beginsWithSlate: true })));
    const shown = (await seenBy(page)).map(({ width, height }) => `${String(width)}x${String(height)}`);
    expect(new Set(shown)).toEqual(new Set(['320x240', '240x320', '400x300']));
    expect((await report(page)).stats.faults).toBe(0);
  });

  // An emulated GPU takes so long over a frame that its time says nothing.
  test.runIf(kind === 'cpu')('gives a slow engine the newest frame, not one that waited (F7)', async () => {
    const page = await open(slowedBy(300));
    await create(page, { ...options, deadlineMs: 10_000 });
    // Not the camera: Chromium gives none of its frames before the one that was given is closed.
    await page.evaluate(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
      const context = canvas.getContext('2d')!;
      setInterval(() => {
        context.fillStyle = `hsl(${String((performance.now() / 10) % 360)} 80% 50%)`;
        context.fillRect((performance.now() / 5) % 600, 0, 40, 480);
      }, 30);
      await window.made.attach(canvas.captureStream(30).getVideoTracks()[0]!);
    });
    await waitForFrames(page, 10);
    const ages = await agesOf(page);
    console.info(`${kind}: grew older by ${Math.max(...ages).toFixed(0)} ms in ${String(ages.length)} frames`);
    expect(Math.max(...ages), 'milliseconds by which frames were older than the first').toBeLessThan(1000);
  });

  test('is muted by its camera, and stays ready (F9)', async () => {
    const page = await open();
    await create(page, options);
    const loads = await page.evaluate(async () => {
      const [camera] = (await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } })).getVideoTracks();
      if (camera === undefined) throw new Error('no camera');
      await window.made.attach(camera);
      const until = async (is: () => boolean): Promise<void> => {
        while (!is() && window.made.state !== 'blocked') await new Promise((go) => setTimeout(go, 50));
      };
      const count = (): number => window.made.report().stats.framesOut;
      await until(() => count() > 1);
      for (let turn = 0; turn < 3; turn++) {
        camera.enabled = turn % 2 === 1;
        const before = count();
        await until(() => count() > before + 1);
      }
      return window.states;
    });
    expect(loads).toEqual(['arming', 'running']);
    expectNothingRaw(await seenBy(page));
  });

  test('ends the output before the camera stops (F10)', async () => {
    const page = await open();
    await create(page, options);
    const order = await page.evaluate(async () => {
      const order: string[] = [];
      const prototype = MediaStreamTrack.prototype as { stop: (this: MediaStreamTrack) => void };
      const { stop } = prototype;
      const track = await window.made.openCamera();
      prototype.stop = function () {
        if (this !== track) order.push(`camera stops, output ${track.readyState}`);
        stop.call(this);
      };
      await window.made.ready;
      await window.made.close();
      return [...order, `output ${track.readyState}`, window.made.state];
    });
    expect(order).toEqual(['camera stops, output ended', 'output ended', 'closed']);
    await expect(page.evaluate(() => window.made.openCamera())).rejects.toThrow('was closed');
  });
});

describe('a GPU that cannot be trusted', () => {
  const options: BautaOptions = { allowSoftwareGpu: true, deadlineMs: 10_000 };
  const { page: open } = useBench({ gpu: true });

  test('is not used when it computes something else than the card says: the processor is, and the reason is told (F6)', async () => {
    const kernels = siteFile('bauta/kernels.js').toString().replaceAll(/\bvec4f\(/g, 'vec4f(0.3 * ');
    const page = await open({ '/bauta/kernels.js': kernels });
    await create(page, options);
    await page.evaluate(() => window.made.ready);
    const { engine } = await report(page);
    expect(engine?.kind).toBe('cpu');
    expect(engine?.passedOver.map(({ kind }) => kind)).toEqual(['webgpu']);
    expect(engine?.passedOver[0]?.why).toContain('self-test');
  });

  test('is opened again after it was lost, behind the slate (F5)', async () => {
    const changes = meddling('async (real, raw, number) => { if (number === 3) devices.at(-1).destroy(); return real(raw); }');
    const collect = `const devices = [];
      const request = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = async function (...options) {
        const device = await request.apply(this, options);
        devices.push(device);
        return device;
      };`;
    const page = await open({ ...changes, '/bauta/engine.js': String(changes['/bauta/engine.js']) + collect });
    await create(page, options);
    await openCamera(page);
    await page.waitForFunction(() => window.states.filter((state) => state === 'running').length >= 2, undefined, { timeout: 100_000 });
    expectNothingRaw(await seenBy(page));
    expect(await codes(page)).toContain('device-lost');
    expect((await report(page)).engine?.kind).toBe('webgpu');
  });
});
