/** Frames through `transformStream()`: the same rules as for tracks, each frame closed, and ends that tell each other. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { Changes } from './bench.js';
import { FOUND } from './camera.js';
import { PASS_THROUGH, create, expectNothingRaw, meddling, strongest } from './rig.js';
import type { Seen } from './watch.js';
import { useBench } from './use-bench.js';

declare global {
  interface Window {
    /** The camera's frames, and every frame given out so far. */
    cameraFrames: () => Promise<ReadableStream<VideoFrame>>;
    given: VideoFrame[];
    stream: ReadableWritablePair<VideoFrame, VideoFrame>;
    /** A reason or code that a promise rejects with, or `none`. */
    reason: (promise: Promise<unknown>) => Promise<string>;
    /** A frame of one colour. */
    drawn: (width?: number, height?: number) => VideoFrame;
  }
}

const bench = useBench({ gpu: false });

const open = async (changes: Changes = {}, options = {}): Promise<Page> => {
  const page = await bench.page(changes);
  await create(page, { engine: 'cpu', ...options });
  await page.evaluate(() => {
    const scope = window as unknown as {
      MediaStreamTrackProcessor: new (init: { track: MediaStreamTrack; maxBufferSize: number }) => { readable: ReadableStream<VideoFrame> };
    };
    const noted = (frame: VideoFrame): VideoFrame => {
      window.given.push(frame);
      return frame;
    };
    window.given = [];
    window.cameraFrames = async () => {
      const [track] = (await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } })).getVideoTracks();
      const { readable } = new scope.MediaStreamTrackProcessor({ track: track!, maxBufferSize: 1 });
      return readable.pipeThrough(new TransformStream<VideoFrame, VideoFrame>({ transform: (frame, out) => { out.enqueue(noted(frame)); } }));
    };
    window.reason = (promise) => promise.then(() => 'none', (cause: unknown) => (cause as { code?: string }).code ?? String(cause));
    window.drawn = (codedWidth = 64, codedHeight = 48) => noted(new VideoFrame(new Uint8Array(4 * codedWidth * codedHeight).fill(200), { format: 'RGBA', codedWidth, codedHeight, timestamp: 0 }));
  });
  return page;
};

/** Sends the camera through until `count` frames other than slates have come out, and closes it then. */
const through = (page: Page, count: number): Promise<{ seen: Seen[]; ended: boolean }> =>
  page.evaluate(async (count) => {
    window.stream = await window.made.transformStream({ width: 320, height: 240 });
    const over = new AbortController();
    const sent = (await window.cameraFrames()).pipeTo(window.stream.writable, { signal: over.signal, preventAbort: true });
    const reader = window.stream.readable.getReader();
    const seen: Seen[] = [];
    for (;;) {
      const { value: frame, done } = await reader.read();
      if (done) return { seen, ended: true };
      seen.push(await window.watch.look(frame));
      frame.close();
      if (over.signal.aborted || seen.filter(({ isSlate }) => !isSlate).length < count) continue;
      over.abort();
      await sent.catch(() => undefined);
      void window.stream.writable.close();
    }
  }, count);

const openFrames = (page: Page): Promise<number> => page.evaluate(() => window.given.filter(({ format }) => format !== null).length);

test('gives slates and anonymized frames alone, in the order of their times, and closes every frame it is given', async () => {
  const page = await open();
  const { seen, ended } = await through(page, 20);
  expectNothingRaw(seen);
  expect(seen[0], 'a slate of the size that was asked for').toMatchObject({ isSlate: true, width: 320, height: 240 });
  expect(seen.filter(({ isSlate }) => !isSlate).every(({ width }) => width === 640)).toBe(true);
  const times = seen.map(({ timestamp }) => timestamp);
  expect(times.every((time, at) => at === 0 || time > (times[at - 1] ?? 0))).toBe(true);
  expect(new Set(seen.map(({ metadata }) => metadata))).toEqual(new Set(['{}']));
  expect(ended).toBe(true);
  expect(await page.evaluate(() => window.given.length)).toBeGreaterThan(20);
  // What the transform before ours still holds is not ours to close.
  expect(await openFrames(page), 'frames that are still open').toBeLessThanOrEqual(1);
  await page.waitForFunction(() => window.made.state === 'idle');
  expect(await page.evaluate(() => window.errors.length), 'an end is no fault').toBe(0);
});

test('is found out if it passes frames through', async () => {
  const page = await open(PASS_THROUGH);
  const { seen } = await through(page, 5);
  expect(strongest(seen)).toBeGreaterThan(FOUND);
});

test('gives frames that the upload guard knows', async () => {
  const page = await open();
  const refused = await page.evaluate(async () => {
    const takeOff = window.guard.guardUploads();
    const encoder = new VideoEncoder({ output: () => undefined, error: () => undefined });
    encoder.configure({ codec: 'vp8', width: 64, height: 48 });
    const { readable } = await window.made.transformStream();
    const { value: frame } = await readable.getReader().read();
    const raw = window.drawn();
    const attempt = (frame: VideoFrame): string => {
      try {
        encoder.encode(frame);
        return 'passed';
      } catch (cause) {
        return (cause as { code: string }).code;
      } finally {
        frame.close();
      }
    };
    const found = [attempt(frame!), attempt(raw)];
    takeOff();
    return found;
  });
  expect(refused).toEqual(['passed', 'raw-upload']);
});

test('shows the slate while the engine fails, and goes on', async () => {
  const page = await open(meddling(`(real, frame, number) => number >= 4 && number < 9 ? Promise.reject(new Error('no')) : real(frame)`));
  const { seen } = await through(page, 12);
  expectNothingRaw(seen);
  expect(await page.evaluate(() => window.states.slice(0, 4))).toEqual(['arming', 'running', 'degraded', 'running']);
});

