/** The LiveKit adapter in LiveKit's own hands: what leaves by it, and what the far side of a call sees. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type * as LiveKit from 'livekit-client';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { BautaProcessor } from '../../web/src/livekit.js';
import type { Changes } from './bench.js';
import { FOUND } from './camera.js';
import { PASS_THROUGH, codes, create, expectNothingRaw, seenBy, strongest } from './rig.js';
import type { Seen } from './watch.js';
import { useBench } from './use-bench.js';

type Track = LiveKit.LocalVideoTrack & { sender: RTCRtpSender | undefined };

declare global {
  interface Window {
    livekit: typeof LiveKit;
    adapters: { BautaProcessor: typeof BautaProcessor };
    track: Track;
    /** What the far side has seen. */
    far: Seen[];
    /** Calls itself with what LiveKit would publish; LiveKit changes the sender's track from then on. */
    publish: (track: Track) => Promise<void>;
  }
}

const library = readFileSync(fileURLToPath(new URL('../../web/node_modules/livekit-client/dist/livekit-client.esm.mjs', import.meta.url)));
const START = `
  import * as livekit from './livekit-client.js';
  import * as adapters from './bauta/livekit.js';
  Object.assign(window, { livekit, adapters });
`;

const bench = useBench({ gpu: false });

const open = async (changes: Changes = {}): Promise<Page> => {
  const page = await bench.page({ '/livekit-client.js': library, '/start.js': START, ...changes });
  await page.addScriptTag({ type: 'module', url: '/start.js' });
  await page.waitForFunction(() => 'livekit' in window);
  await create(page, { engine: 'cpu' });
  await page.evaluate(() => {
    window.far = [];
    window.publish = async (track) => {
      const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
      near.onicecandidate = ({ candidate }) => void far.addIceCandidate(candidate ?? undefined);
      far.onicecandidate = ({ candidate }) => void near.addIceCandidate(candidate ?? undefined);
      far.ontrack = (event) => void window.watch.eachFrame(event.track, async (frame) => {
        window.far.push(await window.watch.look(frame));
        return true;
      });
      track.mediaStreamTrack.contentHint = 'detail'; // a poor line costs frames, not sharpness
      track.sender = near.addTrack(track.mediaStreamTrack);
      await near.setLocalDescription();
      await far.setRemoteDescription(near.localDescription!);
      await far.setLocalDescription();
      await near.setRemoteDescription(far.localDescription!);
    };
  });
  return page;
};

/** Has LiveKit open the camera with the processor, and publish it. */
const begin = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const processor = new window.adapters.BautaProcessor(window.made);
    const resolution = { width: 640, height: 480, frameRate: 30 };
    window.track = (await window.livekit.createLocalVideoTrack({ processor, resolution }));
    await window.publish(window.track);
  });

/** Waits until as many frames other than slates have left, and arrived, as `count` says. */
const waitFor = (page: Page, count: { left: number; arrived: number }): Promise<unknown> =>
  page.waitForFunction(({ left, arrived }) => {
    const shown = (seen: Seen[]): number => seen.filter(({ isSlate }) => !isSlate).length;
    return shown(window.watch.seen) >= left && shown(window.far) >= arrived;
  }, count, { timeout: 60_000 });

/** What has left, by output: each has a clock of its own, which begins at zero. */
const byOutput = (seen: Seen[]): Seen[][] =>
  seen.reduce<Seen[][]>((outputs, one) => {
    const last = outputs.at(-1)?.at(-1);
    if (last === undefined || one.timestamp <= last.timestamp) outputs.push([]);
    outputs.at(-1)?.push(one);
    return outputs;
  }, []);

const count = async (page: Page): Promise<{ left: number; arrived: number }> => {
  const far = await page.evaluate(() => window.far);
  const shown = (seen: Seen[]): number => seen.filter(({ isSlate }) => !isSlate).length;
  return { left: shown(await seenBy(page)), arrived: shown(far) };
};

