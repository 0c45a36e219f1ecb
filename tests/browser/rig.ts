/** What the browser tests of Bauta share: engines that misbehave, a Bauta in a page, and what is seen of it. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { BautaOptions, BautaReport } from '../../web/src/index.js';
import { siteFile } from './bench.js';
import type { Changes } from './bench.js';
import { UNSEEN } from './camera.js';
import type { Seen } from './watch.js';

/** Runs `script`, an address, in workers of those names before anything else. */
export const beforeWorkers = (script: string, workers: readonly string[] = ['gate-worker', 'engine-worker']): Changes => {
  const names = workers.map((name): Changes => ({
    [`/bauta/${name}.js`]: `import '${script}'; import './real-${name}.js';`,
    [`/bauta/real-${name}.js`]: siteFile(`bauta/${name}.js`),
  }));
  return Object.assign({}, ...names) as Changes;
};

/** Blinds what looks at pictures in the gate: it sees noise, and so neither a camera's picture nor one that stands still. */
export const BLIND = `OffscreenCanvasRenderingContext2D.prototype.getImageData = function (x, y, width, height) {
  return { data: Uint8ClampedArray.from({ length: 4 * width * height }, () => 256 * Math.random()) };
};`;

/** An engine that does not anonymize, and a canary that cannot notice. */
export const PASS_THROUGH: Changes = {
  '/blind.js': BLIND,
  ...beforeWorkers('/blind.js', ['gate-worker']),
  '/bauta/engine.js': `export const loadEngine = async (kind, { card }) => ({
    kind, adapter: 'mutant', card: JSON.parse(card), anonymize: async (raw) => raw.clone(), close() {} });`,
};

/** The real engine, with `anonymize` replaced by a function of the real one, the frame and its number. */
export const meddling = (anonymize: string): Changes => ({
  '/bauta/real-engine.js': siteFile('bauta/engine.js'),
  '/bauta/engine.js': `import { loadEngine as load } from './real-engine.js';
    let frames = 0;
    export const loadEngine = async (kind, assets) => {
      const engine = await load(kind, assets);
      const meddle = ${anonymize};
      return { kind, adapter: engine.adapter, card: engine.card, close: () => engine.close(),
        anonymize: (raw) => meddle((frame) => engine.anonymize(frame), raw, frames++) };
    };`,
});

/** An engine that takes `ms` longer over each frame, and notes when it got which. */
export const slowedBy = (ms: number): Changes =>
  meddling(`async (real, raw) => {
    (globalThis.taken ??= []).push({ atMs: performance.now(), cameraMs: raw.timestamp / 1000 });
    await new Promise((go) => setTimeout(go, ${String(ms)}));
    return real(raw);
  }`);

/** By how many milliseconds frames were older than the first, when a slowed engine got them. */
export const agesOf = async (page: Page): Promise<number[]> => {
  const engine = page.workers().find((worker) => worker.url().endsWith('/engine-worker.js'));
  const taken = await engine?.evaluate(() => (globalThis as unknown as { taken: { atMs: number; cameraMs: number }[] }).taken);
  const [question, first, ...rest] = taken ?? []; // the first is no camera's: the self-test's
  if (question === undefined || first === undefined) throw new Error('the engine got no frame');
  return rest.map(({ atMs, cameraMs }) => atMs - first.atMs - (cameraMs - first.cameraMs));
};

/** Makes a Bauta in the page, which notes its states and errors. */
export const create = (page: Page, options: BautaOptions): Promise<void> =>
  page.evaluate(async (options) => {
    window.made = await window.library.Bauta.create(options);
    [window.errors, window.states] = [[], []];
    window.made.on('error', (error) => window.errors.push(error));
    window.made.on('state', (state) => window.states.push(state));
  }, options);

export const openCamera = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    window.made.on('stats', () => undefined);
    await window.made.openCamera({ width: 640, height: 480 });
  });

/** Opens the camera on a Bauta that cannot get ready, and gives what it says. */
export const faultOfOpening = (page: Page): Promise<{ code: string | undefined; message: string | undefined }> =>
  page.evaluate(async () => {
    const opening = window.made.openCamera({ width: 640, height: 480 }).catch(() => undefined);
    const fault = await window.made.ready.then(() => undefined, (cause: unknown) => cause as { code: string; message: string });
    await opening;
    return { code: fault?.code, message: fault?.message };
  });

export const report = (page: Page): Promise<BautaReport> => page.evaluate(() => window.made.report());

export const codes = (page: Page): Promise<string[]> => page.evaluate(() => window.errors.map(({ code }) => code));

export const seenBy = (page: Page): Promise<Seen[]> => page.evaluate(() => window.watch.seen);

/** Waits until `count` frames other than slates have left. */
export const waitForFrames = async (page: Page, count: number): Promise<void> => {
  const isOver = (count: number): boolean =>
    window.made.state === 'blocked' || window.watch.seen.filter(({ isSlate }) => !isSlate).length >= count;
  await page.waitForFunction(isOver, count, { timeout: 100_000 });
  const { state, error } = await report(page);
  if (state === 'blocked') throw new Error(error?.message ?? 'blocked');
};

export const waitForState = (page: Page, state: string): Promise<unknown> =>
  page.waitForFunction((state) => window.made.state === state, state, { timeout: 60_000 });

export const strongest = (seen: Seen[]): number => Math.max(...seen.map(({ pattern }) => pattern));

/** Asserts that nothing of the camera's picture has left: no pattern as fine as `unseen`. */
export const expectNothingRaw = (seen: Seen[], unseen = UNSEEN): void => {
  expect(seen.length, 'frames that left').toBeGreaterThan(0);
  expect(strongest(seen), 'the strongest fine pattern in any frame that left').toBeLessThan(unseen);
};
