/** What a server receives of Bauta's encoded output, by POST and by WebSocket; and of the camera's own, for comparison. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { EncodedTotal } from '../../web/src/index.js';
import { compiled, openBench } from './bench.js';
import type { Bench, Changes } from './bench.js';
import { FOUND } from './camera.js';
import { PASS_THROUGH, create, expectNothingRaw, strongest } from './rig.js';
import type * as Sending from './sending.js';
import { serveUploads } from './upload-server.js';
import type { UploadServer, Way } from './upload-server.js';

declare global {
  interface Window {
    sending: typeof Sending;
  }
}

/** High, so that the codec leaves the camera's marks in where they are. */
const BITRATE = 4_000_000;

let bench: Bench;
let server: UploadServer | undefined;
let page: Page | undefined;
beforeAll(async () => {
  bench = await openBench({ gpu: false });
});
afterEach(async () => {
  await page?.close();
  await server?.close();
  [page, server] = [undefined, undefined];
});
afterAll(() => bench.close());

/** A page whose site takes uploads. */
const open = async (changes: Changes = {}): Promise<{ page: Page; server: UploadServer }> => {
  page = await bench.page({ '/sending.js': compiled('sending'), '/start.js': START, ...changes });
  server = await serveUploads(page.url());
  await page.goto(new URL('empty.html', server.address).href);
  await page.addScriptTag({ type: 'module', url: '/start.js' });
  await page.waitForFunction(() => document.title === 'ready' && 'sending' in window);
  return { page, server };
};

const START = `
  import * as sending from './sending.js';
  Object.assign(window, { sending });
`;

/** What arrived by `way`, decoded by a page that has nothing else. */
const decode = (page: Page, server: UploadServer, way: Way): Promise<Sending.Arrived[]> =>
  page.evaluate(({ way, count }) => window.sending.arrived(way, count), { way, count: server.received[way].length });

/** What arrives of a Bauta by `way` until 40 frames other than slates have left it. */
const upload = async (way: Way, changes: Changes = {}): Promise<{ made: Sending.Arrived[]; total: EncodedTotal }> => {
  const { page, server } = await open(changes);
  await create(page, { engine: 'cpu' });
  const total = await page.evaluate(async ({ way, BITRATE }) => {
    const sink = way === 'http' ? window.sending.byPost() : await window.sending.bySocket();
    const encoded = window.made.encodeTo(sink, { bitrate: BITRATE, keyFrameEveryMs: 700 });
    window.guard.guardUploads();
    await window.made.openCamera({ width: 640, height: 480 });
    const isEnough = (): boolean => window.watch.seen.filter(({ isSlate }) => !isSlate).length >= 40;
    while (!isEnough()) await new Promise((resolve) => { window.made.on('stats', resolve); });
    await window.made.close();
    return encoded;
  }, { way, BITRATE });
  return { made: await decode(page, server, way), total };
};

const uploadRaw = async (way: Way): Promise<Sending.Arrived[]> => {
  const { page, server } = await open();
  await page.evaluate(async ({ way, BITRATE }) => {
    const sink = way === 'http' ? window.sending.byPost() : await window.sending.bySocket();
    const [camera] = (await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } })).getVideoTracks();
    await window.sending.sendRaw(camera!, sink, BITRATE, 30);
  }, { way, BITRATE });
  return decode(page, server, way);
};

test.each<Way>(['http', 'socket'])("a server gets nothing of the camera's marks by %s, though it would see them", async (way) => {
  const { made, total } = await upload(way);
  await page?.close();
  await server?.close();
  const raw = await uploadRaw(way);
  const weakest = Math.min(...raw.map(({ pattern }) => pattern));
  console.info(
    `${way}: ${String(made.length)} frames (${String(total.dropped)} left out), strongest fine pattern ${strongest(made).toFixed(1)}; ` +
    `of the camera ${String(raw.length)}, weakest ${weakest.toFixed(1)} of 127.5`,
  );
  expect(weakest, 'of the camera').toBeGreaterThan(FOUND);
  expectNothingRaw(made);
  expect(made[0], 'the first frame of all').toMatchObject({ isSlate: true, type: 'key' });
  expect(made.filter(({ isSlate }) => !isSlate).length, 'more than slates arrived').toBeGreaterThan(5);
  expect(total.frames).toBe(made.length);
  expect(total.keyFrames).toBe(made.filter(({ type }) => type === 'key').length);
  expect(total.keyFrames, 'another key frame in time').toBeGreaterThan(1);
  const keys = made.filter(({ type }) => type === 'key').map(({ timestamp }) => timestamp);
  expect(Math.min(...keys.slice(1).map((time, at) => time - (keys[at] ?? 0))), 'between key frames').toBeGreaterThanOrEqual(700_000);
});

test('a server would see the marks of an engine that passes frames through', async () => {
  const { made } = await upload('socket', PASS_THROUGH);
  expect(strongest(made)).toBeGreaterThan(FOUND);
});