test('LiveKit sends nothing raw: at first, with another camera, and after it was muted', async () => {
  const page = await open();
  await begin(page);
  await waitFor(page, { left: 20, arrived: 10 });
  for (const again of ['restart', 'mute'] as const) {
    const { left, arrived } = await count(page);
    await page.evaluate(async (again) => {
      const before = window.track.mediaStreamTrack;
      if (again === 'restart') await window.track.restartTrack({ resolution: { width: 640, height: 480 } });
      else {
        await window.track.mute();
        await window.track.unmute();
      }
      if (before.readyState !== 'ended') throw new Error('the old output is still there');
      if (window.track.sender?.track !== window.track.mediaStreamTrack) throw new Error('the new output is not sent');
    }, again);
    await waitFor(page, { left: left + 10, arrived: arrived + 5 });
  }
  const [seen, far] = [await seenBy(page), await page.evaluate(() => window.far)];
  console.info(`livekit: ${String(seen.length)} frames left, ${String(far.length)} arrived, strongest fine pattern ${strongest(seen).toFixed(1)} and ${strongest(far).toFixed(1)} of 127.5`);
  expectNothingRaw(seen);
  expect(strongest(far), 'at the far side').toBeLessThan(FOUND);
  const outputs = byOutput(seen);
  expect(outputs.map(([first]) => first?.isSlate), 'each output begins with the slate').toEqual([true, true, true]);
  // LiveKit stops the camera itself before it starts it again; whether that is noticed before it detaches is a race.
  expect((await codes(page)).filter((code) => code !== 'camera-ended')).toEqual([]);
});

test('the far side would see the marks of the camera, or of an engine that passes frames through', async () => {
  const passing = await open(PASS_THROUGH);
  await begin(passing);
  await waitFor(passing, { left: 10, arrived: 10 });
  expect(strongest(await passing.evaluate(() => window.far))).toBeGreaterThan(FOUND);
  await passing.close();
  const page = await open();
  await page.evaluate(async () => {
    window.track = (await window.livekit.createLocalVideoTrack({ resolution: { width: 640, height: 480 } }));
    await window.publish(window.track);
  });
  await waitFor(page, { left: 0, arrived: 10 });
  expect(strongest(await page.evaluate(() => window.far))).toBeGreaterThan(FOUND);
});

test('when LiveKit puts the camera back on the line after stopProcessor, the camera has ended', async () => {
  const page = await open();
  await begin(page);
  await waitFor(page, { left: 10, arrived: 5 });
  const found = await page.evaluate(async () => {
    const { track, made } = window;
    const processed = track.mediaStreamTrack;
    let wasRaw = 0;
    const replace = track.sender!.replaceTrack.bind(track.sender);
    track.sender!.replaceTrack = (next) => {
      if (next !== null && !window.watch.outputs.includes(next)) wasRaw += next.readyState === 'live' ? 1000 : 1;
      return replace(next);
    };
    await track.stopProcessor();
    const { mediaStreamTrack } = track;
    const isCamera = mediaStreamTrack !== processed && track.sender?.track === mediaStreamTrack;
    return { wasRaw, isCamera, camera: mediaStreamTrack.readyState, processed: processed.readyState, state: made.state };
  });
  expect(found).toEqual({ wasRaw: 1, isCamera: true, camera: 'ended', processed: 'ended', state: 'idle' });
  const opened = await page.evaluate(async () => {
    const processor = new window.adapters.BautaProcessor(window.made);
    window.track = (await window.livekit.createLocalVideoTrack({ processor }));
    const state = window.made.state;
    window.track.stop();
    return [state, window.made.state, processor.processedTrack?.readyState];
  });
  expect(opened, 'the same Bauta serves the next track').toEqual(['arming', 'idle', 'ended']);
  expect(strongest(await page.evaluate(() => window.far))).toBeLessThan(FOUND);
});

test('a processor that cannot begin stops the camera, for LiveKit goes on with that', async () => {
  const page = await open();
  const found = await page.evaluate(async () => {
    const code = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'none', (cause: unknown) => (cause as { code: string }).code);
    const { createLocalVideoTrack } = window.livekit;
    const processor = new window.adapters.BautaProcessor(window.made);
    const [first, second] = [await createLocalVideoTrack({ processor }), await createLocalVideoTrack()];
    const output = first.mediaStreamTrack;
    const isOutput = (): string => String(first.mediaStreamTrack === output && window.watch.outputs.includes(output));
    const busy = [await code(second.setProcessor(processor)), second.mediaStreamTrack.readyState, isOutput(), output.readyState];
    await window.made.close();
    const closed = [await code(first.restartTrack()), isOutput(), output.readyState];
    const third = await createLocalVideoTrack();
    return [...busy, ...closed, await code(third.setProcessor(processor)), third.mediaStreamTrack.readyState];
  });
  expect(found).toEqual(['busy', 'ended', 'true', 'live', 'closed', 'true', 'ended', 'closed', 'ended']);
});
