/**
 * One picture, three engines: native, WebAssembly on the processor, WebGPU. What differs is said in numbers,
 * and compared where it counts: in the pixels of the frame that leaves.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineKind } from '../../web/src/engine.js';
import { launch, serve } from './chromium.js';
import type { Site } from './chromium.js';
import { compareClip, compareFrame, compareNetwork, compareTrack, countCommands, installTestbench, refusal } from './testbench.js';
import type { Still } from './testbench.js';
import { compareCodes, compareMosaic, installCounted } from './testbench-counted.js';
import type { Counted } from './testbench-counted.js';

/** Between engines that sum the same products in another order. */
const FLOAT_TOLERANCE = 1e-3;
/** Of 255: a value that lies between two bytes may fall to either side. */
const PIXEL_TOLERANCE = 1;
/** Of 255: a track stores NV12, one colour for four pixels in limited range. Measured: 0.5, at an edge up to 6. */
const TRACK_MEAN_TOLERANCE = 2;
/** GPU programs started for one frame, import and network together; the budget is 40. */
const MOST_DISPATCHES = 20;

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bauta-parity-'));

interface Size {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly working: readonly [number, number];
}

const countedReference = (): Counted => JSON.parse(readFileSync(join(folder, 'counted.json'), 'utf8')) as Counted;

const sizes = (): Size[] => JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Size[];

let site: Site;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  const model = join(root, 'models', 'bauta-s');
  const given = existsSync(`${model}.bpk`) ? [model] : [];
  const command = ['run', '--release', '--quiet', '--example', 'reference', '--', folder, ...given];
  execFileSync('cargo', command, { cwd: root, stdio: 'inherit' });
  site = await serve({ '/dist/': join(root, 'web', 'dist'), '/reference/': folder });
  browser = await launch({ gpu: true });
  page = await browser.newPage();
  await page.goto(site.address);
  await installTestbench(page);
  await installCounted(page);
}, 600_000);

afterAll(async () => {
  await browser.close();
  await site.close();
  rmSync(folder, { recursive: true });
});

describe.each<EngineKind>(['cpu', 'webgpu'])('the %s engine', (kind) => {
  test('computes what the native network computes', async () => {
    for (const size of sizes()) {
      const largest = await page.evaluate(compareNetwork, { kind, ...size });
      expect(largest, `${kind} ${size.name}: largest difference`).toBeLessThan(FLOAT_TOLERANCE);
    }
  });

  test('shows the pixels that the native engine shows, at every size', async () => {
    for (const size of sizes()) {
      const { largest, shown, timestamp } = await page.evaluate(compareFrame, { kind, ...size });
      expect(shown, `${kind} ${size.name}: display size`).toEqual([size.width, size.height]);
      expect(timestamp, 'the timestamp of the raw frame').toBe(12_345);
      expect(largest, `${kind} ${size.name}: largest difference of 255`).toBeLessThanOrEqual(PIXEL_TOLERANCE);
    }
  });

  test('shows the same pixels after a frame of another size', async () => {
    const [large, , small] = sizes();
    if (large === undefined || small === undefined) throw new Error('three sizes wanted');
    await page.evaluate(compareFrame, { kind, ...small });
    const { largest } = await page.evaluate(compareFrame, { kind, ...large });
    expect(largest, `${kind}: largest difference of 255`).toBeLessThanOrEqual(PIXEL_TOLERANCE);
  });

  test('keeps its pixels on the way through a track', async () => {
    const [size] = sizes();
    if (size === undefined) throw new Error('a size wanted');
    const { format, mean, largest } = await page.evaluate(compareTrack, { kind, ...size });
    console.info(`${kind}: track of ${String(format)}, off by ${mean.toFixed(2)} of 255 on average, at most ${String(largest)}`);
    expect(mean, `${kind}: mean difference of 255`).toBeLessThan(TRACK_MEAN_TOLERANCE);
  });

  test('releases the same numbers from the same seed, and draws the same picture of them', async () => {
    const counted = countedReference();
    const { released, largest } = await page.evaluate(compareCodes, { kind, counted });
    expect(released, 'clip and noise').toEqual(counted.codes.released);
    expect(largest, `${kind}: largest difference`).toBeLessThan(FLOAT_TOLERANCE);
  });

  test('paints the same mosaics from the same seed, cells at the edge too', async () => {
    const { seed, mosaics } = countedReference();
    expect(mosaics).toHaveLength(2);
    for (const mosaic of mosaics) {
      const largest = await page.evaluate(compareMosaic, { kind, seed, mosaic });
      expect(largest, `${kind} ${mosaic.name}: largest difference of 255`).toBeLessThanOrEqual(PIXEL_TOLERANCE);
    }
  });

  test('is refused when its answer is not the one on the card', async () => {
    expect(await page.evaluate(refusal, { kind, change: 'answer' as const })).toBe('self-test-failed');
  });

  test('is refused when the weights are not those of the card', async () => {
    expect(await page.evaluate(refusal, { kind, change: 'weights' as const })).toBe('bad-model');
  });
});

test('a model of movement shows the cells that the native engine shows, and leaves the GPU alone', async () => {
  const frames = JSON.parse(readFileSync(join(folder, 'motion.index.json'), 'utf8')) as Still[];
  expect(frames).toHaveLength(6);
  const { off, differ } = await page.evaluate(compareClip, { model: 'motion', frames });
  expect(off.filter((largest) => largest > PIXEL_TOLERANCE), 'largest differences of 255, frame by frame').toEqual([]);
  expect(differ, 'what moves is not shown').toBe(true);
  expect(await page.evaluate(refusal, { kind: 'webgpu' as const, change: 'movement' as const })).toBe('no-webgpu');
});

test('a frame on the GPU is a few commands, and reads nothing back', async () => {
  const [size] = sizes();
  if (size === undefined) throw new Error('a size wanted');
  const count = await page.evaluate(countCommands, size);
  console.info(`webgpu: per frame ${JSON.stringify(count)}`);
  expect(count.mapAsync, 'reads back').toBe(0);
  expect(count.dispatches, 'GPU programs started').toBeLessThanOrEqual(MOST_DISPATCHES);
});

test('an emulated GPU is passed over unless it is asked for', async () => {
  expect(await page.evaluate(refusal, { kind: 'webgpu' as const, change: 'hardware only' as const })).toBe('no-webgpu');
});

test('a GPU that is lost anonymizes nothing any more, and says so once', async () => {
  const lost = await browser.newPage();
  await lost.goto(site.address);
  await installTestbench(lost);
  const faults = await lost.evaluate(async () => {
    const told: string[] = [];
    const engine = await window.bauta.load('webgpu', { onLost: (fault) => told.push(fault.code) });
    window.bauta.devices.at(-1)?.destroy();
    await new Promise((later) => setTimeout(later, 200));
    const raw = new VideoFrame(new Uint8Array(64 * 64 * 4), { format: 'RGBA', codedWidth: 64, codedHeight: 64, timestamp: 0 });
    const code = await window.bauta.codeOf(engine.anonymize(raw));
    raw.close();
    return [...told, code];
  });
  await lost.close();
  expect(faults).toEqual(['device-lost', 'device-lost']);
});

test('a browser without a GPU is told so', async () => {
  const plain = await launch({ gpu: false });
  const bare = await plain.newPage();
  await bare.goto(site.address);
  await installTestbench(bare);
  const code = await bare.evaluate(refusal, { kind: 'webgpu' as const, change: 'nothing' as const });
  await plain.close();
  expect(code).toBe('no-webgpu');
});
