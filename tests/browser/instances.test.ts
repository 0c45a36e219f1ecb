/** Several Bautas in one page, and what is left of one that was closed: nothing. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Bauta } from '../../web/src/index.js';
import { openBench } from './bench.js';
import type { Bench, Changes } from './bench.js';
import { beforeWorkers, expectNothingRaw, seenBy } from './rig.js';

declare global {
  interface Window {
    many: Bauta[];
    cameras: MediaStreamTrack[];
  }
}

let bench: Bench;
let page: Page;
beforeAll(async () => { bench = await openBench({ gpu: false }); });
afterAll(() => bench.close());
afterEach(() => page.close());

/** A page that notes the tracks of every camera it opens. */
const open = async (): Promise<Page> => {
  page = await bench.page(COUNTED);
  await page.evaluate(() => {
    [window.many, window.cameras] = [[], []];
    const { mediaDevices } = navigator;
    const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
      const stream = await getUserMedia(constraints);
      window.cameras.push(...stream.getTracks());
      return stream;
    };
  });
  return page;
};

/** Every worker holds a lock for as long as it lives: the browser's own list of locks says how many do. */
const COUNTED: Changes = {
  '/lock.js': "void navigator.locks.request(crypto.randomUUID(), () => new Promise(() => {}));",
  ...beforeWorkers('/lock.js'),
};

/** How many workers live, engines among them. */
const workers = (): Promise<number> => page.evaluate(async () => (await navigator.locks.query()).held?.length ?? NaN);

const cameraStates = (): Promise<string[]> => page.evaluate(() => window.cameras.map(({ readyState }) => readyState));

test('three run beside each other, each is closed for itself, and nothing is left of them', async () => {
  await open();
  await page.evaluate(async () => {
    for (let count = 0; count < 3; count++) window.many.push(await window.library.Bauta.create({ engine: 'cpu', deadlineMs: 10_000 }));
    await Promise.all(window.many.map((bauta) => bauta.openCamera({ width: 640, height: 480 })));
  });
  await page.waitForFunction(() => window.many.every(({ state }) => state === 'running'), undefined, { timeout: 60_000 });
  expect(await workers(), 'a gate and an engine each').toBe(6);

  await page.evaluate(() => window.many[1]!.close());
  expect(await page.evaluate(() => window.many.map(({ state }) => state))).toEqual(['running', 'closed', 'running']);
  expect((await cameraStates()).sort()).toEqual(['ended', 'live', 'live']);
  await expect.poll(workers, { timeout: 20_000 }).toBe(4);
  await page.evaluate(async () => {
    const others = window.many.filter(({ state }) => state === 'running');
    await Promise.all(others.map((bauta) => {
      const { framesOut } = bauta.report().stats;
      return new Promise<void>((go) => { bauta.on('stats', (stats) => { if (stats.framesOut > framesOut) go(); }); });
    }));
  });

  await page.evaluate(() => Promise.all([...window.many, ...window.many].map((bauta) => bauta.close()))); // twice, and one a third time
  expect(await page.evaluate(() => window.many.map(({ state }) => state))).toEqual(['closed', 'closed', 'closed']);
  expect(await cameraStates()).toEqual(['ended', 'ended', 'ended']);
  expect(await page.evaluate(() => window.watch.outputs.map(({ readyState }) => readyState))).toEqual(['ended', 'ended', 'ended']);
  await expect.poll(workers, { timeout: 20_000 }).toBe(0);
  expectNothingRaw(await seenBy(page));
});

test('twenty that are made and closed, loaded or not, leave no worker', async () => {
  await open();
  await page.evaluate(async () => {
    for (let count = 0; count < 20; count++) {
      const bauta = await window.library.Bauta.create({ engine: 'cpu' });
      if (count % 4 === 0) await bauta.ready;
      if (count % 4 === 1) await bauta.openCamera({ width: 640, height: 480 });
      await bauta.close();
    }
  });
  await expect.poll(workers, { timeout: 20_000 }).toBe(0);
  const cameras = await cameraStates();
  expect(cameras).toHaveLength(5);
  expect(new Set(cameras)).toEqual(new Set(['ended']));
});
