/** F3: another camera under an output that goes on; and what becomes of both cameras when that fails. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { codes, create, expectNothingRaw, openCamera, report, seenBy, waitForFrames } from './rig.js';
import { useBench } from './use-bench.js';

const bench = useBench({ gpu: false });

/** A page in which the cameras that were opened are known, and a camera may be `refuse`d by the name of an error. */
const open = async (): Promise<Page> => {
  const page = await bench.page();
  await page.evaluate(() => {
    const devices = navigator.mediaDevices;
    const ask = devices.getUserMedia.bind(devices);
    window.cameras = [];
    devices.getUserMedia = async (wanted) => {
      const error = window.refuse?.(window.cameras.filter(({ readyState }) => readyState === 'live').length);
      if (error !== undefined) throw new DOMException('made to fail', error);
      const stream = await ask(wanted);
      window.cameras.push(...stream.getVideoTracks());
      return stream;
    };
  });
  await create(page, { engine: 'cpu' });
  return page;
};

const begin = async (): Promise<Page> => {
  const page = await open();
  await openCamera(page);
  await waitForFrames(page, 2);
  return page;
};

const change = (page: Page): Promise<string> =>
  page.evaluate(() => window.made.useCamera({ width: 640, height: 480 }).then(() => 'changed', (fault: unknown) => (fault as { code: string }).code));

const camerasOf = (page: Page): Promise<string[]> => page.evaluate(() => window.cameras.map(({ readyState }) => readyState));
const outputOf = (page: Page): Promise<string[]> => page.evaluate(() => window.watch.outputs.map(({ readyState }) => readyState));

declare global {
  interface Window {
    cameras: MediaStreamTrack[];
    /** The name of the error that opening a camera fails with, when so many are open. */
    refuse?: (open: number) => string | undefined;
  }
}

test('changes the camera again and again under one output, without a slate or a raw frame (F3)', async () => {
  const page = await begin();
  for (let turn = 0; turn < 10; turn++) {
    expect(await change(page)).toBe('changed');
    await waitForFrames(page, (await seenBy(page)).filter(({ isSlate }) => !isSlate).length + 2);
  }
  expect(await camerasOf(page)).toEqual([...Array.from({ length: 10 }, () => 'ended'), 'live']);
  expect(await outputOf(page)).toEqual(['live']);
  expect(await page.evaluate(() => window.states)).toEqual(['arming', 'running']);
  expect(await codes(page)).toEqual([]);
  const seen = await seenBy(page);
  expect(seen.slice(seen.findIndex(({ isSlate }) => !isSlate)).some(({ isSlate }) => isSlate), 'a slate after the first frame').toBe(false);
  const times = seen.map(({ timestamp }) => timestamp);
  expect(times.every((time, at) => at === 0 || time > (times[at - 1] ?? 0)), 'times go forward').toBe(true);
  expectNothingRaw(seen);
  const { entries } = await page.evaluate(() => window.made.log());
  expect(entries.filter(({ kind, data }) => kind === 'input' && data.camera === 'another')).toHaveLength(10);
});

test('keeps the camera in use where the next is refused', async () => {
  const page = await begin();
  await page.evaluate(() => { window.refuse = () => 'NotAllowedError'; });
  expect(await change(page)).toBe('camera-refused');
  await waitForFrames(page, (await seenBy(page)).length + 2);
  expect([await camerasOf(page), await outputOf(page)]).toEqual([['live'], ['live']]);
  expect((await report(page)).state).toBe('running');
});

test('stops the camera in use first where only one can be open, and shows nothing raw meanwhile', async () => {
  const page = await begin();
  await page.evaluate(() => { window.refuse = (open) => (open > 0 ? 'NotReadableError' : undefined); });
  expect(await change(page)).toBe('changed');
  await waitForFrames(page, (await seenBy(page)).length + 2);
  expect([await camerasOf(page), await outputOf(page)]).toEqual([['ended', 'live'], ['live']]);
  expectNothingRaw(await seenBy(page));
});

test('ends the output where the camera in use had to be stopped, and the next does not open', async () => {
  const page = await begin();
  await page.evaluate(() => { window.refuse = () => 'NotReadableError'; });
  expect(await change(page)).toBe('camera-busy');
  expect([await camerasOf(page), await outputOf(page)]).toEqual([['ended'], ['ended']]);
  await page.evaluate(() => { window.refuse = () => undefined; });
  await openCamera(page);
  await page.waitForFunction(() => window.made.state === 'running');
  expectNothingRaw(await seenBy(page));
});

test.each(['detach', 'close'] as const)('leaves no camera open when it is ended meanwhile: %s', async (end) => {
  const page = await begin();
  const code = await page.evaluate(async (end) => {
    const changing = window.made.useCamera().then(() => 'changed', (fault: unknown) => (fault as { code: string }).code);
    await window.made[end]();
    return changing;
  }, end);
  expect(['detached', 'closed']).toContain(code);
  expect(new Set([...(await camerasOf(page)), ...(await outputOf(page))])).toEqual(new Set(['ended']));
});

test('waits for an output that only begins', async () => {
  const page = await open();
  const found = await page.evaluate(async () => {
    void window.made.encodeTo(new WritableStream()).catch(() => undefined); // the output begins once the encoder is there
    const [first, second] = await Promise.all([0, 1].map(async () => (await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } })).getVideoTracks()[0]!));
    void window.made.attach(first!);
    await window.made.useCamera(second);
    return [first!.readyState, second!.readyState];
  });
  expect(found).toEqual(['ended', 'live']);
  await waitForFrames(page, 2);
  expectNothingRaw(await seenBy(page));
});

test('ends and closes for a listener that throws as for any other', async () => {
  const page = await begin();
  await page.evaluate(() => {
    window.made.on('state', () => { throw new Error('made to fail'); });
    window.made.on('error', () => { throw new Error('made to fail'); });
    return window.made.close();
  });
  expect([await camerasOf(page), await outputOf(page)]).toEqual([['ended'], ['ended']]);
});

test('ends what a listener detaches as soon as it begins', async () => {
  const page = await open();
  await page.evaluate(async () => {
    window.made.on('state', (state) => { if (state === 'arming') void window.made.detach(); });
    await window.made.openCamera().catch(() => undefined);
  });
  expect([await camerasOf(page), await outputOf(page)]).toEqual([['ended'], ['ended']]);
  expect(await codes(page)).toEqual([]);
});

test('wants a camera in use, and one change at a time', async () => {
  const page = await open();
  expect(await change(page)).toBe('no-camera');
  await openCamera(page);
  const both = await page.evaluate(() =>
    Promise.allSettled([window.made.useCamera(), window.made.useCamera()]).then((ends) => ends.map((end) => (end.status === 'rejected' ? (end.reason as { code: string }).code : 'changed'))));
  expect(both).toEqual(['changed', 'busy']);
});
