/** Encoded output: how it begins, follows a change of size, and ends; and that it never holds up the output itself. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { EncodeOptions, EncodedVideo } from '../../web/src/index.js';
import { siteFile } from './bench.js';
import type { Changes } from './bench.js';
import { codes, create, openCamera, seenBy } from './rig.js';
import { useBench } from './use-bench.js';

declare global {
  interface Window {
    /** A sink that notes what it is given, and how it ended: `closed`, or why it was aborted. */
    noting: () => { sink: WritableStream<EncodedVideo>; chunks: EncodedVideo[]; ended: Promise<string> };
    outcome: (promise: Promise<unknown>) => Promise<unknown>;
    frameOf: (width: number, height: number, timestamp: number) => VideoFrame;
  }
}

const bench = useBench({ gpu: false });

const open = async (changes: Changes = {}): Promise<Page> => {
  const page = await bench.page(changes);
  await create(page, { engine: 'cpu' });
  await page.evaluate(() => {
    const text = (cause: unknown): string => (cause instanceof window.library.BautaError ? cause.code : String(cause));
    window.outcome = (promise) => promise.catch(text);
    window.noting = () => {
      const chunks: EncodedVideo[] = [];
      let end: (how: string) => void;
      const ended = new Promise<string>((resolve) => { end = resolve; });
      const sink = new WritableStream<EncodedVideo>({
        write: (video) => { chunks.push(video); },
        close: () => { end('closed'); },
        abort: (cause) => { end(text(cause)); },
      });
      return { sink, chunks, ended };
    };
    window.frameOf = (codedWidth, codedHeight, timestamp) =>
      new VideoFrame(new Uint8Array(4 * codedWidth * codedHeight).map(() => 256 * Math.random()), { format: 'RGBX', codedWidth, codedHeight, timestamp });
  });
  return page;
};

/** Waits until the output has given `count` more frames than now. */
const goesOn = async (page: Page, count = 10): Promise<void> => {
  const now = (await seenBy(page)).length;
  await page.waitForFunction((enough) => window.watch.seen.length >= enough, now + count);
};

test('gives a key frame with its configuration when the size changes, and accounts for every frame that left', async () => {
  const page = await open();
  const found = await page.evaluate(async () => {
    const { made, frameOf } = window;
    await made.ready;
    const { sink, chunks, ended } = window.noting();
    const encoded = made.encodeTo(sink, { codecs: ['no such codec', 'vp8'] });
    const { readable, writable } = await made.transformStream({ width: 160, height: 120 });
    let left = 0;
    const drained = readable.pipeTo(new WritableStream({ write: (frame) => { left++; frame.close(); } }));
    const writer = writable.getWriter();
    for (const [width, height] of [[160, 120], [320, 240]] as const) {
      const before = chunks.length;
      for (let at = 0; chunks.length < before + 4; at++) await writer.write(frameOf(width, height, at * 33_000));
    }
    await writer.close();
    await drained;
    const { frames, dropped } = await encoded;
    const keys = chunks.filter(({ chunk }) => chunk.type === 'key').map(({ metadata: { decoderConfig } }) => decoderConfig);
    return {
      frames: frames === chunks.length,
      accounted: frames + dropped - left,
      first: chunks[0]?.chunk.type,
      keys: keys.map((config) => [config?.codec, config?.codedWidth, config?.codedHeight]),
      ended: await ended,
    };
  });
  expect(found).toEqual({ frames: true, accounted: 0, first: 'key', keys: [['vp8', 160, 120], ['vp8', 320, 240]], ended: 'closed' });
});

test('leaves frames out when nobody takes the chunks, while the output goes on; and ends when it is told to', async () => {
  const page = await open();
  await page.evaluate(() => {
    const scope = window as unknown as { taken: number; stop: AbortController; outcomes: Promise<unknown>[]; release: () => void };
    scope.taken = 0;
    scope.stop = new AbortController();
    const released = new Promise<void>((resolve) => { scope.release = resolve; });
    const slow = new WritableStream<EncodedVideo>({ write: () => (scope.taken++ > 2 ? released : undefined) });
    const { sink, ended } = window.noting();
    scope.outcomes = [
      window.outcome(window.made.encodeTo(slow)),
      window.outcome(window.made.encodeTo(sink, { signal: scope.stop.signal })),
      ended,
    ];
  });
  await openCamera(page);
  await goesOn(page, 40);
  const found = await page.evaluate(async () => {
    const scope = window as unknown as { taken: number; stop: AbortController; outcomes: Promise<unknown>[]; release: () => void };
    const { taken } = scope;
    scope.stop.abort();
    const [stopped, ended] = [await scope.outcomes[1], await scope.outcomes[2]];
    const before = window.watch.seen.length;
    while (window.watch.seen.length < before + 5) await new Promise((resolve) => { window.made.on('stats', resolve); });
    scope.release();
    await window.made.close();
    return { taken, stopped, ended, slow: (await scope.outcomes[0]) as { frames: number; dropped: number } };
  });
  expect(found).toMatchObject({ taken: 4, stopped: expect.stringContaining('AbortError') as string, ended: expect.stringContaining('AbortError') as string });
  expect(found.slow.dropped, 'frames left out').toBeGreaterThan(20);
  expect(found.slow.frames, 'frames that were waiting').toBeLessThan(15);
});

