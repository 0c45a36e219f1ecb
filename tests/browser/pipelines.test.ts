/**
 * The ways of a camera's frames in browsers that lack Chromium's, in a Chromium that is made to lack it too: what
 * leaves is the same everywhere. For Firefox's way that is all there is to it; for Safari's, something stands in for the
 * giving away of tracks, which Chromium cannot do. Neither shows what those browsers themselves do.
 */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { BautaOptions, Pipeline } from '../../web/src/index.js';
import { compiled } from './bench.js';
import type { Changes } from './bench.js';
import { FOUND } from './camera.js';
import {
  BLIND,
  agesOf,
  beforeWorkers,
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

const options: BautaOptions = { engine: 'cpu' };

/** A gate that can be blinded, and be given what another browser has. */
const PREPARED: Changes = { '/blind.js': '', '/shims/gate.js': "import '/blind.js';", ...beforeWorkers('/shims/gate.js', ['gate-worker']) };

/** What makes a page's browser another, and what it is made of. */
const BROWSERS: { readonly pipeline: Pipeline; readonly shim?: string; readonly changes: Changes }[] = [
  { pipeline: 'streams', changes: {} },
  {
    pipeline: 'worker',
    shim: '/shims/safari-page.js',
    changes: {
      '/shims/safari-page.js': compiled('shims/safari-page'),
      '/shims/safari-worker.js': compiled('shims/safari-worker'),
      '/shims/gate.js': "import '/blind.js'; import '/shims/safari-worker.js';",
      ...beforeWorkers('/shims/safari-worker.js', ['track-probe-worker']),
    },
  },
  { pipeline: 'element', shim: '/shims/firefox-page.js', changes: { '/shims/firefox-page.js': compiled('shims/firefox-page') } },
];

/** An engine that copies what it gets. What stands in for Safari keeps frames open, and would hold up a camera that sees its own again. */
const PASS_COPIES: Changes = {
  '/blind.js': BLIND,
  '/bauta/engine.js': `const copy = async (raw) => {
      const form = { format: 'RGBX', codedWidth: raw.displayWidth, codedHeight: raw.displayHeight, timestamp: raw.timestamp };
      const bytes = new Uint8Array(raw.allocationSize(form));
      await raw.copyTo(bytes, form);
      return new VideoFrame(bytes, form);
    };
    export const loadEngine = async (kind, { card }) => ({ kind, adapter: 'mutant', card: JSON.parse(card), anonymize: copy, close() {} });`,
};

describe.each(BROWSERS)('pipeline $pipeline', ({ pipeline, shim, changes: ours }) => {
  const bench = useBench({ gpu: false });

  const open = async (changes: Changes = {}): Promise<Page> => {
    const page = await bench.page({ ...PREPARED, ...ours, ...changes });
    await page.evaluate(() => {
      const devices = navigator.mediaDevices;
      const ask = devices.getUserMedia.bind(devices);
      devices.getUserMedia = async (wanted) => {
        const stream = await ask(wanted);
        window.endCamera = () => { for (const track of stream.getTracks()) track.stop(); };
        return stream;
      };
    });
    if (shim !== undefined) await page.addScriptTag({ type: 'module', url: shim });
    return page;
  };

  /** Attaches a canvas with the marks' finest pattern on it, 320 x 240. */
  const attachCanvas = (page: Page): Promise<void> =>
    page.evaluate(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
      const context = canvas.getContext('2d')!;
      setInterval(() => {
        for (let x = 0; x < 320; x += 2) {
          context.fillStyle = x % 4 === 0 ? '#fff' : '#000';
          context.fillRect(x, 0, 2, 240);
        }
        context.fillStyle = '#c40';
        context.fillRect(performance.now() % 320, 0, 40, 240);
      }, 30);
      document.body.append(canvas);
      const [camera] = canvas.captureStream(30).getVideoTracks();
      await window.made.attach(camera!);
      Object.assign(window, { first: camera });
    });

  test('is found, and used', async () => {
    const page = await open();
    expect(await page.evaluate((options) => window.library.support(options), options)).toMatchObject({ supported: true, pipeline });
    await create(page, options);
    expect(await report(page)).toMatchObject({ pipeline });
  });

  test('sends nothing but slates and anonymized frames, from the first frame on (F1)', async () => {
    const page = await open();
    await create(page, options);
    await openCamera(page);
    await waitForFrames(page, 30);
    const seen = await seenBy(page);
    console.info(`${pipeline}: ${String(seen.length)} frames, strongest fine pattern ${strongest(seen).toFixed(2)} of 127.5`);
    expectNothingRaw(seen);
    expect(seen[0]?.isSlate, 'the first frame is a slate').toBe(true);
    expect(await page.evaluate(() => window.states)).toEqual(['arming', 'running']);
    expect(await report(page)).toMatchObject({ state: 'running', error: null });
  });

  test('is found out by the detector if it passes frames through', async () => {
    const page = await open(PASS_COPIES);
    await create(page, options);
    await openCamera(page);
    await waitForFrames(page, 10);
    const passed = (await seenBy(page)).filter(({ isSlate }) => !isSlate);
    expect(Math.min(...passed.map(({ pattern }) => pattern)), 'the weakest mark').toBeGreaterThan(FOUND);
  });

  test('puts the slate in place of a frame that fails (F4)', async () => {
    const page = await open(meddling('async (real, raw, number) => { if (number === 3) throw new Error("made to fail"); return real(raw); }'));
    await create(page, options);
    await openCamera(page);
    await page.waitForFunction(() => window.states.filter((state) => state === 'running').length >= 2, undefined, { timeout: 60_000 });
    expectNothingRaw(await seenBy(page));
    expect((await codes(page))[0]).toBe('frame-failed');
  });

  test('shows the slate while an engine does not answer (F7)', async () => {
    const page = await open(meddling('(real, raw, number) => (number === 3 ? new Promise(() => {}) : real(raw))'));
    await create(page, options);
    await openCamera(page);
    await waitForState(page, 'degraded');
    await page.waitForFunction(() => window.watch.seen.at(-1)?.isSlate);
    expect(await codes(page)).toEqual(['stalled']);
    expectNothingRaw(await seenBy(page));
  });

  test('gives a slow engine the newest frame, not one that waited (F7)', async () => {
    const page = await open(slowedBy(300));
    await create(page, { ...options, deadlineMs: 10_000 });
    await attachCanvas(page); // of a camera, Chromium gives no frame before the last one is closed
    await waitForFrames(page, 10);
    const ages = await agesOf(page);
    console.info(`${pipeline}: grew older by ${Math.max(...ages).toFixed(0)} ms in ${String(ages.length)} frames`);
    expect(Math.max(...ages), 'milliseconds by which frames were older than the first').toBeLessThan(1000);
    expectNothingRaw(await seenBy(page));
  });

  test('ends the output when no engine works (F4)', async () => {
    const page = await open(meddling('async () => { throw new Error("made to fail"); }'));
    await create(page, options);
    await openCamera(page);
    await waitForState(page, 'blocked');
    await page.waitForFunction(() => window.watch.outputs.every(({ readyState }) => readyState === 'ended'));
    const seen = await seenBy(page);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every(({ isSlate }) => isSlate), 'all frames that left are slates').toBe(true);
  });

  test('ends the output with its camera, and says so (F13)', async () => {
    const page = await open();
    await create(page, options);
    await openCamera(page);
    await waitForFrames(page, 3);
    await page.evaluate(() => { window.endCamera(); });
    await waitForState(page, 'idle');
    await page.waitForFunction(() => window.watch.outputs.every(({ readyState }) => readyState === 'ended'));
    expect(await codes(page)).toEqual(['camera-ended']);
    expectNothingRaw(await seenBy(page));
  });

  test('leaves no camera open that comes too late', async () => {
    const page = await open();
    await create(page, options);
    await attachCanvas(page);
    await waitForFrames(page, 3);
    const late = await page.evaluate(async () => {
      const stream = await navigator.mediaDevices.getUserMedia({ video: true });
      const changing = window.made.useCamera(stream.getVideoTracks()[0]).then(() => 'changed', (fault: unknown) => (fault as { code: string }).code);
      await window.made.detach();
      return [await changing, ...stream.getVideoTracks().map(({ readyState }) => readyState)];
    });
    expect(late).toEqual(['detached', 'ended']);
    await page.waitForFunction(() => window.watch.outputs.every(({ readyState }) => readyState === 'ended'));
    expectNothingRaw(await seenBy(page));
  });

  test('changes the camera under one output, without a raw frame (F3)', async () => {
    const page = await open();
    await create(page, options);
    await attachCanvas(page);
    await waitForFrames(page, 3);
    await page.evaluate(() => window.made.useCamera({ width: 640, height: 480 }));
    await page.waitForFunction(() => window.watch.seen.filter(({ width, isSlate }) => width === 640 && !isSlate).length >= 3, undefined, { timeout: 60_000 });
    expectNothingRaw(await seenBy(page));
    expect(await codes(page)).toEqual([]);
    expect(await page.evaluate(() => (window as unknown as { first: MediaStreamTrack }).first.readyState), 'the camera before').toBe('ended');
    expect(await page.evaluate(() => window.watch.outputs.filter(({ readyState }) => readyState === 'live').length), 'outputs').toBe(1);
  });
});
