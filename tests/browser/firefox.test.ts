/**
 * The way through a video element in a real Firefox, on the processor, with real people who wear marks: what leaves, from
 * the first picture on. Skipped, and said so, where there is no Firefox. Limits are wide: a Firefox without compiled
 * WebAssembly, as on some test machines, takes seconds for a frame.
 */
import type { Page as DrivenPage } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Changes } from './bench.js';
import { FOUND } from './camera.js';
import { hasFirefox, launchFirefox } from './firefox.js';
import type { Firefox } from './firefox.js';
import { PASS_THROUGH, codes, create, expectNothingRaw, meddling, report, seenBy, strongest } from './rig.js';
import type { Seen } from './watch.js';

declare global {
  interface Window {
    filmed: (width?: number, height?: number) => Promise<MediaStreamTrack>;
    eachPicture: (track: MediaStreamTrack, visit: (picture: Seen) => void) => Promise<void>;
    camera: MediaStreamTrack;
  }
}

if (!hasFirefox) console.info('skipped: no Firefox');

describe.runIf(hasFirefox)('Firefox', () => {
  let firefox: Firefox;
  beforeAll(async () => { firefox = await launchFirefox(); });
  afterEach(() => firefox.closePages());
  afterAll(() => firefox.close());

  /** Both drivers' pages evaluate functions alike, and no more of them is used. */
  const open = async (changes: Changes = {}, deadlineMs = 30_000): Promise<DrivenPage> => {
    const page = (await firefox.page(changes)) as unknown as DrivenPage;
    await create(page, { engine: 'cpu', deadlineMs, frozenMs: Infinity });
    return page;
  };
  const attach = (page: DrivenPage): Promise<void> =>
    page.evaluate(async () => {
      window.camera = await window.filmed();
      await window.made.attach(window.camera);
    });
  const until = async (page: DrivenPage, what: string, is: () => boolean): Promise<void> => {
    const over = Date.now() + 60_000;
    while (!(await page.evaluate(is))) {
      if (Date.now() > over) throw new Error(`not within a minute: ${what}; ${JSON.stringify({ ...(await report(page)), card: 0, engine: 0 })}`);
      await new Promise((go) => setTimeout(go, 50));
    }
  };
  const frames = (): boolean => window.watch.seen.filter(({ isSlate }) => !isSlate).length >= 5;

  test('is told from other browsers by what it has', async () => {
    const page = await open();
    const can = await page.evaluate(() => window.library.support());
    console.info(`${firefox.version}: ${can.why}`);
    expect(can).toMatchObject({ supported: true, pipeline: 'element', missing: [] });
  });

  test('sends nothing but slates and anonymized frames, from the first picture on (F1)', async () => {
    const page = await open();
    await attach(page);
    await until(page, 'frames', frames);
    const seen = await seenBy(page);
    console.info(`${firefox.version}: ${String(seen.length)} pictures, strongest fine pattern ${strongest(seen).toFixed(2)} of 127.5`);
    expectNothingRaw(seen);
    expect(seen[0]?.isSlate, 'the first picture is a slate').toBe(true);
    expect(await page.evaluate(() => window.states)).toEqual(['arming', 'running']);
    expect(await report(page)).toMatchObject({ pipeline: 'element', engine: { kind: 'cpu' }, error: null });
  });

  test('is found out by the detector if it passes frames through', async () => {
    const page = await open(PASS_THROUGH);
    await attach(page);
    await until(page, 'frames', frames);
    const passed = (await seenBy(page)).filter(({ isSlate }) => !isSlate);
    expect(Math.max(...passed.map(({ pattern }) => pattern)), 'the strongest mark').toBeGreaterThan(FOUND);
  });

  test('puts the slate in place of a frame that fails, and goes on with a fresh engine (F4)', async () => {
    const page = await open(meddling('async (real, raw, number) => { if (number === 3) throw new Error("made to fail"); return real(raw); }'));
    await attach(page);
    await until(page, 'running again', () => window.states.filter((state) => state === 'running').length >= 2);
    expect((await page.evaluate(() => window.states)).slice(0, 4)).toEqual(['arming', 'running', 'degraded', 'running']);
    expect((await codes(page))[0]).toBe('frame-failed');
    expectNothingRaw(await seenBy(page));
  });

  test('shows the slate while an engine does not answer (F7)', async () => {
    const page = await open(meddling('(real, raw, number) => (number === 3 ? new Promise(() => {}) : real(raw))'), 5000);
    await attach(page);
    await until(page, 'degraded, and the slate', () => window.made.state === 'degraded' && window.watch.seen.at(-1)?.isSlate === true);
    expect(await codes(page)).toEqual(['stalled']);
    expectNothingRaw(await seenBy(page));
  });

  test('does not trust an engine that gives the camera picture back (F6)', async () => {
    const page = await open(meddling('async (real, raw) => raw.clone()'));
    await attach(page);
    await until(page, 'a fault', () => window.errors.some(({ code }) => code === 'canary-failed'));
    expectNothingRaw(await seenBy(page));
  });

  test('ends the output with its camera, and says so (F13)', async () => {
    const page = await open();
    await attach(page);
    await until(page, 'frames', frames);
    await page.evaluate(() => { window.camera.stop(); });
    await until(page, 'the end', () => window.made.state === 'idle' && window.watch.outputs.every(({ readyState }) => readyState === 'ended'));
    expect(await codes(page)).toEqual(['camera-ended']);
    expectNothingRaw(await seenBy(page));
  });

  test('ends the output before the camera stops (F10)', async () => {
    const page = await open();
    await attach(page);
    await until(page, 'frames', frames);
    const order = await page.evaluate(async () => {
      const order: string[] = [];
      const stop = window.camera.stop.bind(window.camera);
      const outputs = (): string => (window.watch.outputs.some(({ readyState }) => readyState === 'live') ? 'live' : 'ended');
      window.camera.stop = () => {
        order.push(`camera stops, output ${outputs()}`);
        stop();
      };
      await window.made.close();
      return [...order, `output ${outputs()}`, `camera ${window.camera.readyState}`, window.made.state];
    });
    expect(order).toEqual(['camera stops, output ended', 'output ended', 'camera ended', 'closed']);
  });

  test('changes the camera under one output (F3)', async () => {
    const page = await open();
    await attach(page);
    await until(page, 'frames', frames);
    await page.evaluate(async () => { await window.made.useCamera(await window.filmed(320, 240)); });
    await until(page, 'frames of the other', () => window.watch.seen.filter(({ width, isSlate }) => width === 320 && !isSlate).length >= 3);
    const live = await page.evaluate(() => window.watch.outputs.filter(({ readyState }) => readyState === 'live').length);
    expect([live, await page.evaluate(() => window.camera.readyState)], 'outputs, and the first camera').toEqual([1, 'ended']);
    expect(await codes(page)).toEqual([]);
    expectNothingRaw(await seenBy(page));
  });
});
