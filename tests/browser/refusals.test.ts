/** What Bauta does without: files that are missing or altered, a browser that lacks something, a camera that is refused. */
import { describe, expect, test } from 'vitest';
import { siteFile } from './bench.js';
import type { Changes } from './bench.js';
import { codes, create, expectNothingRaw, faultOfOpening, openCamera, report, seenBy, waitForFrames, waitForState } from './rig.js';
import { useBench } from './use-bench.js';

describe('a file that is missing or altered', () => {
  const { page: open } = useBench({ gpu: false });

  const altered = (path: string, at: number): Changes => {
    const bytes = Uint8Array.from(siteFile(path));
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return { [`/${path}`]: bytes };
  };
  const cases: { what: string; changes: () => Changes; code: string; says: string }[] = [
    { what: 'missing weights', changes: () => ({ '/bauta/models/bauta-s.bpk': null }), code: 'model-missing', says: 'bauta-s.bpk' },
    { what: 'a missing card', changes: () => ({ '/bauta/models/bauta-s.json': null }), code: 'model-missing', says: 'bauta-s.json' },
    { what: 'one altered bit of the weights', changes: () => altered('bauta/models/bauta-s.bpk', 100_000), code: 'bad-model', says: 'bauta-s.bpk' },
    { what: 'a card that is no card', changes: () => ({ '/bauta/models/bauta-s.json': '<html>' }), code: 'bad-model', says: 'bauta-s.json' },
    { what: 'missing WebAssembly', changes: () => ({ '/bauta/wasm/cpu/bauta_bg.wasm': null }), code: 'bad-engine-file', says: 'wasm/cpu/bauta_bg.wasm' },
    { what: 'a missing script of the engine', changes: () => ({ '/bauta/wasm/cpu/bauta.js': null }), code: 'bad-engine-file', says: 'wasm/cpu/bauta.js' },
    { what: 'half of the WebAssembly', changes: () => ({ '/bauta/wasm/cpu/bauta_bg.wasm': siteFile('bauta/wasm/cpu/bauta_bg.wasm').subarray(0, 500_000) }), code: 'bad-engine-file', says: 'wasm/cpu/bauta_bg.wasm' },
    { what: 'one altered bit of the WebAssembly', changes: () => altered('bauta/wasm/cpu/bauta_bg.wasm', 900_000), code: 'bad-engine-file', says: 'wasm/cpu/bauta_bg.wasm' },
    { what: "a letter more in the engine's script", changes: () => ({ '/bauta/wasm/cpu/bauta.js': `${siteFile('bauta/wasm/cpu/bauta.js').toString()} ` }), code: 'bad-engine-file', says: 'wasm/cpu/bauta.js' },
    { what: 'another card with the right weights', changes: () => ({ '/bauta/models/bauta-s.json': siteFile('bauta/models/bauta-s.json').toString().replace('"tolerance": ', '"tolerance": 9') }), code: 'bad-model', says: 'bauta-s.json' },
    { what: 'a missing worker of the engine', changes: () => ({ '/bauta/engine-worker.js': null }), code: 'bad-engine-file', says: 'worker' },
    { what: 'a missing worker of the gate', changes: () => ({ '/bauta/gate-worker.js': null }), code: 'bad-engine-file', says: 'worker' },
  ];
  test.each(cases)('is $what: the sentence names it, and only slates leave (F12)', async ({ changes, code, says }) => {
    const page = await open(changes());
    await create(page, { engine: 'cpu' });
    expect(await faultOfOpening(page)).toMatchObject({ code, message: expect.stringContaining(says) as string });
    await waitForState(page, 'blocked');
    await page.waitForFunction(() => window.watch.outputs.every(({ readyState }) => readyState === 'ended'));
    expect((await seenBy(page)).every(({ isSlate }) => isSlate), 'all frames that left are slates').toBe(true);
    const late = page.evaluate(() => window.made.processFrame(new VideoFrame(new Uint8Array(16), { format: 'RGBA', codedWidth: 2, codedHeight: 2, timestamp: 0 })));
    await expect(late, 'a frame that comes afterwards').rejects.toThrow();
  });

  test('no WebGPU: the processor is used, and the reason is told; asked for alone, it is refused (F11)', async () => {
    const page = await open();
    await create(page, {});
    await page.evaluate(() => window.made.ready);
    expect(await report(page)).toMatchObject({ engine: { kind: 'cpu' }, why: expect.stringContaining('no GPU') as string });
    await expect(create(page, { engine: 'webgpu' })).rejects.toThrow(/no GPU/);
  });

  test('a browser without any way to frames: UnsupportedError, and no camera is asked for (F11)', async () => {
    const page = await open();
    await page.evaluate(() => {
      Reflect.deleteProperty(globalThis, 'MediaStreamTrackProcessor');
      Reflect.deleteProperty(HTMLVideoElement.prototype, 'requestVideoFrameCallback');
    });
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => { throw new Error('a camera was asked for'); };
    });
    await expect(create(page, {})).rejects.toThrow(/MediaStreamTrackProcessor/);
  });

  test('a camera that ends: the output ends, and another may be attached (F13)', async () => {
    const page = await open();
    await create(page, { engine: 'cpu' });
    const first = await page.evaluate(async () => {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
      const [camera] = stream.getVideoTracks();
      if (camera === undefined) throw new Error('no camera');
      const ended = new Promise<void>((resolve) => { window.made.on('state', (state) => { if (state === 'idle') resolve(); }); });
      const track = await window.made.attach(camera);
      await window.made.ready;
      camera.stop();
      await ended;
      return track.readyState;
    });
    expect(first).toBe('ended');
    expect(await codes(page)).toContain('camera-ended');
    await openCamera(page);
    await waitForFrames(page, 3);
    expectNothingRaw(await seenBy(page));
  });
});

describe('a camera that is refused', () => {
  const { page: open } = useBench({ gpu: false, refusesCamera: true });

  test('is a camera-refused fault that says what to do, and no track', async () => {
    const page = await open();
    await create(page, { engine: 'cpu' });
    const fault = await page.evaluate(() =>
      window.made.openCamera().then(
        () => undefined,
        (cause: unknown) => ({ code: (cause as { code: string }).code, message: (cause as Error).message }),
      ),
    );
    expect(fault).toMatchObject({ code: 'camera-refused', message: expect.stringContaining('allow it') as string });
    expect(await page.evaluate(() => window.watch.outputs.length)).toBe(0);
  });
});