test('ends with the output, whatever ends that', async () => {
  const page = await open();
  const found = await page.evaluate(async () => {
    const { made } = window;
    await made.ready;
    const cameraEnds = window.noting();
    const first = made.encodeTo(cameraEnds.sink);
    const [camera] = (await navigator.mediaDevices.getUserMedia({ video: true })).getVideoTracks();
    await made.attach(camera!);
    while (cameraEnds.chunks.length < 3) await new Promise((resolve) => made.on('stats', resolve));
    camera!.stop();
    const ended = [await cameraEnds.ended, (await first).frames === cameraEnds.chunks.length];

    while (made.state !== 'idle') await new Promise((resolve) => made.on('state', resolve));
    const [detached, closed] = [window.noting(), window.noting()];
    const second = made.encodeTo(detached.sink);
    await made.openCamera();
    while (detached.chunks.length < 3) await new Promise((resolve) => made.on('stats', resolve));
    await made.detach();
    ended.push(await detached.ended, (await second).frames === detached.chunks.length);

    const third = made.encodeTo(closed.sink);
    await made.close();
    const frames = await third.then(({ frames }) => frames, () => 0); // given up where closing takes too long
    return [...ended, await closed.ended, frames, await window.outcome(made.encodeTo(window.noting().sink))];
  });
  expect(found).toEqual(['closed', true, 'closed', true, 'closed', 0, 'closed']);
});

test('is closed in order when no engine is left', async () => {
  const page = await open({ '/bauta/models/bauta-s.bpk': null });
  const found = await page.evaluate(async () => {
    const { sink, ended } = window.noting();
    const encoded = window.made.encodeTo(sink);
    (await window.made.transformStream()).readable.pipeTo(new WritableStream()).catch(() => undefined);
    return [await ended, typeof (await encoded).frames];
  });
  expect(found).toEqual(['closed', 'number']);
});

test('says which codecs cannot be encoded, and leaves the output alone', async () => {
  const page = await open();
  await page.evaluate(() => {
    const { sink, ended } = window.noting();
    const encoded = window.made.encodeTo(sink, { codecs: ['nonsense', 'hev1.1.6.L93.B0x'] });
    Object.assign(window, { told: Promise.all([encoded.catch((cause: unknown) => String(cause)), ended]) });
  });
  await openCamera(page);
  const told = await page.evaluate(() => (window as unknown as { told: Promise<string[]> }).told);
  expect(told[0]).toContain('encodes none of nonsense, hev1.1.6.L93.B0x at 640x480; name other codecs');
  expect(told[1]).toBe('no-encoder');
  await goesOn(page);
});

test('says that the encoder failed, and leaves the output alone', async () => {
  const worker = `const { encode } = VideoEncoder.prototype;
    let frames = 0;
    VideoEncoder.prototype.encode = function (...frame) {
      if (frames++ === 2) throw new Error('out of sessions');
      encode.apply(this, frame);
    };
    ${siteFile('bauta/gate-worker.js').toString()}`;
  const page = await open({ '/bauta/gate-worker.js': worker });
  await page.evaluate(() => {
    const { sink, ended } = window.noting();
    const encoded = window.made.encodeTo(sink);
    Object.assign(window, { told: Promise.all([encoded.catch((cause: unknown) => String(cause)), ended]) });
  });
  await openCamera(page);
  const told = await page.evaluate(() => (window as unknown as { told: Promise<string[]> }).told);
  expect(told).toEqual(['BautaError: the output cannot be encoded any more: out of sessions', 'encode-failed']);
  await goesOn(page);
  expect(await codes(page), 'faults of the output').toEqual([]);
});

test("gives a sink's own failure back, refuses options that make no sense, and leaves the output alone", async () => {
  const page = await open();
  await openCamera(page);
  const found = await page.evaluate(async () => {
    const { made, outcome } = window;
    const failing = new WritableStream<EncodedVideo>({ write: () => { throw new RangeError('disk full'); } });
    const locked = new WritableStream<EncodedVideo>();
    locked.getWriter();
    const wrong: EncodeOptions[] = [{ codecs: [] }, { bitrate: 0 }, { keyFrameEveryMs: Number.NaN }];
    return Promise.all([made.encodeTo(failing), made.encodeTo(locked), ...wrong.map((options) => made.encodeTo(new WritableStream(), options))].map(outcome));
  });
  expect(found).toEqual([
    'RangeError: disk full',
    'TypeError: the stream to write to is locked: something else writes to it already',
    'TypeError: codecs names no codec; leave it out, or name one as vp8',
    'TypeError: bitrate is a number above 0, not 0',
    'TypeError: keyFrameEveryMs is a number above 0, not NaN',
  ]);
  await goesOn(page);
});
