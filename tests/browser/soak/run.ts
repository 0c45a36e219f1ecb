/** The soak in a browser: starts it, follows its memory, and stops when it is over. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { serve } from '../../../scripts/lib/serve.mjs';
import { EMPTY_PAGE, compiled, folder, siteFile } from '../bench.js';
import type { Changes } from '../bench.js';
import { filmOf } from '../camera.js';
import { launch } from '../chromium.js';
import { beforeWorkers } from '../rig.js';
import type { Counts, Plan } from './page.js';

/** What the browser holds, at a time. Sizes are in MB. */
export interface Memory {
  readonly minute: number;
  /** Resident memory of the page's process, workers and WebAssembly included, and of the GPU's process. */
  readonly page_mb: number;
  readonly gpu_mb: number;
  /** JavaScript of the page alone, after its garbage was collected. */
  readonly heap_mb: number;
  /** `VideoFrame`s open in the page and all workers. */
  readonly open_frames: number;
}

export interface Found {
  readonly browser: string;
  readonly counts: Counts;
  readonly memory: readonly Memory[];
  /** Errors that nobody caught. */
  readonly complaints: readonly string[];
}

const files = (changes: Changes): Changes => ({
  '/soak/': EMPTY_PAGE,
  '/setup.js': "import '/soak/open-frames.js'; import '/soak/page.js'; document.title = 'ready';",
  '/watch.js': compiled('watch'),
  '/soak/page.js': compiled('soak/page'),
  '/soak/source.js': compiled('soak/source'),
  '/soak/faults.js': compiled('soak/faults'),
  '/soak/open-frames.js': compiled('soak/open-frames'),
  ...beforeWorkers('/soak/open-frames.js'),
  '/bauta/real-engine.js': siteFile('bauta/engine.js'),
  '/bauta/engine.js': compiled('soak/engine').replace('/bauta/engine.js', '/bauta/real-engine.js'),
  '/film-320x240': Buffer.concat(filmOf(320, 240)),
  '/film-240x320': Buffer.concat(filmOf(240, 320)),
  ...changes,
});

/** MB of memory that the browser's processes of a kind hold; NaN where the system does not say. */
const residentMb = async (browser: Browser, kind: string): Promise<number> => {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const sizes = processInfo.filter(({ type }) => type === kind).map(({ id }) => {
    try {
      const [, kilobytes = 'NaN'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${String(id)}/status`, 'utf8')) ?? [];
      return Number(kilobytes) / 1024;
    } catch {
      return NaN;
    }
  });
  return Math.round(sizes.reduce((sum, size) => sum + size, 0));
};

const memoryOf = async (browser: Browser, page: Page, beganMs: number): Promise<Memory> => {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return {
    minute: Math.round((Date.now() - beganMs) / 600) / 100,
    page_mb: await residentMb(browser, 'renderer'),
    gpu_mb: await residentMb(browser, 'GPU'),
    heap_mb: Math.round(usedSize / 1e5) / 10,
    open_frames: await page.evaluate(() => window.soak.countEverywhere()),
  };
};

/** Runs a plan, with files of the site changed; `onProgress` is called every `everyS` seconds. */
export const soak = async (
  plan: Plan,
  { changes = {}, everyS = 15, onProgress = () => undefined }: { changes?: Changes; everyS?: number; onProgress?: (counts: Counts, memory: Memory) => void },
): Promise<Found> => {
  const extra = files(changes);
  const instead = (path: string): string | Uint8Array | null | undefined => {
    const [, rest] = /^\/session\/\d+\/(.*)$/.exec(path) ?? [];
    if (rest === undefined) return extra[path];
    return rest.startsWith('models/nowhere') ? null : siteFile(`bauta/${rest}`);
  };
  const site = await serve({ folder, instead });
  const browser = await launch({ gpu: false });
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${site.address}soak/`);
    await page.waitForFunction(() => document.title === 'ready');
    const beganMs = Date.now();
    const memory: Memory[] = [];
    const counts = (): Promise<Counts> => page.evaluate(() => window.soak.counts);
    const running = page.evaluate((plan) => window.soak.run(plan), plan);
    const over = running.then(() => true, () => true);
    const isOverWithin = (ms: number): Promise<boolean> => Promise.race([over, new Promise<boolean>((go) => setTimeout(go, ms, false))]);
    while (!(await isOverWithin(1000 * everyS))) {
      const now = await memoryOf(browser, page, beganMs);
      memory.push(now);
      onProgress(await counts(), now);
    }
    await running;
    memory.push(await memoryOf(browser, page, beganMs));
    return { browser: `Chromium ${browser.version()}`, counts: await counts(), memory, complaints };
  } finally {
    await browser.close();
    await site.close();
  }
};
