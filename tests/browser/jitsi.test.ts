/** The Jitsi adapter in Jitsi's own hands: `lib-jitsi-meet` as it was released, without a conference. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { BautaEffect } from '../../web/src/jitsi.js';
import type { Changes } from './bench.js';
import { FOUND } from './camera.js';
import { PASS_THROUGH, create, expectNothingRaw, seenBy, strongest } from './rig.js';
import type { Seen } from './watch.js';
import { useBench } from './use-bench.js';

/** What is used of the library, which comes without types. */
interface JitsiTrack {
  getTrack(): MediaStreamTrack;
  setEffect(effect: BautaEffect | undefined): Promise<void>;
  mute(): Promise<void>;
  unmute(): Promise<void>;
  isMuted(): boolean;
  dispose(): Promise<void>;
}
interface Jitsi {
  init(options: object): void;
  setLogLevel(level: string): void;
  readonly logLevels: { readonly ERROR: string };
  createLocalTracks(options: object): Promise<JitsiTrack[]>;
}

declare global {
  interface Window {
    JitsiMeetJS: Jitsi;
    effects: { BautaEffect: typeof BautaEffect };
    jitsi: JitsiTrack;
    /** Opens the camera as Jitsi does. */
    openByJitsi: (effects: BautaEffect[]) => Promise<JitsiTrack>;
    /** What was to be seen of the tracks that Jitsi gave. */
    shown: Seen[];
    showTrack: () => void;
  }
}

const library = readFileSync(fileURLToPath(new URL('../../web/node_modules/lib-jitsi-meet-dist/dist/lib-jitsi-meet.min.js', import.meta.url)));
const START = `
  import * as effects from './bauta/jitsi.js';
  Object.assign(window, { effects });
`;

const bench = useBench({ gpu: false });

const open = async (changes: Changes = {}): Promise<Page> => {
  const page = await bench.page({ '/jitsi.js': library, '/start.js': START, ...changes });
  await page.addScriptTag({ url: '/jitsi.js' });
  await page.addScriptTag({ type: 'module', url: '/start.js' });
  await page.waitForFunction(() => 'effects' in window);
  await create(page, { engine: 'cpu' });
  await page.evaluate(() => {
    window.shown = [];
    window.JitsiMeetJS.setLogLevel(window.JitsiMeetJS.logLevels.ERROR);
    window.JitsiMeetJS.init({ disableAudioLevels: true, disableThirdPartyRequests: true });
    window.openByJitsi = async (effects) => (await window.JitsiMeetJS.createLocalTracks({ devices: ['video'], resolution: 480, effects }))[0]!;
    window.showTrack = () => {
      void window.watch.eachFrame(window.jitsi.getTrack(), async (frame) => {
        window.shown.push(await window.watch.look(frame));
        return true;
      });
    };
  });
  return page;
};

const waitFor = (page: Page, count: number): Promise<unknown> =>
  page.waitForFunction((count) => window.shown.filter(({ isSlate }) => !isSlate).length >= count, count, { timeout: 60_000 });

test('Jitsi shows nothing raw: at first, and after it was muted', async () => {
  const page = await open();
  await page.evaluate(async () => {
    window.jitsi = await window.openByJitsi([new window.effects.BautaEffect(window.made)]);
    window.showTrack();
  });
  await waitFor(page, 15);
  const found = await page.evaluate(async () => {
    const before = window.jitsi.getTrack();
    await window.jitsi.mute();
    const muted = [window.jitsi.isMuted(), before.readyState];
    await window.jitsi.unmute();
    window.showTrack();
    return [...muted, window.jitsi.isMuted(), window.watch.outputs.indexOf(window.jitsi.getTrack())];
  });
  expect(found, 'muted, ended, unmuted, with the second output').toEqual([true, 'ended', false, 1]);
  await waitFor(page, 30);
  const [shown, seen] = [await page.evaluate(() => window.shown), await seenBy(page)];
  console.info(`jitsi: ${String(seen.length)} frames left, strongest fine pattern ${strongest(seen).toFixed(1)} of 127.5`);
  expectNothingRaw(seen);
  expectNothingRaw(shown);
  const outputs = [seen[0], seen.find(({ timestamp }, at) => timestamp <= (seen[at - 1]?.timestamp ?? -1))];
  expect(outputs.map((first) => first?.isSlate), 'each output begins with the slate').toEqual([true, true]);
});

test('would show the marks of the camera, or of an engine that passes frames through', async () => {
  for (const hasEffect of [true, false]) {
    const page = await open(PASS_THROUGH);
    await page.evaluate(async (hasEffect) => {
      window.jitsi = await window.openByJitsi(hasEffect ? [new window.effects.BautaEffect(window.made)] : []);
      window.showTrack();
    }, hasEffect);
    await waitFor(page, 5);
    expect(strongest(await page.evaluate(() => window.shown))).toBeGreaterThan(FOUND);
    await page.close();
  }
});

test('when Jitsi goes back to the camera after the effect is taken off, the camera has ended', async () => {
  const page = await open();
  const found = await page.evaluate(async () => {
    const { made, openByJitsi } = window;
    const effect = new window.effects.BautaEffect(made);
    const track = await openByJitsi([effect]);
    const output = track.getTrack();
    await track.setEffect(undefined);
    const camera = track.getTrack();
    const taken = [camera === output, camera.readyState, output.readyState, made.state];
    const again = await openByJitsi([]);
    const raw = again.getTrack();
    await again.setEffect(effect);
    const late = [window.watch.outputs.includes(again.getTrack()), again.getTrack().readyState, made.state];
    await again.dispose();
    return { taken, late, disposed: [raw.readyState, made.state], errors: window.errors.length };
  });
  expect(found).toEqual({
    taken: [false, 'ended', 'ended', 'idle'],
    late: [true, 'live', 'arming'],
    disposed: ['ended', 'idle'],
    errors: 0,
  });
});

test('an effect that cannot begin stops the camera, for Jitsi goes on with that', async () => {
  const page = await open();
  const found = await page.evaluate(async () => {
    const { made, openByJitsi } = window;
    const outcome = (attempt: () => unknown): Promise<string> => Promise.resolve().then(attempt).then(() => 'none', (cause: unknown) => (cause as { code?: string }).code ?? String(cause));
    const effect = new window.effects.BautaEffect(made);
    const [first, second] = [await openByJitsi([effect]), await openByJitsi([])];
    const busy = [await outcome(() => second.setEffect(effect)), second.getTrack().readyState, first.getTrack().readyState];
    await made.close();
    const third = await openByJitsi([]);
    const closed = [await outcome(() => third.setEffect(effect)), third.getTrack().readyState];
    const [sound] = (await navigator.mediaDevices.getUserMedia({ audio: true })).getTracks();
    const silent = await outcome(() => effect.startEffect(new MediaStream([sound!])));
    const track = (kind: boolean, videoType?: string) => ({ isVideoTrack: () => kind, videoType });
    const kinds = [track(true, 'camera'), track(true), track(true, 'desktop'), track(false)].map((one) => effect.isEnabled(one));
    return [...busy, ...closed, silent, sound!.readyState, ...kinds];
  });
  expect(found).toEqual([
    ...['busy', 'ended', 'live', 'closed', 'ended'],
    'TypeError: the stream has no video for the effect to anonymize',
    ...['ended', true, true, false, false],
  ]);
});
