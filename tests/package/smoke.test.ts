/** Apps that are built with each bundler from the packed package, and run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { finestPattern } from '../../web/src/conformance/marks.js';
import { serve } from '../../scripts/lib/serve.mjs';
import { FOUND, UNSEEN, makeCamera } from '../browser/camera.js';
import { launch } from '../browser/chromium.js';
import { WAYS } from './bundlers.js';
import { pack } from './packed.js';
import type { Packed } from './packed.js';

const temporary = mkdtempSync(join(tmpdir(), 'bauta-smoke-'));
let packed: Packed;
let browser: Browser;

beforeAll(async () => {
  packed = pack();
  const camera = join(temporary, 'camera.y4m');
  makeCamera(camera);
  browser = await launch({ gpu: false, camera });
});
afterAll(async () => {
  await browser.close();
  packed.remove();
  rmSync(temporary, { recursive: true });
});

/** An app: it shows the first frame of the state `running` as numbers, or says what went wrong. */
const app = (assetBase: string | undefined): string => `
import { Bauta } from 'bauta';

const firstOf = async (track) => {
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  for (;;) {
    const { value: frame } = await reader.read();
    if (frame === undefined) throw new Error('the output ended');
    const rgba = new Uint8Array(frame.allocationSize({ format: 'RGBA' }));
    await frame.copyTo(rgba, { format: 'RGBA' });
    const { displayWidth: width, displayHeight: height } = frame;
    frame.close();
    const isPlain = rgba.every((value, at) => at % 4 === 3 || Math.abs(value - rgba[at % 4]) <= 6);
    if (!isPlain) return { width, height, rgba: btoa(Array.from(rgba, (value) => String.fromCharCode(value)).join('')) };
  }
};

const raw = await firstOf((await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } })).getVideoTracks()[0]);
const options = { engine: 'cpu', ${assetBase === undefined ? '' : `assetBase: '${assetBase}'`} };
const bauta = await Bauta.create(options);
const failed = new Promise((_, reject) => { bauta.on('error', reject); });
const shown = await Promise.race([firstOf(await bauta.openCamera({ width: 640, height: 480 })), failed]);
const { state, engine } = bauta.report();
window.result = { raw, shown, state, engine: engine?.kind };
await bauta.close();
document.title = 'done';
`;

interface Picture {
  readonly width: number;
  readonly height: number;
  /** In base64: a list of numbers would take minutes out of the page. */
  readonly rgba: string;
}

const patternOf = ({ rgba, width, height }: Picture): number => finestPattern(Buffer.from(rgba, 'base64'), width, height);

test.each(WAYS)('with $name an app is built that anonymizes the camera', async (way) => {
  const project = packed.project(way.files(app(way.assetBase)));
  way.build(project);
  const site = await serve({ folder: join(project.folder, 'out'), instead: (path) => (path === '/favicon.ico' ? '' : undefined) });
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
    const broken = new Promise<never>((_, reject) => { page.on('pageerror', reject); });
    await page.goto(site.address);
    await Promise.race([page.waitForFunction(() => document.title === 'done', undefined, { timeout: 60_000 }), broken]);
    interface Result { raw: Picture; shown: Picture; state: string; engine: string }
    const { raw, shown, state, engine } = await page.evaluate(() => (window as unknown as { result: Result }).result);
    expect({ state, engine }).toEqual({ state: 'running', engine: 'cpu' });
    expect([shown.width, shown.height]).toEqual([640, 480]);
    expect(patternOf(raw), 'the marks in the camera picture').toBeGreaterThan(FOUND);
    expect(patternOf(shown), 'what is left of them').toBeLessThan(UNSEEN);
    expect(complaints, 'what the console says').toEqual([]);
  } finally {
    await context.close();
    await site.close();
  }
});