test('ends on both sides, with the reason, when either side is broken off, and closes what waits', async () => {
  const page = await open();
  const found = await page.evaluate(async () => {
    const { made, drawn, reason, given } = window;
    await made.ready;
    const first = await made.transformStream();
    const writer = first.writable.getWriter();
    const writes = Array.from({ length: 6 }, () => reason(writer.write(drawn())));
    const reader = first.readable.getReader();
    (await reader.read()).value?.close();
    await writer.abort('enough');
    const aborted = [await reason(reader.read()), ...new Set(await Promise.all(writes.slice(-3)))];
    const leftOpen = given.filter(({ format }) => format !== null).length;

    while (made.state !== 'idle') await new Promise((resolve) => made.on('state', resolve));
    const second = await made.transformStream();
    const again = second.writable.getWriter();
    again.write(drawn()).catch(() => undefined);
    await second.readable.cancel('seen enough');
    const cancelled = await reason(again.closed);
    const stillOpen = given.filter(({ format }) => format !== null).length;
    return { aborted, leftOpen, cancelled, stillOpen, errors: window.errors.length };
  });
  expect(found).toMatchObject({ aborted: ['enough', 'enough'], leftOpen: 0, cancelled: 'seen enough', stillOpen: 0, errors: 0 });
});

test('ends on both sides, with why, when the Bauta is closed, detached, or has no engine left', async () => {
  const page = await open();
  const found = await page.evaluate(async () => {
    const { made, reason, drawn } = window;
    const ends = async (end: () => Promise<unknown>): Promise<string[]> => {
      const { readable, writable } = await made.transformStream();
      const [reader, writer] = [readable.getReader(), writable.getWriter()];
      (await reader.read()).value?.close(); // the slate
      void writer.write(drawn()).catch(() => undefined);
      const over = reason(writer.closed);
      await end();
      for (;;) {
        const { value, done } = await reader.read().catch((cause: unknown) => ({ value: undefined, done: (cause as { code: string }).code }));
        value?.close();
        if (done) return [String(done), await over];
      }
    };
    const detached = await ends(() => made.detach());
    const closed = await ends(() => made.close());
    return { detached, closed, open: window.given.filter(({ format }) => format !== null).length };
  });
  expect(found).toEqual({ detached: ['detached', 'detached'], closed: ['closed', 'closed'], open: 0 });
  await page.close();
  const blocked = await open({ '/bauta/models/bauta-s.bpk': null });
  const codes = await blocked.evaluate(async () => {
    const { made, reason } = window;
    const { readable, writable } = await made.transformStream();
    const over = reason(writable.getWriter().closed);
    const drain = readable.pipeTo(new WritableStream({ write: (frame) => { frame.close(); } }));
    return [await reason(drain), await over, made.state];
  });
  expect(codes).toEqual(['model-missing', 'model-missing', 'blocked']);
});

test('takes another input at once when the first is detached, while the engine still works on that', async () => {
  const page = await open(meddling(`(real, frame) => new Promise((resolve) => setTimeout(resolve, 150)).then(() => real(frame))`));
  const found = await page.evaluate(async () => {
    const { made, drawn, reason } = window;
    await made.ready;
    const states: string[] = [];
    const first = await made.transformStream();
    const writer = first.writable.getWriter();
    const reader = first.readable.getReader();
    (await reader.read()).value?.close();
    await writer.write(drawn());
    const detached = [made.detach(), reason(reader.read())];
    made.on('state', (state) => states.push(state));
    const second = await made.transformStream({ width: 64, height: 48 });
    const again = second.writable.getWriter();
    const sizes: string[] = [];
    again.write(drawn(96, 64)).catch(() => undefined);
    for await (const frame of second.readable) {
      sizes.push(`${String(frame.displayWidth)}x${String(frame.displayHeight)}`);
      frame.close();
      if (sizes.at(-1) === '96x64' && made.state === 'running') break;
    }
    return { detached: await Promise.all(detached), first: sizes[0], states, errors: window.errors.length };
  });
  // What the first was told, the second began with the slate; of the first nothing was heard any more.
  expect(found).toEqual({ detached: [undefined, 'detached'], first: '64x48', states: ['arming', 'running'], errors: 0 });
});

test('holds back who writes while nobody reads, and refuses what is no frame and no size', async () => {
  const page = await open();
  const found = await page.evaluate(async () => {
    const { made, drawn, reason, given } = window;
    await made.ready;
    const { readable, writable } = await made.transformStream({ width: 64, height: 48 });
    const writer = writable.getWriter();
    const written: Promise<void>[] = [];
    for (let at = 0; at < 10; at++) written.push(writer.write(drawn()));
    const reader = readable.getReader();
    for (let at = 0; at < 3; at++) (await reader.read()).value?.close();
    const waiting = given.filter(({ format }) => format !== null).length;
    writer.write('frame' as unknown as VideoFrame).catch(() => undefined);
    const drain = (async () => { for (;;) (await reader.read()).value?.close(); })();
    const refused = await reason(drain);
    const sizes = [{ width: 0, height: 48 }, { width: 64, height: 4.5 }];
    const refusals = await Promise.all(sizes.map((size) => made.transformStream(size).then(() => 'none', String)));
    return { waiting, refused, open: given.filter(({ format }) => format !== null).length, refusals };
  });
  expect(found.waiting, 'frames that wait at the writer').toBeGreaterThan(4);
  expect(found).toMatchObject({
    refused: 'TypeError: a VideoFrame is wanted',
    open: 0,
    refusals: ['TypeError: width is a whole number of pixels, not 0', 'TypeError: height is a whole number of pixels, not 4.5'],
  });
});
